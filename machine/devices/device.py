"""What a device is, and what it may ask of the world around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Device", "Line", "merge"]

Line = Callable[[bool], None]
"""An interrupt line: called with the new level whenever it changes."""


class Clock(Protocol):
    """The machine's time: a function of retired instructions, never of the wall clock."""

    def now(self) -> int:
        """Ticks of the timebase since reset."""


class Device(Protocol):
    """A device on the bus; offsets count bytes from its base, values are little-endian and unsigned.

    Attributes:
        name: how messages and the memory map call it.
        size: bytes of address space.
        widths: accepted access sizes in bytes, ascending; the bus refuses others and misaligned accesses.
    """

    name: str
    size: int
    widths: tuple[int, ...]

    def read(self, offset: int, size: int, /) -> int:
        """A guest's load, with its side effects; offsets without a register read 0."""

    def write(self, offset: int, size: int, value: int, /) -> None:
        """A guest's store; offsets without a register ignore it."""

    def peek(self, offset: int, size: int, /) -> int:
        """What `read` would return, without side effects."""

    def reset(self) -> None:
        """Power-on state, with the lines lowered."""


def merge(old: int, shift: int, size: int, value: int) -> int:
    """A register's value after ``size`` bytes of ``value`` were stored ``shift`` bits up in ``old``.

    >>> hex(merge(0x1111_2222_3333_4444, 32, 4, 0xABCD))
    '0xabcd33334444'
    """
    mask = ((1 << 8 * size) - 1) << shift
    return old & ~mask | value << shift & mask
