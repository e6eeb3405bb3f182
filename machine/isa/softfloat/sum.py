"""The sum of two finite numbers, before rounding: shared by addition and the fused operations."""

from __future__ import annotations

from typing import NamedTuple

from machine.bits import ite, u
from machine.isa.softfloat.flags import RDN
from machine.isa.softfloat.format import Format
from machine.isa.softfloat.round import leading64, rounding, shift_right_sticky

__all__ = ["Term", "rounded_sum"]


class Term(NamedTuple):
    """±significand · 2^exponent, up to a power of two that both terms of a sum have in common."""

    sign: int
    exponent: int
    significand: int


def align(a: Term, b: Term, width: int) -> tuple[Term, Term]:
    """The two terms at the exponent of the higher one, which comes first; the other's lost bits are sticky."""
    distance = a.exponent - b.exponent
    ordered = distance >= 0
    gap = ite(ordered, distance, 0 - distance)
    shift = u(ite(gap > width - 1, width - 1, gap), (width - 1).bit_length())
    exponent = ite(ordered, a.exponent, b.exponent)
    high = Term(ite(ordered, a.sign, b.sign), exponent, ite(ordered, a.significand, b.significand))
    low = shift_right_sticky(ite(ordered, b.significand, a.significand), shift)
    return high, Term(ite(ordered, b.sign, a.sign), exponent, low)


def rounded_sum(fmt: Format, a: Term, b: Term, width: int, rm: int) -> tuple[int, int]:
    """Pattern and flags of ``a + b``.

    Args:
        fmt: the format of the result.
        a: a term whose significand is below 2^(width−1) and whose exponent is that of bit width−2, biased.
        b: likewise. Alignment may cut bits off one term only when the sum then still has precision + 2 bits above
            the sticky one: the callers leave enough zeros below their significands.
        width: of the frame, at most 126 bits.
        rm: the rounding mode.
    """
    high, low = align(a, b, width)
    opposite = a.sign != b.sign
    ordered = high.significand >= low.significand
    difference = ite(ordered, high.significand - low.significand, low.significand - high.significand)
    magnitude = u(ite(opposite, difference, high.significand + low.significand), width)
    if magnitude == 0:  # x − x is +0, except when rounding down; −0 + −0 keeps its sign
        return ite(opposite, rm == RDN, a.sign) << (fmt.width - 1), 0
    significand, shift = leading64(magnitude, width)
    return rounding(fmt)(ite(ordered, high.sign, low.sign), high.exponent + 1 - shift, significand, rm)
