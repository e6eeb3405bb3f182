"""Comparisons, minimum and maximum, classification, sign injection: what never rounds."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite, u
from machine.isa.softfloat.flags import NV
from machine.isa.softfloat.format import F16, F32, F64, Format, Unpacked, operation, unpack

__all__ = [
    *("f16_classify", "f16_eq", "f16_le", "f16_lt", "f16_max", "f16_min", "f16_sign", "f16_sign_not", "f16_sign_xor"),
    *("f32_classify", "f32_eq", "f32_le", "f32_lt", "f32_max", "f32_min", "f32_sign", "f32_sign_not", "f32_sign_xor"),
    *("f64_classify", "f64_eq", "f64_le", "f64_lt", "f64_max", "f64_min", "f64_sign", "f64_sign_not", "f64_sign_xor"),
    *("f16_le_quiet", "f16_lt_quiet", "f32_le_quiet", "f32_lt_quiet", "f64_le_quiet", "f64_lt_quiet"),
    *("f16_maximum", "f16_minimum", "f32_maximum", "f32_minimum", "f64_maximum", "f64_minimum"),
]

Pair = Callable[[int, int], tuple[int, int]]
Relation = Callable[[int, int], int]


def ordered(fmt: Format, pattern: int) -> int:
    """An integer that orders patterns as their numbers are ordered, with −0 = +0 = 0."""
    magnitude = u(pattern, fmt.width - 1)
    return ite(u(pattern >> (fmt.width - 1), 1), 0 - magnitude, magnitude)


def comparison(fmt: Format, name: str, relation: Relation, signalling: bool) -> Pair:
    """The routine ``(a, b) -> (0 or 1, flags)``; with a NaN the answer is 0, and NV if it signals or ``signalling``."""

    @operation(f"{fmt.name}_{name}")
    def compare(a: int, b: int) -> tuple[int, int]:
        x, y = unpack(fmt, a), unpack(fmt, b)
        nan, signals = x.nan | y.nan, x.signalling | y.signalling
        invalid = nan if signalling else signals
        return ite(nan, 0, relation(ordered(fmt, a), ordered(fmt, b))), ite(invalid, NV, 0)

    return compare


def extremum(fmt: Format, name: str, largest: bool) -> Pair:
    """The routine ``(a, b) -> (pattern, flags)`` of IEEE 754-2019 minimumNumber or maximumNumber.

    −0 is below +0; a NaN loses against a number; two NaNs give the canonical one.
    """

    def rank(x: Unpacked, pattern: int) -> int:
        """`ordered`, but with −0 below +0."""
        return ordered(fmt, pattern) - x.sign

    @operation(f"{fmt.name}_{name}")
    def extreme(a: int, b: int) -> tuple[int, int]:
        x, y = unpack(fmt, a), unpack(fmt, b)
        a_below = rank(x, a) < rank(y, b)
        preferred = (a_below == 0) if largest else a_below
        take_a = (x.nan == 0) & (preferred | y.nan)
        result = ite(x.nan & y.nan, fmt.nan, ite(take_a, a, b))
        return result, ite(x.signalling | y.signalling, NV, 0)

    return extreme


def propagating(fmt: Format, name: str, number: Pair) -> Pair:
    """The same of IEEE 754-2019 minimum or maximum, by minimumNumber or maximumNumber: a NaN wins."""

    @operation(f"{fmt.name}_{name}")
    def extreme(a: int, b: int) -> tuple[int, int]:
        value, flags = number(a, b)
        return ite(unpack(fmt, a).nan | unpack(fmt, b).nan, fmt.nan, value), flags

    return extreme


def classifier(fmt: Format) -> Callable[[int], int]:
    """The routine ``a -> mask`` with the one bit of the manual's table "Format of result of FCLASS instruction"."""

    @operation(f"{fmt.name}_classify")
    def classify(a: int) -> int:
        x = unpack(fmt, a)
        subnormal = (x.significand >> fmt.fraction_bits) == 0
        positive = ite(x.infinite, 1 << 7, ite(x.zero, 1 << 4, ite(subnormal, 1 << 5, 1 << 6)))
        negative = ite(x.infinite, 1 << 0, ite(x.zero, 1 << 3, ite(subnormal, 1 << 2, 1 << 1)))
        return ite(x.nan, ite(x.signalling, 1 << 8, 1 << 9), ite(x.sign, negative, positive))

    return classify


def sign_injector(fmt: Format, sign: Relation) -> Relation:
    """``(a, b) -> pattern``: a with the sign bit of ``sign(a, b)``."""

    def inject(a: int, b: int) -> int:
        return u(a, fmt.width - 1) | (sign(a, b) & fmt.sign_bit)

    return inject


FORMATS = (F16, F32, F64)

f16_eq, f32_eq, f64_eq = (comparison(fmt, "eq", lambda a, b: a == b, signalling=False) for fmt in FORMATS)
f16_lt, f32_lt, f64_lt = (comparison(fmt, "lt", lambda a, b: a < b, signalling=True) for fmt in FORMATS)
f16_le, f32_le, f64_le = (comparison(fmt, "le", lambda a, b: a <= b, signalling=True) for fmt in FORMATS)
f16_lt_quiet, f32_lt_quiet, f64_lt_quiet = (
    comparison(fmt, "lt_quiet", lambda a, b: a < b, signalling=False) for fmt in FORMATS
)
f16_le_quiet, f32_le_quiet, f64_le_quiet = (
    comparison(fmt, "le_quiet", lambda a, b: a <= b, signalling=False) for fmt in FORMATS
)

f16_min, f32_min, f64_min = (extremum(fmt, "min", largest=False) for fmt in FORMATS)
f16_max, f32_max, f64_max = (extremum(fmt, "max", largest=True) for fmt in FORMATS)
f16_minimum, f32_minimum, f64_minimum = (
    propagating(fmt, "minimum", number) for fmt, number in zip(FORMATS, (f16_min, f32_min, f64_min), strict=True)
)
f16_maximum, f32_maximum, f64_maximum = (
    propagating(fmt, "maximum", number) for fmt, number in zip(FORMATS, (f16_max, f32_max, f64_max), strict=True)
)

f16_classify, f32_classify, f64_classify = (classifier(fmt) for fmt in FORMATS)

f16_sign, f32_sign, f64_sign = (sign_injector(fmt, lambda a, b: b) for fmt in FORMATS)
f16_sign_not, f32_sign_not, f64_sign_not = (sign_injector(fmt, lambda a, b: b ^ -1) for fmt in FORMATS)
f16_sign_xor, f32_sign_xor, f64_sign_xor = (sign_injector(fmt, lambda a, b: a ^ b) for fmt in FORMATS)
