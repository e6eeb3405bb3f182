"""Multiplication (rule fadd-s_fmul-s_op)."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite
from machine.isa.softfloat.flags import NV
from machine.isa.softfloat.format import F16, F32, F64, Format, normalised, operation, unpack
from machine.isa.softfloat.round import leading64, rounding

__all__ = ["f16_mul", "f32_mul", "f64_mul"]


def multiplier(fmt: Format) -> Callable[[int, int, int], tuple[int, int]]:
    """The routine ``(a, b, rm) -> (a · b, flags)``."""
    width = 2 * fmt.precision

    @operation(f"{fmt.name}_mul")
    def mul(a: int, b: int, rm: int) -> tuple[int, int]:
        x, y = unpack(fmt, a), unpack(fmt, b)
        sign = x.sign ^ y.sign
        if x.special | y.special:
            invalid = x.signalling | y.signalling | (x.infinite & y.zero) | (x.zero & y.infinite)
            if x.nan | y.nan | invalid:
                return fmt.nan, ite(invalid, NV, 0)
            return (sign << (fmt.width - 1)) | fmt.infinity, 0
        if x.zero | y.zero:
            return sign << (fmt.width - 1), 0
        exponent_a, significand_a = normalised(fmt, x)
        exponent_b, significand_b = normalised(fmt, y)
        significand, shift = leading64(significand_a * significand_b, width)
        return rounding(fmt)(sign, exponent_a + exponent_b - fmt.bias + 1 - shift, significand, rm)

    return mul


f16_mul, f32_mul, f64_mul = multiplier(F16), multiplier(F32), multiplier(F64)
