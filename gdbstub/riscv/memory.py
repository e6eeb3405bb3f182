"""Memory as a debugger sees it: every address space, no permissions, no side effects on reading.

A page that is mapped can be read, whatever R, W, X, U, A, D and the CSRs around them allow a program: only V=1 and a
well-formed entry count. Physical memory protection does not hold a debugger up either. The G-stage's U=0 is the
exception: such a page exists for no guest in any mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from errno import EFAULT

from gdbstub.errors import TargetError
from gdbstub.riscv.worlds import Space, here
from machine.hart.hart import Hart
from machine.memory.access import LOAD, Access
from machine.memory.bus import Region
from machine.memory.translate import g_stage, translate
from machine.spec.modes import S
from machine.spec.paging import Pte
from machine.spec.rules import Reason
from machine.trap.trap import Trap

__all__ = ["locate", "read", "write"]

PAGE = 4096
DEVICE_WIDTHS = (1, 2, 4, 8)
LEAF = 1 << Pte.R | 1 << Pte.X
USED = 1 << Pte.A | 1 << Pte.D
HOST_ACCESS = Access(LOAD, S, 0, user_pages=1, readable_code=1, readable_code_g=1, execute=0)
GUEST_ACCESS = HOST_ACCESS._replace(virtual=1)


class Walker:
    """A hart's tables for a walk that leaves no trace: the words that `machine.memory.translate` asks of a hart."""

    def __init__(self, hart: Hart) -> None:
        self.state, self.config = hart.state, hart.config
        self._ram = hart.ram

    def physical_refusal(self, address: int, size: int, kind: int, privilege: int) -> int:
        """Tables lie in main memory; PMP does not bind a debugger."""
        return Reason.NONE if self._ram.contains(address, size) else Reason.NO_MEMORY

    def pte_load(self, address: int) -> int:
        """A table entry; leaves look accessed and dirty, so that nothing wants to update them."""
        entry = self._ram.read(address - self._ram.base, 8)
        return entry | USED if entry & LEAF else entry

    def pte_store(self, address: int, value: int) -> None:
        """Never called for an entry that `pte_load` gave; a debugger changes no tables by looking."""

    def staged(self, stage: str, address: int) -> None:
        """Nobody listens."""

    def walked(self, stage: str, level: int, slot: int, where: int, pte: int) -> None:
        """Nobody listens."""


def locate(hart: Hart, address: int, space: Space) -> int:
    """The physical address of `address`. Raises TargetError saying which step of the walk fails."""
    try:
        return TRANSLATIONS[space](Walker(hart), address)
    except Trap as trap:
        reason = Reason(trap.reason)
        stage = " in the G-stage" if trap.gpa else ""
        raise TargetError(EFAULT, f"{space.value} address {address:#x} is not mapped{stage}: {reason.text}") from trap


TRANSLATIONS: dict[Space, Callable[[Walker, int], int]] = {
    Space.PHYSICAL: lambda walker, address: address,
    Space.HOST: lambda walker, address: translate(walker, address, HOST_ACCESS),
    Space.GUEST: lambda walker, address: translate(walker, address, GUEST_ACCESS),
    Space.GUEST_PHYSICAL: lambda walker, address: g_stage(walker, address, GUEST_ACCESS, address, 0, 0),
}


def read(hart: Hart, address: int, length: int, space: Space | None = None) -> bytes:
    """The longest readable prefix of `length` bytes, by default as the hart's mode sees them; devices are peeked at.

    Raises TargetError when the first byte is unreadable.
    """
    content = bytearray()
    try:
        for physical, size, region in _chunks(hart, address, length, space):
            content += hart.bus.peek_bytes(physical, min(size, region.end - physical))
    except TargetError:
        if not content:
            raise
    return bytes(content)


def write(hart: Hart, address: int, data: bytes, space: Space | None = None) -> None:
    """Write all of `data` or nothing; decoded instructions follow at once, cached translations at the next fence.

    A device register takes one naturally aligned write of 1, 2, 4 or 8 bytes, with the effect that a program's store
    would have. Raises TargetError when any byte of the range is unwritable.
    """
    chunks = list(_chunks(hart, address, len(data), space))
    if not all(region.is_ram for _, _, region in chunks):
        _write_device(hart, chunks, data)
        return
    done = 0
    for physical, size, _ in chunks:
        _write_ram(hart, physical - hart.ram.base, data[done : done + size])
        done += size


def _chunks(hart: Hart, address: int, length: int, space: Space | None) -> Iterator[tuple[int, int, Region]]:
    """(physical address, bytes, region) for each piece of a range that lies in one page and one region."""
    space, end = space or here(hart), address + length
    while address < end:
        physical = locate(hart, address, space)
        region = hart.bus.find(physical)
        if region is None:
            raise TargetError(
                EFAULT, f"no memory or device answers at physical address {physical:#x}{_asked(address, physical)}"
            )
        size = min(end - address, PAGE - address % PAGE, region.end - physical)
        yield physical, size, region
        address += size


def _asked(address: int, physical: int) -> str:
    return "" if address == physical else f", where {address:#x} leads"


def _write_ram(hart: Hart, offset: int, data: bytes) -> None:
    hart.ram.data[offset : offset + len(data)] = data
    if hart.guard.guarded(offset):
        hart.guard.wrote(offset, len(data))


def _write_device(hart: Hart, chunks: list[tuple[int, int, Region]], data: bytes) -> None:
    physical, size, region = chunks[0]
    if len(chunks) > 1 or size not in DEVICE_WIDTHS or not region.accepts(physical - region.base, size):
        raise TargetError(
            EFAULT,
            f"{region.target.name} at {region.base:#x} takes no write of {len(data)} bytes at {physical:#x}: "
            "write one of its registers, whole and aligned",
        )
    hart.bus.write(physical, size, int.from_bytes(data, "little"))
    hart.reconsider_interrupts()
