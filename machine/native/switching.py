"""Between instructions that change the state: other translations, interrupts, traps. All from the same meanings."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, ite, u
from machine.csr.interrupts import pending
from machine.isa.transform import transform
from machine.native.context_keys import context_key, context_slot
from machine.native.dispatch import CONVENTION, SIGNATURE, address, tail
from machine.native.functions import Functions
from machine.native.layout import TRAP_WORDS, Block, Context, ContextSlot, Entry, Record
from machine.native.lower import Lowering
from machine.native.privileged import LOOKED_AT
from machine.native.refusals import GIVING_UP
from machine.native.staging import Stager
from machine.spec.causes import INTERRUPT_BIT, Cause
from machine.trap.delegation import TO_M, TO_VS, destination, unexpected
from machine.trap.entry import Arrival, enter
from machine.trap.interrupts import NO_INTERRUPT, select

__all__ = ["deliver", "go_on_behind", "switching"]

RETIRED = 2
"""The bit of mcountinhibit that stops minstret."""


def switching(functions: Functions, make_hart: Any) -> list[str]:
    """The functions that this module's handlers and `go_on_behind` use, and the handler that enters a trap."""
    return [_context(make_hart), _takeable(functions, make_hart), _trap(functions, make_hart), *_all_behind()]


def go_on_behind(code: Lowering, hart: Any, goal: Any) -> None:
    """End an instruction that changed what translations or interrupts depend on: go on at ``goal``, or come back."""
    then = "@j_look" if hart.changed & LOOKED_AT else "@j_check" if hart.reconsidered else "@h_jump"
    if hart.switched:
        then = f"@j_switch_{then[1:]}"
    at, left = code.value(goal, 64), code.let("sub i64 %bud, 1")
    code.do(tail("@j_fence" if hart.fenced else then, k=at, bud=left))


def _behind(name: str, test: tuple[str, ...], yes: str, no: str) -> str:
    """A handler that goes on before the instruction at ``k`` in one of two ways."""
    header = f"define internal {CONVENTION} void @{name}{SIGNATURE} nounwind {{"
    ways = ("  br i1 %test, label %yes, label %no", "yes:", f"  {yes}", "no:", f"  {no}", "}\n")
    return "\n".join([header, *(f"  {line}" for line in test), *ways])


CHECK = ("%answer = call i64 @takeable(ptr %st, ptr %pv, i64 %bud)", "%test = icmp ugt i64 %answer, 1")
SWITCH = ("%now = call ptr @context(ptr %st, ptr %pv)", "%test = icmp ne ptr %now, null")


def _all_behind() -> list[str]:
    """What `go_on_behind` goes on in, where that is more than a jump."""
    switches = [
        _behind(f"j_switch_{then}", SWITCH, tail(f"@{then}", cx="%now"), tail("@j_context"))
        for then in ("j_look", "j_check", "h_jump")
    ]
    return [_behind("j_check", CHECK, tail("@j_look"), tail("@h_jump")), *switches]


def _context(make_hart: Any) -> str:
    """The translations of the present state, or null."""
    code = Lowering()
    stager = Stager(code)

    def path() -> None:
        hart = make_hart(stager)
        key = context_key(hart.state)
        index = code.value(context_slot(key) * ContextSlot.SIZE, 64)
        table = code.let(f"inttoptr i64 {hart.load_word('%pv', Block.CONTEXTS)} to ptr")
        slot = code.let(f"getelementptr i8, ptr {table}, i64 {index}")
        different = "0"
        for place, word in enumerate(key):
            wrong = code.let(f"xor i64 {hart.load_word(slot, 8 * place)}, {code.value(word, 64)}")
            different = code.let(f"or i64 {different}, {wrong}")
        same = code.let(f"icmp eq i64 {different}, 0")
        found = code.let(f"load ptr, ptr {code.let(address(slot, ContextSlot.ADDRESS))}")
        code.do(f"ret ptr {code.let(f'select i1 {same}, ptr {found}, ptr null')}")

    stager.run(path)
    return "\n".join(["define internal ptr @context(ptr %st, ptr %pv) nounwind noinline {", *code.lines, "}\n"])


def _takeable(functions: Functions, make_hart: Any) -> str:
    """0 when no interrupt that mie enables is pending, 1 when none of those would be taken, else 2 + the code of the
    one that would; ``bud`` is what is left behind the instruction. Python calls it, too."""
    code = Lowering()
    stager = Stager(code)

    def path() -> None:
        hart = make_hart(stager)
        candidates = pending(hart) & hart.state.mie
        chosen = functions.copies.body(select)(hart, candidates)
        answer = ite(candidates == 0, 0, chosen - NO_INTERRUPT + 1)
        code.do(f"ret i64 {code.value(answer, 64)}")

    stager.run(path)
    header = "define i64 @takeable(ptr %st, ptr %pv, i64 %bud) nounwind noinline {"
    return "\n".join([header, *code.lines, "}\n"])


