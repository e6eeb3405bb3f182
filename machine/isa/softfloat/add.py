"""Addition and subtraction (rules fadd-s_fmul-s_op, fsub-s_op)."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite
from machine.isa.softfloat.flags import NV
from machine.isa.softfloat.format import F16, F32, F64, Format, Unpacked, operation, unpack
from machine.isa.softfloat.sum import Term, rounded_sum

__all__ = ["f16_add", "f16_sub", "f32_add", "f32_sub", "f64_add", "f64_sub"]

Binary = Callable[[int, int, int], tuple[int, int]]
FRAME = 64


def adder(fmt: Format) -> Binary:
    """The routine ``(a, b, rm) -> (a + b, flags)``."""

    def term(x: Unpacked) -> Term:
        return Term(x.sign, x.exponent, x.significand << (FRAME - 1 - fmt.precision))

    @operation(f"{fmt.name}_add")
    def add(a: int, b: int, rm: int) -> tuple[int, int]:
        x, y = unpack(fmt, a), unpack(fmt, b)
        if x.special | y.special:
            invalid = x.signalling | y.signalling | (x.infinite & y.infinite & (x.sign != y.sign))
            if x.nan | y.nan | invalid:
                return fmt.nan, ite(invalid, NV, 0)
            return ite(x.infinite, a, b), 0
        return rounded_sum(fmt, term(x), term(y), FRAME, rm)

    return add


def subtracter(fmt: Format, add: Binary) -> Binary:
    """The routine ``(a, b, rm) -> (a − b, flags)``."""

    @operation(f"{fmt.name}_sub")
    def sub(a: int, b: int, rm: int) -> tuple[int, int]:
        return add(a, b ^ fmt.sign_bit, rm)

    return sub


f16_add, f32_add, f64_add = adder(F16), adder(F32), adder(F64)
f16_sub, f32_sub, f64_sub = subtracter(F16, f16_add), subtracter(F32, f32_add), subtracter(F64, f64_add)
