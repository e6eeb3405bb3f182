"""Main memory by pages: what it holds, kept aside, and given back in a time that only the written pages cost.

Once something is kept, the host's own copy-on-write does the book-keeping: the memory becomes a private mapping of an
unnamed file that holds what was kept. Whoever writes, whether Python, generated code or a debugger, gets a page of its
own; the host tells which pages these are, and giving one up brings back what was kept. Where the host cannot tell (no
/proc/self/pagemap, or pages that are not 4 KiB), memory is compared instead: slower, and just as right.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby

__all__ = ["PAGE", "Content", "Pages"]

PAGE = 4096
ZERO = bytes(PAGE)
CHUNK = 1 << 20
"""Bytes that are compared at once."""

Content = dict[int, bytes]
"""What memory holds: offset → the bytes of each page that is not zero. Never changed once it is made."""

PAGEMAP = "/proc/self/pagemap"
WORD = 8
PRESENT, SWAPPED, SHARED = 0x80, 0x40, 0x20
"""Flags in the last byte of a page's word (Linux, Documentation/admin-guide/mm/pagemap.rst)."""
OWN = bytes(int(bool(flag & SWAPPED or flag & (PRESENT | SHARED) == PRESENT)) for flag in range(256))
FIXED = 0x10
"""MAP_FIXED: replace what is mapped at the address."""
IOV_MAX = 1024


class Pages:
    """The pages of one stretch of private memory, from its mapping on.

    Args:
        memory: the mapping; its address stays the same.

    Attributes:
        content: what was kept or given back last.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory, self._view, self._size = memory, memoryview(memory), len(memory)
        self._address = _address_of(memory)
        self._file: int | None = None
        self._tells = _host_tells()
        self.content: Content = {}

    def keep(self) -> Content:
        """What memory holds now. Costs as much as has been written since the last time."""
        held = dict(self.content)
        for offset in self.written():
            page = bytes(self._view[offset : offset + PAGE])
            if page == ZERO:
                held.pop(offset, None)
            elif held.get(offset) != page:
                held[offset] = page
        self._settle(held)
        return held

    def give_back(self, content: Content) -> None:
        """Make memory hold what `keep` returned. Costs as much as differs."""
        self._settle(content)

    def differing(self, content: Content) -> list[int]:
        """Offsets of the pages that may differ from a content, ascending: all that do are among them."""
        return sorted({*self.written(), *_unequal(self.content, content)})

    def written(self) -> list[int]:
        """Offsets of the pages that may have been written since the last `keep` or `give_back`, ascending."""
        return _owned(self._address, self._size) if self._tells else self._compared()

    def clear(self) -> None:
        """Every byte becomes zero; the host has its pages back."""
        if self._file is None:
            self._memory.madvise(mmap.MADV_DONTNEED)
        else:
            os.close(self._file)
            self._file = None
            _map(self._address, self._size, mmap.MAP_ANONYMOUS, -1)
        self.content = {}

    def _settle(self, content: Content) -> None:
        """Make memory, and what it falls back to, equal ``content``."""
        if not self._tells:
            for offset in self.differing(content):
                self._view[offset : offset + PAGE] = content.get(offset, ZERO)
        elif self._file is None:
            self._file = os.memfd_create("hartbreak memory")
            os.ftruncate(self._file, self._size)
            _write(self._file, content, sorted(content))
            _map(self._address, self._size, 0, self._file)
        else:
            given_up = _owned(self._address, self._size)
            _write(self._file, content, sorted(_unequal(self.content, content)))
            for first, count in _runs(given_up):
                self._memory.madvise(mmap.MADV_DONTNEED, first, count * PAGE)
        self.content = content

    def _compared(self) -> list[int]:
        found = []
        for begin in range(0, self._size, CHUNK):
            end = min(begin + CHUNK, self._size)
            now = bytes(self._view[begin:end])
            kept = b"".join(self.content.get(offset, ZERO) for offset in range(begin, end, PAGE))
            if now != kept:
                pages = range(0, end - begin, PAGE)
                found += [begin + at for at in pages if now[at : at + PAGE] != kept[at : at + PAGE]]
        return found

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            os.close(self._file)  # type: ignore[arg-type]


@cache
def _host_tells() -> bool:
    """Whether the host says which pages are whose; asked of two pages, of which one has been written."""
    if mmap.PAGESIZE != PAGE or not hasattr(os, "memfd_create"):
        return False
    probe = mmap.mmap(-1, 2 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    probe[0] = 1
    try:
        return _owned(_address_of(probe), 2 * PAGE) == [0]
    except OSError:
        return False


def _address_of(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def _owned(address: int, size: int) -> list[int]:
    """Offsets of the pages that are a mapping's alone: of an anonymous one those ever touched, else those written.

    Raises OSError where the host does not tell.
    """
    told, wanted = b"", size // PAGE * WORD
    with open(PAGEMAP, "rb", buffering=0) as words:
        words.seek(address // PAGE * WORD)
        while len(told) < wanted:
            part = words.read(wanted - len(told))
            if not part:
                raise OSError(f"{PAGEMAP} ends early")
            told += part
    owned = told[WORD - 1 :: WORD].translate(OWN)
    return [found.start() * PAGE for found in re.finditer(b"\1", owned)]


def _unequal(one: Content, other: Content) -> set[int]:
    if one is other:
        return set()
    return {offset for offset in {**one, **other} if one.get(offset) != other.get(offset)}


def _runs(offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first offset, number of pages) of each stretch of neighbours in ascending offsets."""
    for _, group in groupby(enumerate(offsets), lambda item: item[1] - item[0] * PAGE):
        pages = [offset for _, offset in group]
        yield pages[0], len(pages)


def _write(file: int, content: Content, offsets: list[int]) -> None:
    for first, count in _runs(offsets):
        for begin in range(0, count, IOV_MAX):
            where = range(first + begin * PAGE, first + min(begin + IOV_MAX, count) * PAGE, PAGE)
            os.pwritev(file, [content.get(offset, ZERO) for offset in where], where.start)


def _map(address: int, size: int, flags: int, file: int) -> None:
    """Map private memory over what is mapped at ``address``. Raises OSError."""
    call = ctypes.CDLL(None, use_errno=True).mmap
    call.restype = ctypes.c_void_p
    call.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    got = call(address, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | FIXED | flags, file, 0)
    if got != address:
        raise OSError(ctypes.get_errno(), "the host cannot map memory anew")
