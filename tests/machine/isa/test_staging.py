"""Every meaning runs on values that are not ints, with the same effects: the condition for compiling it.

A `Witness` carries a number but is no int: what a staging engine cannot do with a value (take it as an index or a
count, hash it, convert it) fails here. Truth is allowed, for staging forks there.
"""

from __future__ import annotations

import operator
from random import Random
from typing import Any

import pytest

from machine import bits
from machine.bits import Symbolic
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import decode
from machine.isa.rvc import FORMS
from machine.isa.transform import transform
from machine.trap.trap import Trap

MASK = (1 << 64) - 1
NAMES = ("rd", "rs1", "rs2", "rs3", "rm", "imm", "csr", "aqrl", "word")
STATUS = ("mstatus", "hstatus", "menvcfg", "henvcfg", "senvcfg")
CORNERS = (0, 1, 2, MASK, MASK - 1, 1 << 63, (1 << 63) - 1, 0x3FF0_0000_0000_0000, 0xFFFF_FFFF_7FC0_0000)


def plain(value: Any) -> Any:
    """The number that a value carries."""
    return value.number if isinstance(value, Witness) else value


class Witness(Symbolic):
    """A number in disguise."""

    __slots__ = ("number",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, number: int) -> None:
        self.number = number

    def word(self, name: str, *operands: Any) -> Any:
        result = getattr(bits, name)(*map(plain, operands))
        return Witness(result)

    def __bool__(self) -> bool:
        return bool(self.number)

    def __neg__(self) -> Witness:
        return Witness(-self.number)

    def __invert__(self) -> Witness:
        return Witness(~self.number)


def overload(name: str) -> None:
    """Give `Witness` the operator ``name`` and its reflection."""
    function = getattr(operator, name)
    method = f"__{name.strip('_')}__"
    setattr(Witness, method, lambda self, other: Witness(function(self.number, plain(other))))
    reflected = f"__r{name.strip('_')}__"
    setattr(Witness, reflected, lambda self, other: Witness(function(plain(other), self.number)))


for _name in ("add", "sub", "mul", "and_", "or_", "xor", "lshift", "rshift", "floordiv", "mod"):
    overload(_name)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    overload(_name)


class Registers:
    """A register file whose reads are wrapped."""

    def __init__(self, values: list[int], wrap: Any) -> None:
        self.values, self.wrap = values, wrap

    def __getitem__(self, number: Any) -> Any:
        return self.wrap(self.values[plain(number)])

    def __setitem__(self, number: Any, value: Any) -> None:
        self.values[plain(number)] = plain(value) & MASK


class State:
    """The flat block: fields at random, the same for every wrapping."""

    def __init__(self, fields: dict[str, int], wrap: Any) -> None:
        self.__dict__["fields"], self.__dict__["wrap"] = fields, wrap

    def __getattr__(self, name: str) -> Any:
        return self.wrap(self.fields[name])

    def __setattr__(self, name: str, value: Any) -> None:
        self.fields[name] = plain(value) & MASK


class Hart:
    """Every word of the vocabulary, written down as it is used; those that answer give fixed numbers."""

    ANSWERS = ("load", "amo_load", "load_reserved", "store_conditional", "guest_load", "csr_read")

    def __init__(self, seed: int, wrap: Any) -> None:
        random = Random(seed)
        pick = lambda: random.choice(CORNERS) if random.random() < 0.5 else random.getrandbits(64)  # noqa: E731
        self.wrap, self.words = wrap, []
        self.x = Registers([0, *(pick() for _ in range(31))], wrap)
        self.f = Registers([pick() for _ in range(32)], wrap)
        self.pc, self.next = wrap(0x8000_0000), wrap(0x8000_0004)
        fields = {name: random.getrandbits(64) for name in STATUS}
        self.state = State({"fcsr": random.choice((0, 1, 2, 3, 4, 0x1F)) << 5, **fields}, wrap)
        self.state.priv, self.state.virt = random.choice(((0, 0), (1, 0), (3, 0), (0, 1), (1, 1)))
        self.answer = pick()

    def __getattr__(self, name: str) -> Any:
        def word(*arguments: Any, **named: Any) -> Any:
            self.words.append((name, tuple(map(plain, arguments)), {key: plain(named[key]) for key in named}))
            return self.wrap(self.answer) if name in self.ANSWERS or name == "csr_read_for_update" else None

        return word

    def amo_load_pair(self, address: Any) -> tuple[Any, Any]:
        self.words.append(("amo_load_pair", (plain(address),), {}))
        return self.wrap(self.answer), self.wrap(self.answer ^ 1)

    def effects(self) -> Any:
        return self.x.values[1:], self.f.values, self.state.fields, self.words


class Operands:
    """A decoded instruction's operands, wrapped."""

    def __init__(self, operands: Any, wrap: Any) -> None:
        for name in NAMES:
            setattr(self, name, wrap(getattr(operands, name)))


def effects(decoded: Any, seed: int, wrap: Any) -> Any:
    """All that the instruction does to a hart made from ``seed``, the trap that it raises included."""
    hart = Hart(seed, wrap)
    try:
        decoded.meaning(hart, Operands(decoded.operands, wrap))
    except Trap as trap:
        return hart.effects(), [plain(value) for value in (trap.cause, trap.tval, trap.gva, trap.reason)]
    return hart.effects(), None


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)
def test_same_effects_on_witnesses(instruction):
    random = Random(instruction.name)
    for seed in range(12):
        free = ((1 << 32) - 1) & ~instruction.pattern.mask
        decoded = decode(instruction.pattern.match | random.getrandbits(32) & free)
        assert effects(decoded, seed, Witness) == effects(decoded, seed, lambda value: value)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_transformation_runs_on_witnesses(form):
    random = Random(form.name)
    for _ in range(8):
        free = ((1 << 16) - 1) & ~form.pattern.mask
        half = form.pattern.match | random.getrandbits(16) & free
        assert plain(transform(Witness(half), Witness(3))) == transform(half, 3)
