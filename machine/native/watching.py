"""Watchpoints in generated code: only accesses that touch one are slow.

A page that a watchpoint touches is cached under a tag that no quick look-up finds (`Context.WATCHED`). The handlers for
what the quick look-up misses know it, and ask about the very bytes. An access to watched bytes is left to the
reference engine, which stops before it.
"""

from __future__ import annotations

import ctypes
from typing import Any

from machine.hart.watch import READ, WRITE, Watchpoint
from machine.native.dispatch import address
from machine.native.layout import Block
from machine.native.lower import Lowering

__all__ = ["UNWATCHED", "WatchTable", "unwatched"]

WORD = (1 << 64) - 1
FIRST, LAST, KINDS, ROW = 0, 8, 16, 24
"""A row of the table: the first and the last byte watched, and for what. No kinds end the table."""


class WatchTable:
    """The watchpoints where generated code reads them."""

    def __init__(self) -> None:
        self._known: frozenset[Watchpoint] = frozenset()
        self._words: Any = None

    def address_for(self, watchpoints: set[Watchpoint]) -> int:
        """The host's address of a table of these, until the next call; 0 for none."""
        if watchpoints != self._known:
            self._known = frozenset(watchpoints)
            rows = [(w.address, w.address + w.length - 1 & WORD, w.kinds) for w in self._known]
            words = [word for row in (*rows, (0, 0, 0)) for word in row]
            self._words = (ctypes.c_uint64 * len(words))(*words)
        return ctypes.addressof(self._words) if self._known else 0


def unwatched(code: Lowering, at: str, size: int, store: bool) -> str:
    """Code that asks whether no watchpoint touches an access of ``size`` bytes, which do not wrap round: an i1."""
    return code.let(f"call i1 @unwatched(ptr %pv, i64 {at}, i64 {size}, i64 {WRITE if store else READ})")


UNWATCHED = f"""define internal i1 @unwatched(ptr %pv, i64 %first, i64 %size, i64 %kind) nounwind noinline {{
  %where = {address("%pv", Block.WATCHED)}
  %table = load ptr, ptr %where
  %more = sub i64 %size, 1
  %last = add i64 %first, %more
  %none = icmp eq ptr %table, null
  br i1 %none, label %free, label %row
row:
  %w = phi ptr [ %table, %0 ], [ %next, %other ]
  %p = {address("%w", KINDS)}
  %kinds = load i64, ptr %p
  %over = icmp eq i64 %kinds, 0
  br i1 %over, label %free, label %look
look:
  %begin = load i64, ptr %w
  %q = {address("%w", LAST)}
  %end = load i64, ptr %q
  %above = icmp ule i64 %first, %end
  %below = icmp ule i64 %begin, %last
  %both = and i1 %above, %below
  %same = and i64 %kinds, %kind
  %meant = icmp ne i64 %same, 0
  %hit = and i1 %both, %meant
  br i1 %hit, label %watched, label %other
other:
  %next = {address("%w", ROW)}
  br label %row
free:
  ret i1 true
watched:
  ret i1 false
}}
"""
