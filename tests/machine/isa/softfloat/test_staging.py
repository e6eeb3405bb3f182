"""Every routine can be staged: few paths, provably small shifts, and nothing wider than a host's widest integer.

`Ranged` is what a staging engine passes instead of an int, with the number itself inside: each operation derives the
result's range from the operands' ranges alone, and the number must lie in it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from random import Random
from typing import Any

import pytest

from machine.bits import Symbolic, tdiv
from machine.isa import softfloat

from . import exact, operands

WIDEST = 128
WIDEST_DIVISION = 64
MOST_PATHS = 30

decisions: list[bool] = []


class Ranged(Symbolic):
    """An integer known to be in ``low..high``."""

    __slots__ = ("high", "low", "number")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, number: int, low: int, high: int) -> None:
        assert low <= number <= high
        self.number, self.low, self.high = number, low, high

    @property
    def width(self) -> int:
        """Bits of a host integer that holds every value of the range."""
        sign = 1 if self.low < 0 else 0
        return max(max(self.high, 0).bit_length(), (~min(self.low, -1)).bit_length()) + sign

    def machine_integer(self) -> int:
        """The number where its exact value matters, not only its low bits."""
        assert self.width <= WIDEST, f"{self.width} bits"
        return self.number

    def __bool__(self) -> bool:
        decisions.append(bool(self.machine_integer()))
        return decisions[-1]

    def __int__(self) -> int:
        raise TypeError("int() of a staged value")

    __index__ = __int__

    def _corners(self, other: Any, combine: Callable[[int, int], int]) -> Ranged:
        y = lifted(other)
        corners = [combine(a, b) for a in (self.low, self.high) for b in (y.low, y.high)]
        return Ranged(combine(self.number, y.number), min(corners), max(corners))

    def __add__(self, other: Any) -> Ranged:
        return self._corners(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Ranged:
        return self._corners(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Ranged:
        return lifted(other) - self

    def __mul__(self, other: Any) -> Ranged:
        return self._corners(other, lambda a, b: a * b)

    __radd__, __rmul__ = __add__, __mul__

    def __lshift__(self, other: Any) -> Ranged:
        amount = lifted(other)
        assert 0 <= amount.low <= amount.high < WIDEST, "the shift amount is not provably small"
        return self._corners(amount, lambda a, b: a << b)

    def __rlshift__(self, other: Any) -> Ranged:
        return lifted(other) << self

    def __rshift__(self, other: Any) -> Ranged:
        amount = lifted(other)
        self.machine_integer()
        container = next(width for width in (8, 16, 32, 64, 128) if self.width <= width)
        constant = amount.low == amount.high
        assert amount.low >= 0
        assert constant or amount.high < container, "a shift beyond the container is undefined on hosts"
        return self._corners(amount, lambda a, b: a >> b)

    def _bitwise(self, other: Any, combine: Callable[[int, int], int]) -> Ranged:
        y = lifted(other)
        number = combine(self.number, y.number)
        if combine(1, 0) == 0 and (self.low >= 0 or y.low >= 0):  # and with an unsigned one
            return Ranged(number, 0, min(x.high for x in (self, y) if x.low >= 0))
        width = max(self.width + (self.low >= 0), y.width + (y.low >= 0))
        if self.low >= 0 and y.low >= 0:
            return Ranged(number, 0, (1 << (width - 1)) - 1)
        return Ranged(number, -(1 << (width - 1)), (1 << (width - 1)) - 1)

    def __and__(self, other: Any) -> Ranged:
        return self._bitwise(other, lambda a, b: a & b)

    def __or__(self, other: Any) -> Ranged:
        return self._bitwise(other, lambda a, b: a | b)

    def __xor__(self, other: Any) -> Ranged:
        return self._bitwise(other, lambda a, b: a ^ b)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def _compare(self, other: Any, relation: Callable[[int, int], bool]) -> Ranged:
        return Ranged(relation(self.machine_integer(), lifted(other).machine_integer()), 0, 1)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, lambda a, b: a == b)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, lambda a, b: a != b)

    def __lt__(self, other: Any) -> Ranged:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Ranged:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Ranged:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Ranged:
        return self._compare(other, lambda a, b: a >= b)

    def word(self, name: str, *arguments: Any) -> Any:
        return WORDS[name](*arguments)


def lifted(value: Any) -> Ranged:
    return value if isinstance(value, Ranged) else Ranged(int(value), int(value), int(value))


def unsigned(value: Ranged, width: int) -> Ranged:
    assert width <= WIDEST
    return Ranged(value.number % (1 << width), 0, (1 << width) - 1)


def signed(value: Ranged, width: int) -> Ranged:
    half = 1 << (width - 1)
    return Ranged((value.number + half) % (1 << width) - half, -half, half - 1)


def select(condition: Any, then: Any, otherwise: Any) -> Ranged:
    a, b = lifted(then), lifted(otherwise)
    chosen = a if lifted(condition).machine_integer() else b
    return Ranged(chosen.number, min(a.low, b.low), max(a.high, b.high))


def divide(dividend: Any, divisor: Any) -> Ranged:
    a, b = lifted(dividend), lifted(divisor)
    assert a.low >= 0
    assert b.low >= 0
    assert max(a.width, b.width) <= WIDEST_DIVISION, "hosts divide 64 bits"
    return Ranged(tdiv(a.number, b.number), 0, a.high)


def length(value: Ranged) -> Ranged:
    assert value.low >= 0
    return Ranged(value.machine_integer().bit_length(), 0, value.width)


WORDS: dict[str, Callable[..., Ranged]] = {
    "u": unsigned,
    "s": signed,
    "ite": select,
    "tdiv": divide,
    "bit_length": length,
}


def register(value: int) -> Ranged:
    """An argument as a native routine receives it."""
    return Ranged(value, 0, (1 << 64) - 1)


def plain(result: Any) -> Any:
    return tuple(map(plain, result)) if isinstance(result, tuple) else lifted(result).number


BINARY, UNARY, TERNARY, UNROUNDED, ALONE, INTEGER = "abr", "ar", "abcr", "ab", "a", "ir"
SHAPES = {
    **dict.fromkeys(("add", "sub", "mul", "div"), BINARY),
    **dict.fromkeys(("sqrt", "to_w", "to_wu", "to_l", "to_lu", "integral", "integral_exact"), UNARY),
    "fma": TERNARY,
    **dict.fromkeys(
        ("eq", "lt", "le", "lt_quiet", "le_quiet", "min", "max", "minimum", "maximum", "sign", "sign_not", "sign_xor"),
        UNROUNDED,
    ),
    "classify": ALONE,
    **dict.fromkeys(("from_w", "from_wu", "from_l", "from_lu"), INTEGER),
}
ROUTINES = [(shape, name, form) for shape in exact.SHAPES for name, form in SHAPES.items()]
ROUTINES += [(source, f"to_{target.name}", UNARY) for source, target in permutations(exact.SHAPES, 2)]
ROUTINES.append((exact.DOUBLE, "to_w_modular", ALONE))


@pytest.mark.parametrize(("shape", "name", "form"), ROUTINES, ids=lambda part: getattr(part, "name", part))
def test_ranges_shifts_and_paths(shape: Any, name: str, form: str) -> None:
    routine, random, paths = getattr(softfloat, f"{shape.name}_{name}"), Random(name), set()
    rows = [
        *operands.triples(shape, 250, random),
        *((*random.choices(operands.boundaries(shape), k=3), random.randrange(5)) for _ in range(250)),
    ]
    for a, b, c, rm in rows:
        letters = {"a": a, "b": b, "c": c, "r": rm, "i": random.getrandbits(64) >> random.randrange(64)}
        arguments = [letters[letter] for letter in form]
        decisions.clear()
        staged = routine(*map(register, arguments))
        paths.add(tuple(decisions))
        assert plain(staged) == plain(routine(*arguments))
    assert len(paths) <= MOST_PATHS


def test_every_public_routine_is_here() -> None:
    tested = {f"{shape.name}_{name}" for shape, name, _ in ROUTINES}
    assert tested == {name for name in softfloat.__all__ if "box" not in name}
