"""Decoded pages: an entry per halfword of a physical page of code, decoded when it is first run."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass

from machine.hart.code import StoreGuard
from machine.isa.decode import Decoded, Decoder
from machine.memory.ram import Ram
from machine.native.handlers import Shape
from machine.native.layout import Entry

__all__ = ["CodePage", "CodePages"]

PAGE = 4096
ENDING, JUMPS = {"mret", "sret"}, {"jal", "jalr"}
"""Behind these the run of instructions that is decoded at once ends; behind a jump when it does not link."""
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
        self._plans: dict[int, Plan] = {}
        self._nothing = Plan(2, self._cold, self._cold, 0, 0, True)
        self._stops: frozenset[int] = frozenset()
        guard.code_written.append(self._written)
        guard.code_forgotten.append(self._pages.clear)

    def at(self, offset: int) -> CodePage:
        """The decoded page of the page at a RAM offset."""
        found = self._pages.get(offset)
        if found is None:
            if len(self._pages) >= LIMIT:
                self._guard.forget_code()
            found = self._pages[offset] = CodePage(offset, self._empty)
        return found

    def _written(self, offset: int) -> None:
        """An instruction in the page has been overwritten."""
        if offset in self._pages:
            self._pages[offset].clear()

    def stop_at(self, breakpoints: Iterable[int]) -> None:
        """Leave to the reference engine, which knows them, the entries whose place in a page is a breakpoint's."""
        stops = frozenset(address % PAGE & ~1 for address in breakpoints)
        for place in stops ^ self._stops:
            for page in self._pages.values():
                page.words[place] = self._undecoded  # an entry is two words, a place two bytes
        self._stops = stops

    def decode(self, page: CodePage, place: int) -> None:
        """Decode from a place (byte) in the page on."""
        begin = place
        code = self._ram.data[page.offset : page.offset + PAGE]
        while place < PAGE and page.words[place] == self._undecoded:
            word = int.from_bytes(code[place : place + 4], "little")
            plan = self._plan(word, PAGE - place)
            page.words[place] = self._cold if place in self._stops else plan.handler(place)
            page.words[place + 1] = plan.operands
            place += plan.length
            if plan.ends:
                break
        self._guard.add_code(page.offset + begin, min(place, PAGE) - begin)

    def _plan(self, word: int, left: int) -> Plan:
        """How an instruction is entered, of which ``left`` bytes lie in the page."""
        if word & 3 != 3:
            word &= 0xFFFF
        elif left < 4:
            return self._nothing
        found = self._plans.get(word)
        if found is None:
            decoded = self._decoder.decode(word)
            found = self._plans[word] = self._nothing if decoded is None else self._plan_for(decoded)
        return found

    def _plan_for(self, decoded: Decoded) -> Plan:
        name, length, o = decoded.instruction.name, decoded.length, decoded.operands
        zero = o.rd == 0 and Shape(name, length, zero=True) in self._handlers
        far = self._handlers.get(Shape(name, length, False, o.csr, zero), self._cold)
        near = self._handlers.get(Shape(name, length, True, o.csr, zero), far) if o.imm else far
        ends = name in ENDING or (name in JUMPS and o.rd == 0)
        return Plan(length, far, near, o.imm, _operands(decoded), ends)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an instruction's bits come to, wherever they are.

    Attributes:
        far, near: handlers; ``near`` for a target in the same page.
        ends: whether what follows need not be code.
    """

    length: int
    far: int
    near: int
    distance: int
    operands: int
    ends: bool

    def handler(self, place: int) -> int:
        """The handler at a place in a page."""
        return self.near if 0 <= place + self.distance < PAGE else self.far


def _operands(decoded: Decoded) -> int:
    """The second word of an entry."""
    o = decoded.operands
    names = {field.name for field in decoded.instruction.pattern.fields}
    immediate = o.rm if "rm" in names else o.imm
    registers = o.rd | o.rs1 << 8 | o.rs2 << 16 | o.rs3 << 24
    return registers | (immediate & 0xFFFF_FFFF) << 32
