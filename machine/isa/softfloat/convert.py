"""Conversions between integers and floating point, and between the formats.

Volume I, "Single-Precision Floating-Point Conversion and Move Instructions" and its table of invalid inputs.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import bit, ite, s, u
from machine.isa.softfloat.flags import NV, NX, RTZ
from machine.isa.softfloat.format import F16, F32, F64, Format, normalised, operation, unpack
from machine.isa.softfloat.round import leading64, rounded_away, rounding, shift_right_sticky

__all__ = [
    *("f16_from_l", "f16_from_lu", "f16_from_w", "f16_from_wu", "f16_to_f32", "f16_to_f64"),
    *("f16_to_l", "f16_to_lu", "f16_to_w", "f16_to_wu"),
    *("f32_from_l", "f32_from_lu", "f32_from_w", "f32_from_wu", "f32_to_f16", "f32_to_f64"),
    *("f32_to_l", "f32_to_lu", "f32_to_w", "f32_to_wu"),
    *("f64_from_l", "f64_from_lu", "f64_from_w", "f64_from_wu", "f64_to_f16", "f64_to_f32"),
    *("f64_to_l", "f64_to_lu", "f64_to_w", "f64_to_w_modular", "f64_to_wu"),
]

Convert = Callable[[int, int], tuple[int, int]]

WORD = 32
FRACTION = 2
"""Bits kept below the units of a number on its way to an integer: the half and the sticky bit."""


def to_integer(fmt: Format, kind: str, width: int, signed: bool) -> Convert:
    """The routine ``(a, rm) -> (integer, flags)``; the integer is a pattern of ``width`` bits.

    What the integer type cannot hold is clipped to its nearest value and sets NV alone (rule fcvt_unrepresentable_nv);
    NaN counts as +∞.
    """
    smallest, largest = (1 << (width - 1), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)

    @operation(f"{fmt.name}_to_{kind}")
    def to_int(a: int, rm: int) -> tuple[int, int]:
        x = unpack(fmt, a)
        sign = x.sign & (x.nan == 0)
        # The significand in 64 bits has the weight 2^(power − 63) in its lowest.
        power = x.exponent - fmt.bias
        shift = u(ite(power > 63, 0, ite(power < -FRACTION, 63 + FRACTION + 1, 63 - power)), 7)
        scaled = shift_right_sticky(x.significand << (64 - fmt.precision + FRACTION), shift)
        units, rest = scaled >> FRACTION, u(scaled, FRACTION)
        magnitude = units + rounded_away(rm, sign, units & 1, rest, 1 << (FRACTION - 1))
        limit = ite(sign, smallest, largest)
        invalid = x.special | (power > 63) | (magnitude > limit)
        clipped = ite(invalid, limit, magnitude)
        flags = ite(invalid, NV, ite(rest != 0, NX, 0))
        return u(ite(sign, 0 - clipped, clipped), width), flags

    return to_int


def modular_word(fmt: Format, to_word: Convert) -> Callable[[int], tuple[int, int]]:
    """The routine ``a -> (low 32 bits of the integer, flags)``: rounds to zero, and has the flags of ``to_word``.

    Infinities and NaN become 0 (rules fcvtmod-w-d, fcvtmod_flags).
    """

    @operation(f"{fmt.name}_to_w_modular")
    def to_modular(a: int) -> tuple[int, int]:
        word, flags = to_word(a, RTZ)
        if flags != NV:
            return word, flags
        x = unpack(fmt, a)  # infinite, a NaN, or 2^31 and more: then left is at least −21
        left = x.exponent - fmt.bias - fmt.fraction_bits
        right = u(ite(left < 0, 0 - left, 0), 5)
        low = u(x.significand >> right, WORD)
        shifted = u(low << u(ite(left > 0, left, 0), 5), WORD)
        magnitude = ite(left < WORD, shifted, 0)
        return u(ite(x.sign, 0 - magnitude, magnitude), WORD), flags

    return to_modular


def from_integer(fmt: Format, kind: str, width: int, signed: bool) -> Convert:
    """The routine ``(integer, rm) -> (pattern, flags)``; only the low ``width`` bits of the integer count."""

    @operation(f"{fmt.name}_from_{kind}")
    def from_int(integer: int, rm: int) -> tuple[int, int]:
        sign = bit(u(integer, width), width - 1) if signed else 0
        value = s(integer, width) if signed else u(integer, width)
        magnitude = u(ite(sign, 0 - value, value), 64)
        if magnitude == 0:
            return 0, 0
        significand, shift = leading64(magnitude, 64)
        return rounding(fmt)(sign, fmt.bias + 63 - shift, significand, rm)

    return from_int


def between(source: Format, target: Format) -> Convert:
    """The routine ``(a, rm) -> (pattern in the target format, flags)``; exact when the target is wider."""

    @operation(f"{source.name}_to_{target.name}")
    def convert(a: int, rm: int) -> tuple[int, int]:
        x = unpack(source, a)
        if x.nan:
            return target.nan, ite(x.signalling, NV, 0)
        if x.infinite | x.zero:
            return (x.sign << (target.width - 1)) | ite(x.infinite, target.infinity, 0), 0
        exponent, significand = normalised(source, x)
        biased = exponent - source.bias + target.bias
        return rounding(target)(x.sign, biased, significand << (64 - source.precision), rm)

    return convert


FORMATS = (F16, F32, F64)

f16_to_w, f32_to_w, f64_to_w = (to_integer(fmt, "w", 32, signed=True) for fmt in FORMATS)
f16_to_wu, f32_to_wu, f64_to_wu = (to_integer(fmt, "wu", 32, signed=False) for fmt in FORMATS)
f16_to_l, f32_to_l, f64_to_l = (to_integer(fmt, "l", 64, signed=True) for fmt in FORMATS)
f16_to_lu, f32_to_lu, f64_to_lu = (to_integer(fmt, "lu", 64, signed=False) for fmt in FORMATS)
f64_to_w_modular = modular_word(F64, f64_to_w)

f16_from_w, f32_from_w, f64_from_w = (from_integer(fmt, "w", 32, signed=True) for fmt in FORMATS)
f16_from_wu, f32_from_wu, f64_from_wu = (from_integer(fmt, "wu", 32, signed=False) for fmt in FORMATS)
f16_from_l, f32_from_l, f64_from_l = (from_integer(fmt, "l", 64, signed=True) for fmt in FORMATS)
f16_from_lu, f32_from_lu, f64_from_lu = (from_integer(fmt, "lu", 64, signed=False) for fmt in FORMATS)

f32_to_f64, f64_to_f32 = between(F32, F64), between(F64, F32)
f16_to_f32, f32_to_f16 = between(F16, F32), between(F32, F16)
f16_to_f64, f64_to_f16 = between(F16, F64), between(F64, F16)