def _trap(functions: Functions, make_hart: Any) -> str:
    """Enter the trap of `Block.TRAP`, raised by the instruction of the entry."""
    code = Lowering()
    stager = Stager(code)
    code.do("%here = ptrtoint ptr %e to i64")
    code.do(f"%halves = lshr i64 %here, {Entry.SHIFT}")
    code.do("%pc = add i64 %halves, %k")

    def path() -> None:
        hart = make_hart(stager, stager.leaf("%pc", 0, (1 << 64) - 1))
        try:
            _enter(functions, hart)
        except GIVING_UP:
            assert not stager.written
            code.do(tail("@h_cold"))
        else:
            go_on_behind(code, hart, hart.target)

    stager.run(path)
    return "\n".join([f"define internal {CONVENTION} void @h_trap{SIGNATURE} nounwind noinline {{", *code.lines, "}\n"])


def _enter(functions: Functions, hart: Any) -> None:
    """What `machine.hart.trapping.take_trap` does on numbers."""
    hart.require_quiet()
    t = {name: hart.private(Block.TRAP + 8 * n) for n, name in enumerate(TRAP_WORDS)}
    cause = u(t["cause"], 6)
    to = functions.copies.of(destination)(hart, cause, 0)
    if (to == TO_M and hart.private(Block.FIRMWARE) != 0) or functions.copies.of(unexpected)(hart, to) != 0:
        hart.give_up()
    word = _word(hart)
    tval = ite(t["tval_is_word"], word, t["tval"])
    tinst = ite(t["tinst_is_transformed"], functions.copies.of(transform)(word, t["offset"]), t["tinst"])
    gva = ite(cause == Cause.BREAKPOINT, hart.state.virt, t["gva"])
    deliver(hart, to, Arrival(cause, 0, tval, t["gpa"], gva, tinst), word, t["reason"])


def deliver(hart: Any, to: Any, arrival: Arrival, word: Any, reason: Any) -> None:
    """Enter the handler as `machine.hart.trapping` does on numbers; the record goes to the ring."""
    state, a = hart.state, arrival
    source, cause = state.priv | state.virt << 2, a.cause | a.interrupt << INTERRUPT_BIT
    delegation = (state.mideleg, state.hideleg) if a.interrupt else (state.medeleg, state.hedeleg)
    state.minstret = state.minstret - (1 - bit(state.mcountinhibit, RETIRED))
    enter(hart, to, arrival)
    state.trap_count = state.trap_count + 1
    state.trap_cause, state.trap_pc, state.trap_tval, state.trap_gpa = cause, hart.pc, a.tval, a.gpa
    state.trap_insn, state.trap_from, state.trap_to = word, source, to
    state.trap_reason = reason
    if not a.interrupt:
        state.vi_reason = ite(a.cause == Cause.VIRTUAL_INSTRUCTION, reason, state.vi_reason)
    shown = ite(to == TO_VS, 0, a.tinst)
    head = (state.trap_count, hart.cycle(), cause, hart.pc, a.tval, a.gpa, word, a.gva, shown, source, to, reason)
    _record(hart, (*head, *delegation))


def _record(hart: Any, words: tuple[Any, ...]) -> None:
    code = hart.code

    def write() -> None:
        count = hart.load_word("%pv", Block.RECORDED)
        index = code.let(f"mul i64 {code.let(f'and i64 {count}, {Record.SLOTS - 1}')}, {Record.SIZE}")
        table = code.let(f"inttoptr i64 {hart.load_word('%pv', Block.RECORDS)} to ptr")
        slot = code.let(f"getelementptr i8, ptr {table}, i64 {index}")
        for place, word in enumerate(words):
            hart.store_word(slot, 8 * place, word)
        more = code.let(f"add i64 {count}, 1")
        code.do(f"store i64 {more}, ptr {code.let(address('%pv', Block.RECORDED))}")

    hart.stager.effect(write, write=True)


def _word(hart: Any) -> Any:
    """The bits of the instruction: through the exec TLB, whose slots for what is running are always its pages'."""
    half = _half(hart, hart.pc)
    if half & 3 != 3:
        return half
    return half | _half(hart, u(hart.pc + 2)) << 16


def _half(hart: Any, where: Any) -> Any:
    code = hart.code

    def read() -> str:
        at = code.value(where, 64)
        shift = 12 - (Context.CODE_SLOT.bit_length() - 1)
        index = code.let(
            f"and i64 {code.let(f'lshr i64 {at}, {shift}')}, {(Context.CODE_SLOTS - 1) * Context.CODE_SLOT}"
        )
        slot = code.let(f"getelementptr i8, ptr %cx, i64 {index}")
        host = code.let(f"inttoptr i64 {hart.load_word(slot, Context.CODE + Context.CODE_HOST)} to ptr")
        place = code.let(f"getelementptr i8, ptr {host}, i64 {code.let(f'and i64 {at}, 4095')}")
        return str(code.let(f"load i16, ptr {place}, align 1"))

    return hart.leaf(read, 0, (1 << 16) - 1)
