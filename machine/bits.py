"""Exact integers' few words: the arithmetic that every meaning is written in.

A value in a meaning is a mathematical integer. It loses bits only where the author says so, with `u` and `s`, or
where it is written to a register or to memory. Run directly the values are Python ``int``; a staging engine may
pass symbolic values that overload the operators and register how to handle the words below (`Symbolic`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Symbolic", "bit", "bit_length", "bits", "ite", "routine", "s", "tdiv", "trem", "u"]

F = TypeVar("F", bound=Callable[..., Any])

WIDEST = 512
MASKS = tuple((1 << width) - 1 for width in range(WIDEST + 1))
SIGNS = (0, *(1 << (width - 1) for width in range(1, WIDEST + 1)))
"""By width: looked up, because these words are in the reference engine's innermost loop."""


class Symbolic:
    """Base of a staging engine's values; each word below hands itself over to a value that derives from it."""

    __slots__ = ()

    def word(self, name: str, *operands: Any) -> Any:
        """The symbolic result of applying the word ``name`` to ``operands``."""
        raise TypeError(f"{type(self).__name__} does not implement the word {name!r}")


def u(value: int, width: int = 64) -> int:
    """The low ``width`` bits of ``value`` as an unsigned integer.

    >>> u(-1, 8)
    255
    """
    if value.__class__ is not int and isinstance(value, Symbolic):
        return value.word("u", value, width)  # type: ignore[no-any-return]
    return value & MASKS[width]


def s(value: int, width: int = 64) -> int:
    """The low ``width`` bits of ``value`` as a two's-complement integer.

    >>> s(255, 8), s(127, 8)
    (-1, 127)
    """
    if value.__class__ is not int and isinstance(value, Symbolic):
        return value.word("s", value, width)  # type: ignore[no-any-return]
    sign = SIGNS[width]
    return ((value & MASKS[width]) ^ sign) - sign


def bits(value: int, high: int, low: int) -> int:
    """Bits ``high`` down to ``low`` of a non-negative ``value``, as the manual writes ``value[high:low]``.

    >>> bits(0xABCD, 11, 4)
    188
    """
    return u(value >> low, high - low + 1)


def bit(value: int, position: int) -> int:
    """One bit of ``value``: 0 or 1.

    >>> bit(8, 3)
    1
    """
    return (value >> position) & 1


def ite(condition: int | bool, then: int, otherwise: int) -> int:
    """Select without a branch: both operands are evaluated; a symbolic condition becomes one ``select``.

    >>> ite(1 == 1, 5, 7)
    5
    """
    if condition.__class__ is not bool and isinstance(condition, Symbolic):
        return condition.word("ite", condition, then, otherwise)  # type: ignore[no-any-return]
    return then if condition else otherwise


def bit_length(value: int) -> int:
    """The number of bits needed for a non-negative ``value``; 0 for 0.

    >>> bit_length(8)
    4
    """
    if isinstance(value, Symbolic):
        return value.word("bit_length", value)  # type: ignore[no-any-return]
    return value.bit_length()


def tdiv(dividend: int, divisor: int) -> int:
    """Quotient rounded toward zero, exact; the divisor must not be 0.

    >>> tdiv(-7, 2), tdiv(-(2**63), -1) == 2**63
    (-3, True)
    """
    for operand in (dividend, divisor):
        if isinstance(operand, Symbolic):
            return operand.word("tdiv", dividend, divisor)  # type: ignore[no-any-return]
    quotient = abs(dividend) // abs(divisor)
    return -quotient if (dividend < 0) != (divisor < 0) else quotient


def trem(dividend: int, divisor: int) -> int:
    """Remainder with the dividend's sign, exact; the divisor must not be 0.

    >>> trem(-7, 2), trem(7, -2)
    (-1, 1)
    """
    for operand in (dividend, divisor):
        if isinstance(operand, Symbolic):
            return operand.word("trem", dividend, divisor)  # type: ignore[no-any-return]
    remainder = abs(dividend) % abs(divisor)
    return -remainder if dividend < 0 else remainder


def routine(function: F) -> F:
    """Mark ``function`` as a routine: a staging engine compiles it to a function of its own, so that paths re-join at
    its return. Run directly it is the plain function. Its arguments and results are integers (or a tuple of them);
    arguments before the first annotated ``int`` (the hart) are passed through.
    """
    function.__dict__["is_routine"] = True
    return function
