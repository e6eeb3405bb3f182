"""Decoded pages: an entry per halfword of a physical page of code, decoded when it is first run."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable

from machine.hart.code import StoreGuard
from machine.isa.decode import Decoded, Decoder
from machine.memory.ram import Ram
from machine.native.handlers import Shape
from machine.native.layout import Entry

__all__ = ["CodePage", "CodePages"]

PAGE = 4096
AHEAD = 32
"""Instructions decoded at once; a jump that is always taken ends the run."""
ENDING = {"jal", "jalr", "mret", "sret", "ecall", "ebreak"}
LIMIT = 4096
"""Pages kept."""
WORDS = Entry.PAGE_BYTES // 8


class CodePage:
    """The entries of the page at a RAM offset."""

    def __init__(self, offset: int, empty: ctypes.Array[ctypes.c_uint64]) -> None:
        self.offset = offset
        self._empty = empty
        self.words = (ctypes.c_uint64 * WORDS).from_buffer_copy(empty)
        self.address = ctypes.addressof(self.words)

    def clear(self) -> None:
        """Forget what is decoded."""
        ctypes.memmove(self.words, self._empty, Entry.PAGE_BYTES)


class CodePages:
    """All decoded pages of a machine.

    Args:
        handlers: addresses of handlers, by shape and by name ("h_cold", "h_undecoded", "h_page_end").
    """

    def __init__(self, ram: Ram, guard: StoreGuard, decoder: Decoder, handlers: dict[str | Shape, int]) -> None:
        self._ram, self._guard, self._decoder, self._handlers = ram, guard, decoder, handlers
        self._cold, self._undecoded = handlers["h_cold"], handlers["h_undecoded"]
        self._empty = (ctypes.c_uint64 * WORDS)(*[self._undecoded, 0] * Entry.PER_PAGE)
        for guard_entry in range(Entry.PER_PAGE, Entry.PER_PAGE + Entry.GUARDS):
            self._empty[2 * guard_entry] = handlers["h_page_end"]
        self._pages: dict[int, CodePage] = {}
        self._stops: frozenset[int] = frozenset()
        guard.code_written.append(self.forget)

    def at(self, offset: int) -> CodePage:
        """The decoded page of the page at a RAM offset."""
        found = self._pages.get(offset)
        if found is None:
            if len(self._pages) >= LIMIT:
                self._guard.forget_code()
                self._pages.clear()
            found = self._pages[offset] = CodePage(offset, self._empty)
        return found

    def forget(self) -> None:
        """An instruction has been overwritten: every entry is stale."""
        for page in self._pages.values():
            page.clear()

    def stop_at(self, breakpoints: Iterable[int]) -> None:
        """Leave to the reference engine, which knows them, the entries whose place in a page is a breakpoint's."""
        stops = frozenset(address % PAGE & ~1 for address in breakpoints)
        for place in stops ^ self._stops:
            for page in self._pages.values():
                page.words[place] = self._undecoded  # an entry is two words, a place two bytes
        self._stops = stops

    def decode(self, page: CodePage, place: int) -> None:
        """Decode from a place (byte) in the page on."""
        for _ in range(AHEAD):
            decoded = self._decode_one(page, place)
            if decoded is None or decoded.instruction.name in ENDING:
                return
            place += decoded.length
            if place >= PAGE or page.words[place] != self._undecoded:
                return

    def _decode_one(self, page: CodePage, place: int) -> Decoded | None:
        word = self._ram.read(page.offset + place, min(4, PAGE - place))
        complete = place <= PAGE - 4 or word & 3 != 3
        decoded = self._decoder.decode(word) if complete else None
        page.words[place] = self._cold
        if decoded is None:
            return None
        self._guard.add_code(page.offset + place, decoded.length)
        handler = self._handler(decoded, place)
        if handler is not None and place not in self._stops:
            page.words[place], page.words[place + 1] = handler, _operands(decoded)
        return decoded

    def _handler(self, decoded: Decoded, place: int) -> int | None:
        name, length = decoded.instruction.name, decoded.length
        if decoded.operands.imm and 0 <= place + decoded.operands.imm < PAGE:
            near = self._handlers.get(Shape(name, length, near=True))
            if near is not None:
                return near
        csr = decoded.operands.csr
        return self._handlers.get(Shape(name, length, csr=csr))


def _operands(decoded: Decoded) -> int:
    """The second word of an entry."""
    o = decoded.operands
    names = {field.name for field in decoded.instruction.pattern.fields}
    immediate = o.rm if "rm" in names else o.imm
    registers = o.rd | o.rs1 << 8 | o.rs2 << 16 | o.rs3 << 24
    return registers | (immediate & 0xFFFF_FFFF) << 32
