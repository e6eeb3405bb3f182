"""Decoded pages: an entry per halfword of a physical page of code, decoded when it is first run (`.fetching`)."""

from __future__ import annotations

import ctypes
from collections.abc import Set as AbstractSet

from machine.hart.code import CODE, StoreGuard
from machine.memory.ram import Ram
from machine.native.layout import Block, Entry
from machine.native.shapes import Shape

__all__ = ["CodePage", "CodePages"]

PAGE = 4096
LIMIT = 4096
"""Pages kept."""
WORDS = Entry.PAGE_BYTES // 8
Words = ctypes.Array[ctypes.c_uint64]


class CodePage:
    """The entries of the page at a RAM offset."""

    def __init__(self, offset: int, empty: Words) -> None:
        self.offset = offset
        self._empty = empty
        self.words = (ctypes.c_uint64 * WORDS).from_buffer_copy(empty)
        self.address = ctypes.addressof(self.words)

    def clear(self) -> None:
        """Forget what is decoded."""
        ctypes.memmove(self.words, self._empty, Entry.PAGE_BYTES)


class CodePages:
    """All decoded pages of a machine, where generated code finds them. Their stores are guarded.

    Args:
        handlers: addresses of handlers, by shape and by name ("h_undecoded", "h_page_end").
        block: the private block, whose words about decoded pages are kept true here.
    """

    def __init__(self, ram: Ram, guard: StoreGuard, handlers: dict[str | Shape, int], block: Words) -> None:
        self._guard, self._undecoded = guard, handlers["h_undecoded"]
        self._empty = (ctypes.c_uint64 * WORDS)(*[self._undecoded, 0] * Entry.PER_PAGE)
        for guard_entry in range(Entry.PER_PAGE, Entry.PER_PAGE + Entry.GUARDS):
            self._empty[2 * guard_entry] = handlers["h_page_end"]
        self._pages: dict[int, CodePage] = {}
        self._addresses = (ctypes.c_uint64 * -(-ram.size // PAGE))()
        self._breakpoints: frozenset[int] = frozenset()
        self._stops: frozenset[int] = frozenset()
        self._stopping = (ctypes.c_uint8 * Entry.PER_PAGE)()
        self._scratch = (ctypes.c_uint64 * SCRATCH_WORDS)(0, 0, *[handlers["h_page_end"], 0] * 2)
        for place, shared in (
            (Block.DECODED, self._addresses),
            (Block.STOPS, self._stopping),
            (Block.SCRATCH, self._scratch),
        ):
            block[place // 8] = ctypes.addressof(shared)
        guard.code_written.append(self._written)
        guard.code_forgotten.append(self._forgotten)

    def at(self, offset: int) -> CodePage:
        """The decoded page of the page at a RAM offset."""
        found = self._pages.get(offset)
        if found is None:
            if len(self._pages) >= LIMIT:
                self._guard.forget_code()
            found = self._pages[offset] = CodePage(offset, self._empty)
            self._addresses[offset // PAGE] = found.address
            self._guard.guard(offset, CODE)
        return found

    def _written(self, offset: int) -> None:
        """An instruction in the page has been overwritten."""
        if offset in self._pages:
            self._pages[offset].clear()

    def _forgotten(self) -> None:
        """Nothing is decoded any more. No exec TLB leads here now: harts forget their code first."""
        for offset in self._pages:
            self._addresses[offset // PAGE] = 0
        self._pages.clear()

    def stop_at(self, breakpoints: AbstractSet[int]) -> None:
        """Leave to the reference engine, which knows them, the entries whose place in a page is a breakpoint's."""
        if breakpoints == self._breakpoints:
            return
        self._breakpoints = frozenset(breakpoints)
        stops = frozenset(address % PAGE & ~1 for address in breakpoints)
        for place in stops ^ self._stops:
            self._stopping[place // 2] = place in stops
            for page in self._pages.values():
                page.words[place] = self._undecoded  # an entry is two words, a place two bytes
        self._stops = stops


SCRATCH_WORDS = 2 + 2 * Entry.GUARDS
"""An entry, and those behind it that an instruction of either length goes on to."""
