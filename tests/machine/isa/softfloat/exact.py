"""An independent judge: IEEE 754 by exact rationals, written from the standard and not from `machine`.

Every operation is "the exact result, rounded once". `Number` is a decoded operand; `rounded` is the one rounding.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import NamedTuple

NV, DZ, OF, UF, NX = 16, 8, 4, 2, 1
RNE, RTZ, RDN, RUP, RMM = range(5)


class Shape(NamedTuple):
    """Parameters of a binary format, in IEEE 754's own terms."""

    name: str
    width: int
    p: int
    emax: int

    @property
    def emin(self) -> int:
        return 1 - self.emax

    @property
    def infinity(self) -> int:
        return (2 * self.emax + 1) << (self.p - 1)

    @property
    def nan(self) -> int:
        return self.infinity | 1 << (self.p - 2)

    @property
    def sign(self) -> int:
        return 1 << (self.width - 1)


HALF = Shape("f16", 16, 11, 15)
SINGLE = Shape("f32", 32, 24, 127)
DOUBLE = Shape("f64", 64, 53, 1023)
SHAPES = (HALF, SINGLE, DOUBLE)
Result = tuple[int, int]


class Number(NamedTuple):
    """A decoded pattern; ``value`` is meaningless for NaN and infinity."""

    negative: bool
    kind: str  # "qnan", "snan", "inf", "finite"
    value: Fraction

    @property
    def nan(self) -> bool:
        return self.kind in ("qnan", "snan")


def decode(shape: Shape, pattern: int) -> Number:
    """What the pattern stands for."""
    negative = bool(pattern & shape.sign)
    magnitude = pattern & (shape.sign - 1)
    exponent, fraction = divmod(magnitude, 1 << (shape.p - 1))
    if magnitude > shape.infinity:
        return Number(negative, "qnan" if magnitude & shape.nan == shape.nan else "snan", Fraction(0))
    if magnitude == shape.infinity:
        return Number(negative, "inf", Fraction(0))
    if exponent == 0:
        value = Fraction(fraction) * Fraction(2) ** (shape.emin - shape.p + 1)
    else:
        value = (1 + Fraction(fraction, 1 << (shape.p - 1))) * Fraction(2) ** (exponent - shape.emax)
    return Number(negative, "finite", -value if negative else value)


def exponent_of(magnitude: Fraction) -> int:
    """⌊log2⌋ of a positive rational."""
    guess = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return guess if magnitude >= Fraction(2) ** guess else guess - 1


def to_integral(value: Fraction, rm: int) -> int:
    """The integer that ``value`` rounds to."""
    floor = value.numerator // value.denominator
    rest = value - floor
    if rest == 0:
        return floor
    toward_zero = floor if value > 0 else floor + 1
    nearest = floor + (rest > Fraction(1, 2))
    if rest == Fraction(1, 2):
        even, away = floor + (floor & 1), floor + (value > 0)
        nearest = away if rm == RMM else even
    return {RNE: nearest, RMM: nearest, RTZ: toward_zero, RDN: floor, RUP: floor + 1}[rm]


def rounded(shape: Shape, value: Fraction, rm: int) -> Result:
    """Pattern and flags of a non-zero exact result."""
    sign = shape.sign if value < 0 else 0
    exponent = exponent_of(abs(value))

    def at(lowest: int) -> Fraction:
        unit = Fraction(2) ** lowest
        return to_integral(value / unit, rm) * unit

    result = abs(at(max(exponent, shape.emin) - shape.p + 1))
    if result >= Fraction(2) ** (shape.emax + 1):
        up = {RNE: True, RMM: True, RTZ: False, RDN: value < 0, RUP: value > 0}[rm]
        return sign | (shape.infinity if up else shape.infinity - 1), OF | NX
    inexact = result != abs(value)
    # 754-2008 section 7.5: tiny after rounding "as though the exponent range were unbounded"
    tiny = abs(at(exponent - shape.p + 1)) < Fraction(2) ** shape.emin
    return sign | encode(shape, result), (NX if inexact else 0) | (UF if inexact and tiny else 0)


def encode(shape: Shape, magnitude: Fraction) -> int:
    """The pattern of a representable non-negative number."""
    if magnitude == 0:
        return 0
    exponent = max(exponent_of(magnitude), shape.emin)
    significand = magnitude / Fraction(2) ** (exponent - shape.p + 1)
    assert significand.denominator == 1
    return ((exponent - shape.emin) << (shape.p - 1)) + int(significand)


def invalid(shape: Shape) -> Result:
    return shape.nan, NV


