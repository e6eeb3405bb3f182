"""Which bytes of RAM someone must be told about when they are written: decoded instructions, and mailboxes.

Shared by all harts. A page that holds either has no cached store translation, so every store to it passes here.
That keeps decoded instructions coherent with memory at once, whoever writes: the same on every engine.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["StoreGuard"]

PAGE = 4096


class StoreGuard:
    """Pages of RAM (by offset of their first byte) whose stores are looked at."""

    def __init__(self) -> None:
        self.pages: set[int] = set()
        self._code: set[int] = set()
        self._mailboxes: dict[int, Callable[[], None]] = {}
        self.page_guarded: list[Callable[[], None]] = []
        """Called when a page becomes guarded: drop cached store translations."""
        self.code_written: list[Callable[[], None]] = []
        """Called when an instruction that was decoded has been overwritten: drop decoded instructions."""

    def add_code(self, offset: int, length: int) -> None:
        """Note that the instruction of ``length`` bytes at RAM ``offset`` has been decoded."""
        for half in range(offset & ~1, offset + length, 2):
            self._code.add(half)
            self._guard(half & -PAGE)

    def add_mailbox(self, offset: int, size: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` after each store that touches the ``size`` bytes at RAM ``offset``."""
        for byte in range(offset, offset + size):
            self._mailboxes[byte] = callback
            self._guard(byte & -PAGE)

    def remove_mailbox(self, offset: int, size: int) -> None:
        """Call nobody any more for these bytes; their page stays guarded until the code is forgotten."""
        for byte in range(offset, offset + size):
            self._mailboxes.pop(byte, None)

    def wrote(self, offset: int, size: int) -> None:
        """A store of ``size`` bytes to a guarded page has been done."""
        if any(half in self._code for half in range(offset & ~1, offset + size, 2)):
            self.forget_code()
        called = {self._mailboxes[byte] for byte in range(offset, offset + size) if byte in self._mailboxes}
        for callback in called:
            callback()

    def forget_code(self) -> None:
        """Drop every decoded instruction, on every hart."""
        self._code.clear()
        self.pages = {byte & -PAGE for byte in self._mailboxes}
        for drop in self.code_written:
            drop()

    def _guard(self, page: int) -> None:
        if page not in self.pages:
            self.pages.add(page)
            for drop in self.page_guarded:
                drop()
