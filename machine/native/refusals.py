"""Instructions that end otherwise than they were meant: in a trap, or left to the reference engine.

What a trap's CSRs receive goes to `Block.TRAP`, by code that all share: most instructions can raise several.
"""

from __future__ import annotations

from typing import Any

from machine.bits import u
from machine.native.dispatch import CONVENTION, SIGNATURE, address, tail
from machine.native.layout import TRAP_WORDS, Block
from machine.native.path import GiveUp
from machine.native.staging import Stager
from machine.native.value import Value
from machine.spec.causes import Cause
from machine.trap.trap import Trap

__all__ = ["GAVE_UP", "GIVING_UP", "TRAPPED", "Refused", "end_refused", "refusals", "store_trap"]

GIVING_UP = (Trap, GiveUp, AssertionError)
"""What ends a path that the reference engine is to take; an assertion is about state that no hart can have."""
GAVE_UP, TRAPPED = 1, 2
"""What the last part of a hart routine's result says when it is not 0, that there is no result: why. The trap is in
`Block.TRAP`."""
OF_THE_INSTRUCTION = (Cause.ILLEGAL_INSTRUCTION, Cause.VIRTUAL_INSTRUCTION)
"""Traps of which nothing but the clause differs: xtval receives the instruction."""

LONG = ("tval", "gpa", "tinst", "offset")
SMALL = {"cause": (0, 6), "gva": (6, 1), "tval_is_word": (7, 1), "tinst_is_transformed": (8, 1), "reason": (16, 16)}
"""Of the other words, where they lie in one: position and width."""


class Refused(GiveUp):
    """A routine gave up or raised; ``status`` says which."""

    def __init__(self, status: Any) -> None:
        super().__init__()
        self.status = status


def store_trap(stager: Stager, trap: Any) -> int:
    """Code that writes a `Trap` to `Block.TRAP`; gives `TRAPPED`, or `GAVE_UP` for one that has no place there."""
    signed = [value for value in (trap.tval, trap.tinst) if isinstance(value, Value) and value.low < 0]
    if signed or getattr(trap, "not_for_guest", False):
        return GAVE_UP
    values = ", ".join(f"i64 {stager.code.value(word, 64)}" for word in _packed(_words(trap)))
    stager.code.do(f"call void @store_trap(ptr %pv, {values})")
    return TRAPPED


def _words(trap: Any) -> tuple[Any, ...]:
    """Its `TRAP_WORDS`."""
    by_word = not isinstance(trap.tval, Value) and trap.tval == Trap.INSTRUCTION
    transformed = not isinstance(trap.tinst, Value) and trap.tinst == Trap.EXPLICIT
    words = (trap.cause, trap.tval, trap.gpa, trap.gva, trap.tinst, trap.offset, trap.reason)
    return (*words, int(by_word), int(transformed))


def _packed(words: tuple[Any, ...]) -> tuple[Any, ...]:
    """The words that may be long, then one of all others: six arguments are what a call passes in registers."""
    by_name = dict(zip(TRAP_WORDS, words, strict=True))
    small: Any = 0
    for name, (place, width) in SMALL.items():
        small = small | u(by_name[name], width) << place
    return (*(by_name[name] for name in LONG), small)


def end_refused(stager: Stager, reason: BaseException, cold: str = "@h_cold") -> None:
    """End a handler's path that could not be followed: in the trap that was raised, or in the handler ``cold``."""
    code = stager.code
    if isinstance(reason, Trap) and _is_of_the_instruction(reason):
        where = code.let(address("%pv", Block.TRAP + 8 * TRAP_WORDS.index("reason")))
        code.do(f"store i64 {code.value(reason.reason, 64)}, ptr {where}")
        code.do(tail(f"@h_trap_{int(reason.cause)}"))
        return
    status = reason.status if isinstance(reason, Refused) else GAVE_UP
    if isinstance(reason, Trap):
        status = store_trap(stager, reason)
    if not isinstance(status, Value):
        code.do(tail("@h_trap" if status == TRAPPED else cold))
        return
    trapped, other = code.block(), code.block()
    code.branch(code.truth(stager.equal(status, TRAPPED)), trapped, other)
    for block, handler in ((trapped, "@h_trap"), (other, cold)):
        code.begin(block)
        code.do(tail(handler))


def _is_of_the_instruction(trap: Trap) -> bool:
    words = _words(trap)[:-3]
    if trap.not_for_guest or any(isinstance(word, Value) for word in words):
        return False
    return any(words == _words(Trap(cause, Trap.INSTRUCTION))[:-3] for cause in OF_THE_INSTRUCTION)


def refusals() -> str:
    """What the code made here calls and goes on in."""
    return "".join((_store_trap(), *map(_trap_of, OF_THE_INSTRUCTION)))


def _store_trap() -> str:
    parameters = ", ".join(f"i64 %{name}" for name in (*LONG, "small"))
    lines = [f"define internal void @store_trap(ptr %pv, {parameters}) nounwind noinline cold {{"]
    for name, (place, width) in SMALL.items():
        lines.append(f"  %{name}_low = lshr i64 %small, {place}")
        lines.append(f"  %{name} = and i64 %{name}_low, {(1 << width) - 1}")
    lines += [line for name in TRAP_WORDS for line in _store(name, f"%{name}")]
    return "\n".join([*lines, "  ret void\n}\n"])


def _trap_of(cause: Cause) -> str:
    """A handler: the clause has been stored."""
    words = dict(zip(TRAP_WORDS, _words(Trap(cause, Trap.INSTRUCTION)), strict=True))
    return "\n".join(
        [
            f"define internal {CONVENTION} void @h_trap_{int(cause)}{SIGNATURE} nounwind {{",
            *(line for name, word in words.items() if name != "reason" for line in _store(name, str(int(word)))),
            f"  {tail('@h_trap')}\n}}\n",
        ]
    )


def _store(name: str, word: str) -> tuple[str, str]:
    place = address("%pv", Block.TRAP + 8 * TRAP_WORDS.index(name))
    return f"  %to_{name} = {place}", f"  store i64 {word}, ptr %to_{name}"
