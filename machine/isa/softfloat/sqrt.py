"""Square root (rule fsqrt-s_op): each step appends as many bits to the root as it already has."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite, tdiv, u
from machine.isa.softfloat.flags import NV
from machine.isa.softfloat.format import F16, F32, F64, Format, normalised, operation, unpack
from machine.isa.softfloat.round import rounding

__all__ = ["f16_sqrt", "f32_sqrt", "f64_sqrt", "integer_root"]

FIRST = 4
STEPS = {14: (3, 7), 28: (3, 7, 14), 56: (3, 7, 14, 28)}
"""Bits that each step adds to a root of `FIRST` bits, by the bits of the whole root."""
ROOT_BITS = {F16: 14, F32: 28, F64: 56}
"""At least two more than the precision."""


def integer_root(value: int, root_bits: int) -> tuple[int, int]:
    """⌊√value⌋ of ``root_bits`` bits, and value − root²; one of the two top bits of ``value`` (2·root_bits) is set.

    Zimmermann's "Karatsuba Square Root": with value = (root² + rest)·4^k + low, the next k bits are the quotient of
    the remainder by twice the root, at most one too large.

    >>> integer_root(200_000_000**2 + 7, 28)
    (200000000, 7)
    """
    known, position = FIRST, 2 * (root_bits - FIRST)
    leading = u(value >> position, 2 * FIRST)
    root = u(8 + sum(leading >= n * n for n in range(9, 16)), FIRST)
    rest = u(leading - root * root, FIRST + 1)
    for k in STEPS[root_bits]:
        root, rest = extend(root, rest, u(value >> (position - 2 * k), 2 * k), known, k)
        known, position = known + k, position - 2 * k
    return root, rest


def extend(root: int, rest: int, low: int, known: int, k: int) -> tuple[int, int]:
    """A root of ``known`` bits and its remainder, continued by ``k`` bits; ``low``: the next 2·k bits of the value."""
    dividend = (rest << k) | (low >> k)
    digit = u(tdiv(dividend, root << 1), k + 1)
    rest = u(dividend - (digit << 1) * root, known + 1)
    root = (root << k) + digit
    remainder = ((rest << k) | u(low, k)) - digit * digit
    excess = remainder < 0
    remainder = ite(excess, remainder + (root << 1) - 1, remainder)
    return u(root - excess, known + k), u(remainder, known + k + 1)


def rooter(fmt: Format) -> Callable[[int, int], tuple[int, int]]:
    """The routine ``(a, rm) -> (√a, flags)``."""
    root_bits = ROOT_BITS[fmt]

    @operation(f"{fmt.name}_sqrt")
    def sqrt(a: int, rm: int) -> tuple[int, int]:
        x = unpack(fmt, a)
        if x.zero:
            return a, 0  # √−0 is −0
        negative = (x.nan == 0) & x.sign
        if x.nan | negative:
            return fmt.nan, ite(x.signalling | negative, NV, 0)
        if x.infinite:
            return a, 0
        exponent, significand = normalised(fmt, x)
        # bias is odd: the unbiased exponent is odd exactly when the stored one is even
        odd = u(exponent + 1, 1)
        scaled = significand << (2 * root_bits - 1 - fmt.precision)
        root, rest = integer_root(ite(odd, scaled << 1, scaled), root_bits)
        leading = (root << (64 - root_bits)) | (rest != 0)
        return rounding(fmt)(0, (exponent + fmt.bias) >> 1, leading, rm)

    return sqrt


f16_sqrt, f32_sqrt, f64_sqrt = rooter(F16), rooter(F32), rooter(F64)
