"""The two bitmaps of a vCPU in a hypervisor's own memory, watched: requests made, announced, withdrawn, taken.

The ledger is told where they are (``monitor ledger describe``). It follows the stores to both words, on any engine, as
a device's mailbox is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from machine.errors import MachineError
from machine.observe.ledger_entry import Author, Entry, Fate, instruction_author
from machine.spec.causes import Interrupt

if TYPE_CHECKING:
    from machine.hart.hart import Hart
    from machine.observe.ledger import Ledger

__all__ = ["PATIENCE", "VcpuBitmaps"]

WORD = 8
PATIENCE = 256
"""Instructions that a producer may retire between the two steps of a set, an interrupt handler's included."""
BITS = (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI)


class VcpuBitmaps:
    """The words ``irqs_pending`` and ``irqs_pending_mask`` of the vCPU that runs on one hart.

    Args:
        ledger: where the entries go.
        hart: that runs the vCPU.
        pending, mask: physical addresses, aligned to 8.

    Raises MachineError when a word is not in memory.
    """

    STATE = ("pending", "mask", "_open", "_alone", "_flushed", "_flushed_at", "_unset_at", "_last_flush")

    def __init__(self, ledger: Ledger, hart: Hart, pending: int, mask: int) -> None:
        for address in (pending, mask):
            if address % WORD or not hart.ram.contains(address, WORD):
                raise MachineError(f"{address:#x} is not the physical address of an aligned 8-byte word in main memory")
        self._ledger, self._hart = ledger, hart
        self.addresses = pending, mask
        self.reset()
        for address, stored in zip(self.addresses, (self._pending_stored, self._mask_stored), strict=True):
            hart.guard.add_mailbox(address - hart.ram.base, WORD, stored)

    def close(self) -> None:
        """Watch no more."""
        for address in self.addresses:
            self._hart.guard.remove_mailbox(address - self._hart.ram.base, WORD)

    def reset(self) -> None:
        """What is in memory now has no history."""
        self.pending, self.mask = map(self._read, self.addresses)
        self._open: dict[int, Entry] = {}
        self._alone: dict[int, tuple[Hart, int]] = {}
        self._flushed: dict[int, Entry | None] = {}
        self._flushed_at: dict[int, int] = {}
        self._unset_at: dict[int, int] = {}
        self._last_flush = 0

    def _read(self, address: int) -> int:
        return self._hart.ram.read(address - self._hart.ram.base, WORD)

    # --- stores -------------------------------------------------------------------------------------------------

    def _pending_stored(self) -> None:
        before, self.pending = self.pending, self._read(self.addresses[0])
        self._each(self.pending & ~before, self._rose)
        self._each(before & ~self.pending, self._fell)

    def _mask_stored(self) -> None:
        before, self.mask = self.mask, self._read(self.addresses[1])
        self._each(self.mask & ~before, self._announced)
        self._each(before & ~self.mask, self._taken)
        if self.mask == 0:
            self._last_flush = before

    def _each(self, bits: int, action: Callable[[Interrupt, Author], None]) -> None:
        self.look()
        storing = self._ledger.running()
        if bits == 0 or storing is None:
            return
        storing.settle()
        author = instruction_author(storing)
        for interrupt in BITS:
            if bits >> interrupt & 1:
                action(interrupt, author)

    def _rose(self, bit: Interrupt, author: Author) -> None:
        self._open[bit] = self._ledger.open(self._hart, bit, "bitmap", author)
        storing = self._ledger.running()
        if storing is not None and not self.mask >> bit & 1:
            self._alone[bit] = storing, storing.state.minstret

    def _fell(self, bit: Interrupt, author: Author) -> None:
        self._unset_at[bit] = self._ledger.tick()
        self._alone.pop(bit, None)
        entry = self._open.pop(bit, None)
        if entry is not None:
            self._ledger.decide(entry, Fate.WITHDRAWN, author)

    def _announced(self, bit: Interrupt, author: Author) -> None:
        self._alone.pop(bit, None)
        if self.pending >> bit & 1 and bit not in self._open:
            self._open[bit] = self._ledger.open(self._hart, bit, "bitmap", author)

    def _taken(self, bit: Interrupt, author: Author) -> None:
        if not self.pending >> bit & 1:
            return
        entry = self._open.pop(bit, None)
        self._flushed[bit], self._flushed_at[bit] = entry, self._ledger.tick()
        if entry is not None:
            self._ledger.decide(entry, Fate.FLUSHED, author)

    # --- judgements ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Find requests that their producer never announced."""
        for bit, (producer, retired) in list(self._alone.items()):
            if producer.state.minstret - retired > PATIENCE:
                del self._alone[bit]
                entry = self._open.pop(bit, None)
                if entry is not None:
                    self._ledger.decide(entry, Fate.UNANNOUNCED, None)

    def entered(self, hvip: int, writer: Author | None) -> None:
        """The guest is entered with ``hvip``, last written by ``writer``: what a flush has taken must be in it."""
        self.look()
        for bit, entry in self._flushed.items():
            if entry is not None and not hvip >> bit & 1 and not self.unset_since(bit, self._flushed_at[bit]):
                self._ledger.decide(entry, Fate.OVERWRITTEN, writer)
        self._flushed.clear()
        self._last_flush = 0

    def asked_for(self, bit: int) -> bool:
        """Whether the last flush has taken the bit of the mask: then hvip's bit may rise."""
        return bool(self._last_flush >> bit & 1)

    def asked_at(self, bit: int) -> int:
        """When the bit was last taken, in the ledger's order."""
        return self._flushed_at.get(bit, 0)

    def unset_since(self, bit: int, order: int) -> bool:
        """Whether somebody has withdrawn the interrupt behind that event."""
        return self._unset_at.get(bit, 0) > order
