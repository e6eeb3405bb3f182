"""The three binary interchange formats, and a pattern taken apart.

Source: IEEE 754-2008 section 3.4; Volume I, chapters "F", "D" and "Zfh" (rules F_canonical_NaN, D_canonical_NaN).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from machine.bits import bit, bit_length, bits, ite, routine, u

__all__ = ["F16", "F32", "F64", "Format", "Unpacked", "normalised", "operation", "unpack"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Format:
    """A binary interchange format: ``width`` bits in all, ``precision`` significant bits (the implied one included).

    Known while a meaning is staged: it is never an operand.
    """

    name: str
    width: int
    precision: int

    @cached_property
    def fraction_bits(self) -> int:
        """Stored bits of the significand."""
        return self.precision - 1

    @cached_property
    def bias(self) -> int:
        """Added to an exponent to store it."""
        return (1 << (self.width - self.precision - 1)) - 1

    @cached_property
    def special_exponent(self) -> int:
        """The exponent field of infinities and NaNs: all ones."""
        return 2 * self.bias + 1

    @cached_property
    def infinity(self) -> int:
        """The pattern of +∞; one less is the largest finite number."""
        return self.special_exponent << self.fraction_bits

    @cached_property
    def nan(self) -> int:
        """The canonical NaN: positive, quiet, no payload."""
        return self.infinity | (1 << (self.fraction_bits - 1))

    @cached_property
    def sign_bit(self) -> int:
        """The pattern of −0."""
        return 1 << (self.width - 1)


F16 = Format("f16", 16, 11)
F32 = Format("f32", 32, 24)
F64 = Format("f64", 64, 53)


class Unpacked(NamedTuple):
    """The parts of a pattern. ``exponent`` is the stored one, 1 for subnormals and zeros; ``significand`` includes the
    implied bit, so that the value is ``significand · 2^(exponent − bias − fraction_bits)`` unless ``special``.
    """

    sign: int
    exponent: int
    significand: int
    special: int
    nan: int
    signalling: int
    infinite: int
    zero: int


def unpack(fmt: Format, pattern: int) -> Unpacked:
    """Take ``pattern`` apart; no case is decided yet, so nothing branches."""
    field = bits(pattern, fmt.width - 2, fmt.fraction_bits)
    fraction = u(pattern, fmt.fraction_bits)
    special, normal, empty = field == fmt.special_exponent, field != 0, fraction == 0
    nan = special & (fraction != 0)
    return Unpacked(
        sign=bit(pattern, fmt.width - 1),
        exponent=ite(normal, field, 1),
        significand=fraction | ite(normal, 1 << fmt.fraction_bits, 0),
        special=special,
        nan=nan,
        signalling=nan & (bit(pattern, fmt.fraction_bits - 1) == 0),
        infinite=special & empty,
        zero=(field == 0) & empty,
    )


def normalised(fmt: Format, x: Unpacked) -> tuple[int, int]:
    """Exponent and significand of a finite non-zero ``x`` with the significand's top bit set, subnormals included.

    The exponent is then as small as 1 − fraction_bits.
    """
    shift = u(fmt.precision - bit_length(x.significand), 6)
    return x.exponent - shift, u(x.significand << shift, fmt.precision)


def operation(name: str) -> Callable[[F], F]:
    """Mark a function that a factory makes as the routine ``name``."""

    def mark(function: F) -> F:
        function.__name__ = function.__qualname__ = name
        return routine(function)

    return mark