def of_nans(shape: Shape, *operands: Number) -> Result:
    """The result when an operand is a NaN."""
    return shape.nan, NV if any(x.kind == "snan" for x in operands) else 0


def fma(shape: Shape, a: int, b: int, c: int, rm: int) -> Result:
    x, y, z = (decode(shape, pattern) for pattern in (a, b, c))
    negative = x.negative != y.negative
    zero_times_infinity = {x.kind, y.kind} == {"inf", "finite"} and (x if x.kind == "finite" else y).value == 0
    if zero_times_infinity:
        return invalid(shape)
    if x.nan or y.nan or z.nan:
        return of_nans(shape, x, y, z)
    if "inf" in (x.kind, y.kind):
        if z.kind == "inf" and z.negative != negative:
            return invalid(shape)
        return shape.infinity | (shape.sign if negative else 0), 0
    if z.kind == "inf":
        return c, 0
    value = x.value * y.value + z.value
    if value:
        return rounded(shape, value, rm)
    same = z.value == 0 and z.negative == negative if x.value * y.value == 0 else False
    return (shape.sign if (negative if same else rm == RDN) else 0), 0


def add(shape: Shape, a: int, b: int, rm: int) -> Result:
    one = shape.emax << (shape.p - 1)
    return fma(shape, a, one, b, rm)


def sub(shape: Shape, a: int, b: int, rm: int) -> Result:
    return add(shape, a, b ^ shape.sign, rm)


def mul(shape: Shape, a: int, b: int, rm: int) -> Result:
    zero_of_same_sign = (a ^ b) & shape.sign
    return fma(shape, a, b, zero_of_same_sign, rm)


def div(shape: Shape, a: int, b: int, rm: int) -> Result:
    x, y = decode(shape, a), decode(shape, b)
    sign = (a ^ b) & shape.sign
    if x.nan or y.nan:
        return of_nans(shape, x, y)
    if x.kind == y.kind == "inf":
        return invalid(shape)
    if x.kind == "inf":
        return sign | shape.infinity, 0
    if y.kind == "inf":
        return sign, 0
    if y.value == 0:
        return invalid(shape) if x.value == 0 else (sign | shape.infinity, DZ)
    return rounded(shape, x.value / y.value, rm) if x.value else (sign, 0)


def sqrt(shape: Shape, a: int, rm: int) -> Result:
    x = decode(shape, a)
    if x.nan:
        return of_nans(shape, x)
    if x.kind == "finite" and x.value == 0:
        return a, 0
    if x.negative:
        return invalid(shape)
    if x.kind == "inf":
        return a, 0
    scale = 1200  # makes the radicand an integer, and its root far longer than any precision
    radicand = x.value * 4**scale
    assert radicand.denominator == 1
    root = isqrt(int(radicand))
    # an irrational root rounds like any rational strictly between its neighbours of that length
    value = Fraction(root) if root * root == radicand else root + Fraction(1, 3)
    return rounded(shape, value / 2**scale, rm)


def to_integer(shape: Shape, a: int, rm: int, width: int, signed: bool) -> Result:
    x = decode(shape, a)
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    if x.kind != "finite":
        return (low if x.kind == "inf" and x.negative else high) % (1 << width), NV
    whole = to_integral(x.value, rm)
    if not low <= whole <= high:
        return (low if whole < low else high) % (1 << width), NV
    return whole % (1 << width), NX if whole != x.value else 0


def to_integer_modular(shape: Shape, a: int, width: int) -> Result:
    """Rounded toward zero; the low bits of what a signed integer cannot hold."""
    x = decode(shape, a)
    whole = to_integral(x.value, RTZ) if x.kind == "finite" else 0
    return whole % (1 << width), to_integer(shape, a, RTZ, width, True)[1]


def integral(shape: Shape, a: int, rm: int) -> Result:
    """IEEE 754-2019 roundToIntegralExact."""
    x = decode(shape, a)
    if x.nan:
        return of_nans(shape, x)
    if x.kind == "inf":
        return a, 0
    whole = to_integral(x.value, rm)
    sign = shape.sign if x.negative else 0
    return sign | encode(shape, Fraction(abs(whole))), NX if whole != x.value else 0


def from_integer(shape: Shape, integer: int, rm: int) -> Result:
    return rounded(shape, Fraction(integer), rm) if integer else (0, 0)


def convert(source: Shape, target: Shape, a: int, rm: int) -> Result:
    x = decode(source, a)
    sign = target.sign if x.negative else 0
    if x.nan:
        return of_nans(target, x)
    if x.kind == "inf":
        return sign | target.infinity, 0
    return rounded(target, x.value, rm) if x.value else (sign, 0)
