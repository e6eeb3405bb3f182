"""Which bytes of RAM someone must be told about when they are written: decoded instructions, and mailboxes.

Shared by all harts and all engines. A page that holds either has no cached store translation, so every store to it
passes here, or, in generated code, looks at `StoreGuard.halves` itself. That keeps decoded instructions coherent with
memory at once, whoever writes: the same on every engine.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable

__all__ = ["CODE", "MAILBOX", "PAGE_HALVES", "StoreGuard"]

PAGE = 4096
PAGE_HALVES = PAGE // 16
"""Bytes of `StoreGuard.halves` for a page."""
CODE, MAILBOX = 1, 2
"""What makes a page's stores be looked at: flags in `StoreGuard.pages`."""
SLACK = 8
"""Bytes behind the map, so that whoever reads its last bytes may read a word."""


class StoreGuard:
    """What is to be seen of stores to ``size`` bytes of RAM, in flat memory that generated code reads, too.

    Attributes:
        pages: a byte for each page: 0, or the flags that say why its stores are looked at.
        halves: a bit for each halfword, least significant first: whether an instruction that is decoded has it. The
            host provides what is touched of it.
        page_guarded: called when a page becomes guarded, or for one more reason: drop cached store translations.
        code_written: called with a page's RAM offset when an instruction that was decoded there has been overwritten:
            drop what is decoded of the page, and what reaches into it.
        code_forgotten: called when everything decoded is to be dropped.
    """

    def __init__(self, size: int) -> None:
        self.pages = bytearray(-(-size // PAGE))
        # Private, so that `forget_code` can hand the pages back and find them zero afterwards.
        self.halves = mmap.mmap(-1, len(self.pages) * PAGE_HALVES + SLACK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._mailboxes: dict[int, Callable[[], None]] = {}
        self.page_guarded: list[Callable[[], None]] = []
        self.code_written: list[Callable[[int], None]] = []
        self.code_forgotten: list[Callable[[], None]] = []

    def add_code(self, offset: int, length: int) -> None:
        """Note that the instruction of ``length`` bytes at RAM ``offset`` has been decoded."""
        for half in range(offset >> 1, offset + length + 1 >> 1):
            self.halves[half >> 3] |= 1 << (half & 7)
            self.guard(half << 1, CODE)

    def guard(self, offset: int, reason: int) -> None:
        """Look at the stores to the page of a RAM offset from now on, for ``reason`` (`CODE` or `MAILBOX`)."""
        page = offset // PAGE
        if not self.pages[page] & reason:
            self.pages[page] |= reason
            for drop in self.page_guarded:
                drop()

    def add_mailbox(self, offset: int, size: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` after each store that touches the ``size`` bytes at RAM ``offset``."""
        for byte in range(offset, offset + size):
            self._mailboxes[byte] = callback
            self.guard(byte, MAILBOX)

    def remove_mailbox(self, offset: int, size: int) -> None:
        """Call nobody any more for these bytes; their page stays guarded until the code is forgotten."""
        for byte in range(offset, offset + size):
            self._mailboxes.pop(byte, None)

    def guarded(self, offset: int) -> int:
        """Whether (not 0) whoever stores to the page of a RAM offset must call `wrote` behind it."""
        return self.pages[offset // PAGE]

    def has_mailbox(self, offset: int, size: int) -> bool:
        """Whether a store of ``size`` bytes at RAM ``offset`` would call somebody."""
        return any(byte in self._mailboxes for byte in range(offset, offset + size))

    def wrote(self, offset: int, size: int) -> None:
        """A store of ``size`` bytes has been done."""
        if self._holds_code(offset, size):
            for page in range(offset // PAGE, (offset + size - 1) // PAGE + 1):
                self._forget_page(page)
        called = {callback for byte, callback in self._mailboxes.items() if offset <= byte < offset + size}
        for callback in called:
            callback()

    def replaced(self, offset: int, before: bytes, after: bytes) -> None:
        """The bytes of the page at a RAM offset are others now, and nobody stored them: its mailboxes hear nothing."""
        changed = (at for at in range(0, PAGE, 2) if before[at : at + 2] != after[at : at + 2])
        if any(self._holds_code(offset + at, 2) for at in changed):
            self._forget_page(offset // PAGE)

    def forget_code(self) -> None:
        """Drop every decoded instruction, on every hart."""
        self.halves.madvise(mmap.MADV_DONTNEED)
        self.pages[:] = bytes(len(self.pages))
        for byte in self._mailboxes:
            self.pages[byte // PAGE] = MAILBOX
        for drop in self.code_forgotten:
            drop()

    def _holds_code(self, offset: int, size: int) -> bool:
        first, behind = offset >> 1, offset + size + 1 >> 1
        around = int.from_bytes(self.halves[first >> 3 : (behind + 7) >> 3], "little")
        return around >> (first & 7) & (1 << behind - first) - 1 != 0

    def _forget_page(self, page: int) -> None:
        """The page stays guarded: it holds code again soon, or its stores find no bit set."""
        begin = page * PAGE_HALVES
        if any(self.halves[begin : begin + PAGE_HALVES]):
            self.halves[begin : begin + PAGE_HALVES] = bytes(PAGE_HALVES)
            for drop in self.code_written:
                drop(page * PAGE)
