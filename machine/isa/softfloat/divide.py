"""Division (rule fdiv-s_op), by digits as large as a 64-bit dividend allows.

No 128-bit division: hosts have no instruction for it.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite, tdiv, u
from machine.isa.softfloat.flags import DZ, NV
from machine.isa.softfloat.format import F16, F32, F64, Format, normalised, operation, unpack
from machine.isa.softfloat.round import rounding

__all__ = ["f16_div", "f32_div", "f64_div"]


def quotient_of(fmt: Format, dividend: int, divisor: int) -> int:
    """64 bits of ``dividend / divisor``, sticky; the ratio is in [1, 2) and the divisor's top bit is set."""
    digit = 64 - fmt.precision
    digits = -(-(fmt.precision + 1) // digit)
    quotient, rest = 1, u(dividend - divisor, fmt.precision)
    for _ in range(digits):
        rest = u(rest << digit, 64)
        next_digit = u(tdiv(rest, divisor), digit)
        quotient = (quotient << digit) | next_digit
        rest = u(rest - next_digit * divisor, fmt.precision)
    return (quotient << (63 - digits * digit)) | (rest != 0)


def divider(fmt: Format) -> Callable[[int, int, int], tuple[int, int]]:
    """The routine ``(a, b, rm) -> (a / b, flags)``."""

    @operation(f"{fmt.name}_div")
    def div(a: int, b: int, rm: int) -> tuple[int, int]:
        x, y = unpack(fmt, a), unpack(fmt, b)
        top = (x.sign ^ y.sign) << (fmt.width - 1)
        if x.special | y.special:
            invalid = x.signalling | y.signalling | (x.infinite & y.infinite)
            if x.nan | y.nan | invalid:
                return fmt.nan, ite(invalid, NV, 0)
            return top | ite(x.infinite, fmt.infinity, 0), 0
        if x.zero | y.zero:
            if x.zero & y.zero:
                return fmt.nan, NV
            return top | ite(y.zero, fmt.infinity, 0), ite(y.zero, DZ, 0)
        exponent_a, dividend = normalised(fmt, x)
        exponent_b, divisor = normalised(fmt, y)
        smaller = dividend < divisor
        quotient = quotient_of(fmt, u(ite(smaller, dividend << 1, dividend), fmt.precision + 1), divisor)
        return rounding(fmt)(x.sign ^ y.sign, exponent_a - exponent_b + fmt.bias - smaller, quotient, rm)

    return div


f16_div, f32_div, f64_div = divider(F16), divider(F32), divider(F64)
