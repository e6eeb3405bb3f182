"""From an exact (or sticky) significand to a pattern: the one place that rounds and packs.

A result on its way here is 64 bits wide with its top bit set; its lowest bit is *sticky*: it also stands for
everything below it. Every format keeps at least two bits more than their precision, so sticky bits never mislead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from machine.bits import bit_length, ite, s, u
from machine.isa.softfloat.flags import NX, OF, RDN, RMM, RNE, RUP, UF
from machine.isa.softfloat.format import Format, operation

__all__ = ["leading64", "rounded_away", "rounding", "shift_right_sticky"]

WIDTH = 64


def shift_right_sticky(value: int, shift: int) -> int:
    """``value >> shift``, with bit 0 set when a bit was lost. ``value`` is not negative."""
    return (value >> shift) | ((value & ((1 << shift) - 1)) != 0)


def leading64(value: int, width: int) -> tuple[int, int]:
    """The 64 leading bits of a non-zero ``value`` of ``width`` bits, sticky, and by how much it was shifted left."""
    amount_bits = 6 if width <= WIDTH else 7
    shift = u(width - bit_length(value), amount_bits)
    value = u(value << shift, width)
    if width <= WIDTH:
        return value << (WIDTH - width), shift
    rest = width - WIDTH
    return (value >> rest) | (u(value, rest) != 0), shift


def rounded_away(rm: int, sign: int, odd: int, rest: int, half: int) -> int:
    """1 when the truncated magnitude must grow by one unit, of which ``rest`` was cut off and ``half`` is a half."""
    inexact = rest != 0
    nearest_even = (rest > half) | ((rest == half) & odd)
    directed = ite(rm == RUP, inexact & (sign == 0), ite(rm == RDN, inexact & sign, 0))
    return ite(rm == RNE, nearest_even, ite(rm == RMM, rest >= half, directed))


@cache
def rounding(fmt: Format) -> Callable[[int, int, int, int], tuple[int, int]]:
    """The routine that rounds to ``fmt``."""
    drop = WIDTH - fmt.precision
    half = 1 << (drop - 1)

    def truncated(significand: int, sign: int, rm: int) -> tuple[int, int, int]:
        """Significand cut to the precision, its increment, and what was cut off."""
        kept, rest = significand >> drop, u(significand, drop)
        return kept, rounded_away(rm, sign, kept & 1, rest, half), rest

    def overflow(sign: int, rm: int) -> int:
        """The magnitude that stands for a number too large: ∞ where rounding leads away from zero."""
        to_infinity = ite(rm == RUP, sign == 0, ite(rm == RDN, sign, (rm == RNE) | (rm == RMM)))
        return ite(to_infinity, fmt.infinity, fmt.infinity - 1)

    @operation(f"{fmt.name}_round")
    def round_pack(sign: int, exponent: int, significand: int, rm: int) -> tuple[int, int]:
        """Round ±significand · 2^(exponent − bias − 63) and pack it.

        Args:
            sign: 1 for a negative number.
            exponent: the exponent that a normal result would store; any that fits 16 bits, also below 1.
            significand: 64 bits, the top one set, the lowest one sticky.
            rm: 0 RNE, 1 RTZ, 2 RDN, 3 RUP, 4 RMM.

        Returns:
            The pattern, and the flags OF, UF and NX.
        """
        sign, exponent, significand = u(sign, 1), s(exponent, 16), u(significand, WIDTH)
        top = sign << (fmt.width - 1)
        kept, up, rest = truncated(significand, sign, rm)
        if exponent >= 1:
            # The implied bit adds 1 to the exponent, and so does a carry out of the fraction.
            packed = (u(exponent - 1, 15) << fmt.fraction_bits) + kept + up
            too_large = packed >= fmt.infinity
            return top | ite(too_large, overflow(sign, rm), packed), ite(too_large, OF | NX, ite(rest != 0, NX, 0))
        # Rule ieee_std_tininess: after rounding, so a number that full precision carries up to the smallest normal
        # number is not tiny, whatever its subnormal rounding says.
        tiny = (exponent < 0) | (kept + up < 1 << fmt.precision)
        deficit = ite(exponent < 1 - (WIDTH - 1), WIDTH - 1, 1 - exponent)
        kept, up, rest = truncated(shift_right_sticky(significand, u(deficit, 6)), sign, rm)
        return top | (kept + up), ite(rest != 0, ite(tiny, UF | NX, NX), 0)

    return round_pack
