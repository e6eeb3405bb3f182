"""A context's translations where generated code finds them, beside the tables that the hart keeps.

The hart's tables are the truth: native slots are filled from them, and emptied when they are cleared, whoever clears
them (a fence, a page that becomes guarded, an instruction that is overwritten).
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any

from machine.hart.contexts import Context as HartContext
from machine.hart.hart import Hart
from machine.native.context_keys import context_key, context_slot
from machine.native.layout import Context, ContextSlot

__all__ = ["ContextTable", "Tables", "tables_of"]

WORDS = Context.SIZE // 8
EMPTY = (ctypes.c_uint64 * WORDS)(*[Context.NONE] * WORDS)
PAGE_MASK = -4096 & (1 << 64) - 1


class Cleared(dict[Any, Any]):
    """A table that tells when it is cleared."""

    def __init__(self, content: dict[Any, Any], tables: Tables, cleared: Callable[[Tables], None]) -> None:
        super().__init__(content)
        self.tables, self._cleared = tables, cleared

    def clear(self) -> None:
        super().clear()
        self._cleared(self.tables)


class Tables:
    """The TLBs of one context. They live as long as the context does: nothing here refers back to it."""

    def __init__(self, context: HartContext, ram: int, owner: object) -> None:
        self._words = (ctypes.c_uint64 * WORDS).from_buffer_copy(EMPTY)
        self._ram, self.owner = ram, owner
        self.address = ctypes.addressof(self._words)
        context.loads = Cleared(context.loads, self, Tables.forget_data)
        context.stores = Cleared(context.stores, self, Tables.forget_data)
        context.code = Cleared(context.code, self, Tables.forget_code)

    def fill(self, context: HartContext, address: int) -> None:
        """Take over what the hart has cached of the page at a virtual address, or of the page behind it."""
        for page in {address >> 12, (address + 7) >> 12}:
            load, store = context.loads.get(page), context.stores.get(page)
            offset = load if load is not None else store
            if offset is None:
                continue
            slot = (Context.DATA + page % Context.DATA_SLOTS * Context.DATA_SLOT) // 8
            tag = page << 12
            self._words[slot] = Context.NONE if load is None else tag
            self._words[slot + 1] = Context.NONE if store is None or store != offset else tag
            self._words[slot + 2] = self._ram + offset - tag & (1 << 64) - 1
            self._words[slot + 3] = Context.NONE
            self._words[Context.USED // 8] = 0

    def fill_code(self, pc: int, page: Any) -> None:
        """Let instructions of the virtual page of ``pc`` run from a decoded page."""
        virtual = pc & PAGE_MASK
        slot = (Context.CODE + (virtual >> 12) % Context.CODE_SLOTS * Context.CODE_SLOT) // 8
        self._words[slot], self._words[slot + 1] = virtual, page.address
        self._words[slot + 2] = self._ram + page.offset

    def forget_data(self) -> None:
        if self._words[Context.USED // 8] == Context.NONE:
            return
        begin, size = Context.DATA, Context.SIZE - Context.DATA
        ctypes.memmove(self.address + begin, ctypes.addressof(EMPTY) + begin, size)

    def forget_code(self) -> None:
        ctypes.memmove(self.address + Context.CODE, EMPTY, Context.DATA - Context.CODE)


def tables_of(hart: Hart, ram: int, owner: object) -> Tables:
    """The tables of the hart's present context; ``ram`` is the host's address of main memory.

    Another ``owner`` (another engine's decoded pages) gets tables of its own, and takes the context over.
    """
    context = hart.context
    loads: Any = context.loads
    if isinstance(loads, Cleared) and loads.tables.owner is owner:
        return loads.tables
    made = Tables(context, ram, owner)
    hart.port.loads, hart.port.stores = context.loads, context.stores
    if not hart.attention:
        hart.code = context.code
    return made


class ContextTable:
    """The contexts that generated code finds by itself, of one hart; an entry goes with its tables."""

    def __init__(self) -> None:
        self._words = (ctypes.c_uint64 * (ContextSlot.SIZE // 8 << ContextSlot.BITS))()
        self._entries: dict[int, weakref.ref[Tables]] = {}
        self.address = ctypes.addressof(self._words)

    def install(self, state: Any, tables: Tables) -> None:
        """Let the present state's translations be found."""
        key = context_key(state)
        slot: int = context_slot(key)
        begin = slot * ContextSlot.SIZE // 8
        self._words[begin : begin + ContextSlot.WORDS] = list(key)
        self._words[begin + ContextSlot.WORDS] = tables.address
        self._entries[slot] = weakref.ref(tables, lambda gone: self._remove(slot, gone))

    def _remove(self, slot: int, gone: weakref.ref[Tables]) -> None:
        if self._entries.get(slot) is gone:
            del self._entries[slot]
            begin = slot * ContextSlot.SIZE // 8
            self._words[begin : begin + ContextSlot.WORDS + 1] = [0] * (ContextSlot.WORDS + 1)
