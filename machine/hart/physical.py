"""Physical accesses of a hart: who answers, whether PMP lets it, and the page tables' reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine.memory import pmp
from machine.memory.access import FETCH
from machine.spec.modes import S
from machine.spec.rules import Reason

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["PhysicalPort"]

PAGE = 4096


class PhysicalPort:
    """Physical memory as one hart may use it. PMP verdicts that hold for a whole page are remembered."""

    def __init__(self, hart: Hart) -> None:
        self.hart = hart
        self._verdicts: dict[tuple[int, int, int], int] = {}
        self._uniform: dict[int, bool] = {}

    def forget(self) -> None:
        """PMP registers changed."""
        self._verdicts.clear()
        self._uniform.clear()

    def whole_page(self, page: int) -> bool:
        """Whether one PMP verdict holds for every byte of the page at physical address ``page``."""
        found = self._uniform.get(page)
        if found is None:
            found = self._uniform[page] = bool(pmp.uniform(self.hart, page))
        return found

    def refusal(self, address: int, size: int, kind: int, privilege: int) -> int:
        """`Reason.NONE`, or why an access of ``size`` bytes is refused. Instructions come from main memory only."""
        bus = self.hart.bus
        inside = self.hart.ram.contains(address, size)
        if not inside and (kind == FETCH or not bus.answers(address, size)):
            return Reason.NO_MEMORY
        return Reason.NONE if self._permits(address, size, kind, privilege) else Reason.PMP_DENIED

    def table_refusal(self, address: int, size: int, kind: int) -> int:
        """The same for a page table, which must lie in main memory; the walk reads it as supervisor."""
        if not self.hart.ram.contains(address, size):
            return Reason.NO_MEMORY
        return Reason.NONE if self._permits(address, size, kind, S) else Reason.PMP_DENIED

    def _permits(self, address: int, size: int, kind: int, privilege: int) -> int:
        page = address & -PAGE
        if (address + size - 1) & -PAGE != page or not self.whole_page(page):
            return pmp.permits(self.hart, address, size, kind, privilege)
        key = (page, kind, privilege)
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = pmp.permits(self.hart, address, size, kind, privilege)
        return found

    def pte_load(self, address: int) -> int:
        """8 bytes of a page table."""
        return self.hart.ram.read(address - self.hart.ram.base, 8)

    def pte_store(self, address: int, value: int) -> None:
        """Set A or D; the guard hears of it as of any store."""
        offset = address - self.hart.ram.base
        self.hart.ram.write(offset, 8, value)
        if self.hart.guard.guarded(offset):
            self.hart.guard.wrote(offset, 8)
