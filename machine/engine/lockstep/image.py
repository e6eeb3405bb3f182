"""Main memory as it was when a slice began, so that the slice can be taken back and run again.

What an engine has written is found by comparing, not by asking the engine: a store to the wrong place is found too.
Only pages that the host has given to the memory are compared, where the host tells which they are.
"""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Callable, Iterator

from machine.memory.ram import Ram

__all__ = ["Image", "Pages"]

PAGE = 4096
STRETCH = 64 * PAGE
"""Bytes that are compared at once before their pages are."""
USED = re.compile(rb"[^\0]+")

Pages = dict[int, bytes]
"""Content by RAM offset of a page."""


class Image:
    """A copy of main memory at some moment, and what has changed since."""

    def __init__(self, ram: Ram) -> None:
        self._ram = ram
        self._copy = Ram(ram.base, ram.size, "the image of the memory")
        self._touched = bytearray(ram.size // PAGE)
        self._stretches: list[tuple[int, int]] = []
        self._resident, self._residents = _residency(ram), b""
        self._differ = _comparison(ram, self._copy)

    def changes(self) -> Pages:
        """The present content of every page that is not as it was."""
        return {offset: bytes(self._ram.data[offset : offset + PAGE]) for offset in self._changed()}

    def before(self, offset: int) -> bytes:
        """The page at a RAM offset as it was."""
        return bytes(self._copy.data[offset : offset + PAGE])

    def restore(self, pages: Pages) -> None:
        """Make these pages what they were."""
        for offset in pages:
            self._ram.data[offset : offset + PAGE] = self._copy.data[offset : offset + PAGE]

    def adopt(self, pages: Pages) -> None:
        """From now on these pages were always so."""
        for offset, content in pages.items():
            self._copy.data[offset : offset + PAGE] = content

    def _changed(self) -> Iterator[int]:
        self._look()
        for begin, size in self._stretches:
            if self._differ(begin, size):
                yield from (at for at in range(begin, begin + size, PAGE) if self._differ(at, PAGE))

    def _look(self) -> None:
        """Note the pages that have been touched. One that the host has taken away since stays noted."""
        resident = self._resident()
        if resident == self._residents:
            return
        self._residents = resident
        for found in USED.finditer(resident):
            begin, end = found.span()
            self._touched[begin:end] = resident[begin:end]
        spans = [(found.start() * PAGE, found.end() * PAGE) for found in USED.finditer(self._touched)]
        self._stretches = [(at, min(STRETCH, end - at)) for begin, end in spans for at in range(begin, end, STRETCH)]


def _address(ram: Ram) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(ram.data))


def _comparison(ram: Ram, copy: Ram) -> Callable[[int, int], bool]:
    """Whether ``size`` bytes at an offset differ."""
    try:
        compare = ctypes.CDLL(None).memcmp
    except (AttributeError, OSError, TypeError):
        return lambda at, size: bytes(ram.data[at : at + size]) != bytes(copy.data[at : at + size])
    compare.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    one, other = _address(ram), _address(copy)
    return lambda at, size: compare(one + at, other + at, size) != 0


def _residency(ram: Ram) -> Callable[[], bytes]:
    """A function that gives a byte per page: 0 where the host has not provided it, as far as it tells."""
    everything = b"\1" * (ram.size // PAGE)
    try:
        ask = ctypes.CDLL(None).mincore
    except (AttributeError, OSError, TypeError):
        return lambda: everything
    ask.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    start, answer = _address(ram), (ctypes.c_uint8 * len(everything))()

    if ask(start, ram.size, answer) != 0 or mmap.PAGESIZE != PAGE:
        return lambda: everything

    def resident() -> bytes:
        return bytes(answer) if ask(start, ram.size, answer) == 0 else everything

    return resident
