"""Main memory: zero-filled bytes that cost the host only the pages that are touched."""

from __future__ import annotations

import mmap

from machine.errors import MachineError
from machine.memory.pages import Pages

__all__ = ["Ram"]


class Ram:
    """``size`` bytes of memory at physical address ``base``.

    Attributes:
        name: how messages call it.
        data: all the bytes, writable; index 0 is physical address ``base``. Engines may keep this view: it stays the
            same object for the memory's whole life.
        pages: what is kept of it and given back (`machine.history`).

    Raises MachineError when the host cannot provide ``size`` bytes of address space.
    """

    def __init__(self, base: int, size: int, name: str = "memory") -> None:
        self.base = base
        self.size = size
        self.name = name
        try:
            # Private, so that `clear` can hand the pages back and find them zero afterwards.
            memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except (OSError, OverflowError, ValueError) as error:
            raise MachineError(f"the host cannot provide {size} bytes of memory ({error}); ask for less") from error
        self.data = memoryview(memory)
        self.pages = Pages(memory)

    def read(self, offset: int, size: int) -> int:
        """The little-endian unsigned value of ``size`` bytes at ``offset`` from the base; the range must be inside."""
        return int.from_bytes(self.data[offset : offset + size], "little")

    def write(self, offset: int, size: int, value: int) -> None:
        """Store the low ``size`` bytes of ``value`` little-endian at ``offset``; the range must be inside."""
        self.data[offset : offset + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def peek(self, offset: int, size: int) -> int:
        """What `read` returns: reading memory has no side effect."""
        return self.read(offset, size)

    def contains(self, address: int, size: int) -> bool:
        """Whether the ``size`` bytes at physical ``address`` all lie in this memory."""
        return self.base <= address and address + size <= self.base + self.size

    def load(self, address: int, content: bytes) -> None:
        """Copy ``content`` to physical ``address``. Raises MachineError when it does not fit."""
        if not self.contains(address, len(content)):
            raise MachineError(
                f"{len(content)} bytes at {address:#x} lie outside the memory, which is {self.base:#x} to "
                f"{self.base + self.size:#x}; load them elsewhere or ask for more memory"
            )
        start = address - self.base
        self.data[start : start + len(content)] = content

    def clear(self) -> None:
        """Make every byte zero again and hand the touched pages back to the host."""
        self.pages.clear()
