"""Rounding to an integer that stays a floating-point number (rules fround-s, froundnx-s)."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite, u
from machine.isa.softfloat.flags import NV, NX
from machine.isa.softfloat.format import F16, F32, F64, Format, operation, unpack
from machine.isa.softfloat.round import rounded_away

__all__ = [
    *("f16_integral", "f32_integral", "f64_integral"),
    *("f16_integral_exact", "f32_integral_exact", "f64_integral_exact"),
]

Round = Callable[[int, int], tuple[int, int]]


def integral_rounder(fmt: Format, name: str, tells_inexact: bool) -> Round:
    """The routine ``(a, rm) -> (pattern of the integer, flags)`` of IEEE 754-2019's family roundToIntegral.

    Only roundToIntegralExact ``tells_inexact``.
    """
    one = fmt.bias << fmt.fraction_bits

    @operation(f"{fmt.name}_{name}")
    def round_to_integral(a: int, rm: int) -> tuple[int, int]:
        x = unpack(fmt, a)
        if x.nan:
            return fmt.nan, ite(x.signalling, NV, 0)
        power = x.exponent - fmt.bias
        if (power >= fmt.fraction_bits) | x.zero:
            return a, 0
        # Below 1/4 all that matters is that the number is not zero and less than a half.
        cut = u(ite(power < -2, fmt.precision + 1, fmt.fraction_bits - power), fmt.precision.bit_length())
        units, unit = x.significand >> cut, 1 << cut
        rest = x.significand & (unit - 1)
        rounded = units + rounded_away(rm, x.sign, units & 1, rest, unit >> 1)
        # The implied bit adds 1 to the exponent, and so does a carry out of the fraction.
        large = (u(x.exponent - 1, fmt.width) << fmt.fraction_bits) + (rounded << cut)
        magnitude = ite(power < 0, ite(rounded != 0, one, 0), large)
        result = (x.sign << (fmt.width - 1)) | u(magnitude, fmt.width - 1)
        return result, ite(rest != 0, NX, 0) if tells_inexact else 0

    return round_to_integral


FORMATS = (F16, F32, F64)

f16_integral, f32_integral, f64_integral = (integral_rounder(fmt, "integral", False) for fmt in FORMATS)
f16_integral_exact, f32_integral_exact, f64_integral_exact = (
    integral_rounder(fmt, "integral_exact", True) for fmt in FORMATS
)
