"""Fused multiply-add (rules fmadd-s_op, fma_nv_flag). The caller negates product or addend by flipping sign bits."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite
from machine.isa.softfloat.flags import NV
from machine.isa.softfloat.format import F16, F32, F64, Format, Unpacked, normalised, operation, unpack
from machine.isa.softfloat.sum import Term, rounded_sum

__all__ = ["f16_fma", "f32_fma", "f64_fma"]


def fused_multiplier(fmt: Format) -> Callable[[int, int, int, int], tuple[int, int]]:
    """The routine ``(a, b, c, rm) -> (a · b + c, flags)``, rounded once."""
    # Three zeros below the product and precision + 3 below the addend: when alignment cuts bits off one of them, the
    # other is so much larger that the sum keeps its leading bits and the sticky bit suffices.
    frame = 2 * fmt.precision + 4

    def special(x: Unpacked, y: Unpacked, z: Unpacked, c: int) -> tuple[int, int]:
        """The result when an operand is infinite or NaN."""
        infinite, sign = x.infinite | y.infinite, x.sign ^ y.sign
        nan, signalling = x.nan | y.nan | z.nan, x.signalling | y.signalling | z.signalling
        undefined_product = (x.infinite & y.zero) | (x.zero & y.infinite)  # invalid even when c is a quiet NaN
        undefined_sum = (nan == 0) & infinite & z.infinite & (sign != z.sign)
        invalid = signalling | undefined_product | undefined_sum
        if nan | invalid:
            return fmt.nan, ite(invalid, NV, 0)
        return ite(infinite, (sign << (fmt.width - 1)) | fmt.infinity, c), 0

    @operation(f"{fmt.name}_fma")
    def fma(a: int, b: int, c: int, rm: int) -> tuple[int, int]:
        x, y, z = unpack(fmt, a), unpack(fmt, b), unpack(fmt, c)
        if x.special | y.special | z.special:
            return special(x, y, z, c)
        exponent_a, significand_a = normalised(fmt, x)
        exponent_b, significand_b = normalised(fmt, y)
        exponent_c, significand_c = normalised(fmt, z)
        higher = exponent_a + exponent_b - fmt.bias + 1
        # a zero stands at the other term's exponent: alignment must not cut the other one
        exponent = ite(x.zero | y.zero, exponent_c, higher)
        product = Term(x.sign ^ y.sign, exponent, (significand_a * significand_b) << 3)
        addend = Term(z.sign, ite(z.zero, exponent, exponent_c), significand_c << (fmt.precision + 3))
        return rounded_sum(fmt, product, addend, frame, rm)

    return fma


f16_fma, f32_fma, f64_fma = fused_multiplier(F16), fused_multiplier(F32), fused_multiplier(F64)
