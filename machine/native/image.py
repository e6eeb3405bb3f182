"""Machine code that runs wherever it is put in memory: to start it takes no linker, no dynamic loader and no LLVM."""

from __future__ import annotations

import ctypes
import json
import mmap
from dataclasses import asdict, dataclass

from machine.errors import MachineError

__all__ = ["Code", "Image"]

POINTER = 8


@dataclass(frozen=True)
class Image:
    """Linked code.

    Attributes:
        content: code and constants, as they are at address 0.
        symbols: offsets of what is asked for by name.
        pointers: offsets of the 64-bit words in the content that hold addresses.
    """

    content: bytes
    symbols: dict[str, int]
    pointers: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """For a file."""
        head = json.dumps({**asdict(self), "content": len(self.content)}).encode()
        return head + b"\n" + self.content

    @classmethod
    def from_bytes(cls, data: bytes) -> Image:
        """What `to_bytes` made; it is trusted, for code cannot be checked: whoever reads a file checks its digest."""
        head, _, content = data.partition(b"\n")
        said = json.loads(head)
        return cls(content, said["symbols"], tuple(said["pointers"]))


class Code:
    """An image in memory, ready to run; it lives as long as this object.

    Raises MachineError where the operating system allows no code that a program made.
    """

    def __init__(self, image: Image) -> None:
        size = len(image.content)
        self._memory = mmap.mmap(-1, size)
        self._memory[:] = image.content
        self._base = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._symbols = image.symbols
        for offset in image.pointers:
            ctypes.c_uint64.from_address(self._base + offset).value += self._base
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mprotect(ctypes.c_void_p(self._base), ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_EXEC):
            raise MachineError(
                "the operating system refuses to run the native engine's code (a security policy against generated "
                "code, perhaps); choose the engine reference"
            )

    def address(self, symbol: str) -> int:
        """Where a symbol is."""
        return self._base + self._symbols[symbol]

    def string(self, symbol: str) -> str:
        """The text that a symbol names, up to its terminating zero."""
        return ctypes.string_at(self.address(symbol)).decode()
