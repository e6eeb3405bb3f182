"""The interrupt ledger: every change of a VS-level pending bit with its author, and what became of the interrupt.

Switched on by `Ledger.start`; off, it is attached to nothing. What it knows without help is the harts' side: hvip, the
guest's timer, guest external lines, deliveries. An undelivered bit that a whole write of hvip (CSRRW) has put aside is
lost when the same guest (VMID) is entered without it, unless the hypervisor had set it itself. `describe` tells it
where the hypervisor keeps two bitmaps of its own: then it knows what was asked for and withdrawn, and judges by that.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.bits import bit, bits, u
from machine.csr.interrupts import GUEST_BITS
from machine.hart.trapping import TrapRecord
from machine.observe.catch import Catches
from machine.observe.ledger_entry import Author, Entry, Fate, instruction_author
from machine.observe.vcpu_bitmaps import VcpuBitmaps
from machine.spec import status
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart
    from machine.inputs import Inputs

__all__ = ["Ledger", "LostInterrupt"]

KEPT = 10_000
VMID_LOW, VMID_BITS = 44, 14
SOURCES = ("hvip", "timer", "line")


@dataclass(frozen=True)
class LostInterrupt:
    """An entry whose fate is a mistake of the software, as a catch reports it."""

    entry: Entry


class Ledger:
    """One for all harts of a machine.

    Args:
        running: the hart whose instruction is under way, or None.
        inputs: what has come in from outside.
        catches: say whether a mistake stops the machine.

    Attributes:
        on: whether it listens.
        described: bitmaps of the hypervisor's, by the number of the hart that runs the vCPU.
        fates: how many entries have met each fate, or wait, since it was started or the machine was reset.
    """

    STATE = ("_entries", "fates", "_number", "_order", "_open", "_aside", "_writer", "_levels")

    def __init__(
        self, harts: Sequence[Hart], running: Callable[[], Hart | None], inputs: Inputs, catches: Catches
    ) -> None:
        self._harts, self.running, self._inputs, self._catches = harts, running, inputs, catches
        self.on = False
        self.described: dict[int, VcpuBitmaps] = {}
        self._forget()

    # --- what the user asks -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen from now on; what is pending already has no author."""
        if self.on:
            return
        self.on = True
        for hart in self._harts:
            hart.pending_observers.append(self._look)
            hart.trap_observers.append(self._trapped)
            hart.mode_observers.append(self._mode_changed)
        self.reset()

    def stop(self) -> None:
        """Listen no more; what is written stays. Raises nothing when it does not listen."""
        if not self.on:
            return
        self.on = self._catches.lost_interrupts = False
        for hart in self._harts:
            hart.pending_observers.remove(self._look)
            hart.trap_observers.remove(self._trapped)
            hart.mode_observers.remove(self._mode_changed)
        for bitmaps in self.described.values():
            bitmaps.close()
        self.described.clear()

    def describe(self, hart: int, pending: int, mask: int) -> None:
        """Say where the bitmaps of the vCPU on ``hart`` are. Raises MachineError for what is no word of memory."""
        self.start()
        made = VcpuBitmaps(self, self._harts[hart], pending, mask)
        if hart in self.described:
            self.described[hart].close()
        self.described[hart] = made

    def last(self, count: int) -> list[Entry]:
        """The last entries, oldest first."""
        return list(self._entries)[-count:]

    def reset(self) -> None:
        """The machine begins anew, and so does the ledger; it goes on listening."""
        self._forget()
        for bitmaps in self.described.values():
            bitmaps.reset()

    def _forget(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self.fates: Counter[Fate] = Counter()
        self._number = self._order = 0
        self._open: list[dict[tuple[str, Interrupt], Entry]] = [{} for _ in self._harts]
        self._aside: list[dict[tuple[int, Interrupt], Entry]] = [{} for _ in self._harts]
        self._writer: list[Author | None] = [None] * len(self._harts)
        self._levels = [self._sources(hart) for hart in self._harts]

    # --- entries ------------------------------------------------------------------------------------------------

    def tick(self) -> int:
        """The place of an event among all events."""
        self._order += 1
        return self._order

    def open(self, hart: Hart, interrupt: Interrupt, where: str, author: Author) -> Entry:
        """A bit has been set."""
        self._number += 1
        vmid = bits(hart.state.hgatp, VMID_LOW + VMID_BITS - 1, VMID_LOW)
        entry = Entry(self._number, hart.clock.cycles, hart.number, vmid, interrupt, where, author, self.tick())
        self._entries.append(entry)
        self.fates[entry.fate] += 1
        return entry

    def decide(self, entry: Entry, fate: Fate, by: Author | None) -> None:
        """An entry meets its fate; the first that is not a mistake found later counts."""
        self.fates[entry.fate] -= 1
        self.fates[fate] += 1
        entry.fate, entry.ended, entry.ended_by = fate, self._harts[entry.hart].clock.cycles, by
        running = self.running()
        if fate.wrong and self._catches.lost_interrupts and running is not None:
            running.request_stop(LostInterrupt(entry))

    # --- what the harts do --------------------------------------------------------------------------------------

    @staticmethod
    def _sources(hart: Hart) -> dict[str, int]:
        """The parts of hip's VS-level bits (machine.csr.interrupts.guest_pending puts them together)."""
        state = hart.state
        enabled = bit(state.henvcfg, status.ENVCFG_STCE)
        due = u(hart.time() + state.htimedelta) >= state.vstimecmp
        chosen = bits(state.hstatus, status.HSTATUS_VGEIN + status.HSTATUS_VGEIN_WIDTH - 1, status.HSTATUS_VGEIN)
        line = bit(state.hgeip, chosen) if chosen else 0
        timer = int(enabled == 1 and due)
        return {"hvip": state.hvip & GUEST_BITS, "timer": timer << Interrupt.VSTI, "line": line << Interrupt.VSEI}

    def _look(self, hart: Hart, between: bool) -> None:
        before, now = self._levels[hart.number], self._sources(hart)
        if now == before:
            return
        self._levels[hart.number] = now
        for where in SOURCES:
            changed = before[where] ^ now[where]
            if changed:
                self._changed(hart, where, changed, now[where], self._author(hart, where, between))

    def _changed(self, hart: Hart, where: str, changed: int, levels: int, author: Author) -> None:
        if where == "hvip" and author.kind == "hypervisor":
            self._writer[hart.number] = author
        for interrupt in (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI):
            if not changed >> interrupt & 1:
                continue
            if levels >> interrupt & 1:
                self._rose(hart, interrupt, where, author)
            else:
                self._fell(hart, interrupt, where, author)

    def _author(self, hart: Hart, where: str, between: bool) -> Author:
        running = self.running()
        if running is None:
            return self._outside(hart, where)
        running.settle()
        if running is not hart:
            return instruction_author(running, "device")
        if between:
            return Author("timer" if where == "timer" else "device")
        return instruction_author(hart)

    def _outside(self, hart: Hart, where: str) -> Author:
        """Between turns: an injection that has just been merged, the embedder's line, or somebody's hand."""
        given = self._inputs.last
        fresh = given is not None and given.hart == hart.number and given.cycle == hart.clock.cycles
        if where == "hvip" and fresh and given is not None and given.taken.register == "hvip":
            return Author("injection", text=", ".join(sorted(set(given.taken.authors.values()))))
        return Author({"hvip": "debugger", "timer": "timer", "line": "device"}[where])

    def _rose(self, hart: Hart, interrupt: Interrupt, where: str, author: Author) -> None:
        entry = self.open_again(hart, interrupt) if where == "hvip" else None
        if entry is None:
            entry = self.open(hart, interrupt, where, author)
            bitmaps = self.described.get(hart.number)
            if bitmaps is not None and where == "hvip" and author.kind == "hypervisor":
                entry.order = bitmaps.asked_at(interrupt)
                if not bitmaps.asked_for(interrupt):
                    self.decide(entry, Fate.RESURRECTED, author)
        self._open[hart.number][where, interrupt] = entry

    def open_again(self, hart: Hart, interrupt: Interrupt) -> Entry | None:
        """A bit that was put aside with its guest comes back."""
        return self._aside[hart.number].pop((self._vmid(hart), interrupt), None)

    @staticmethod
    def _vmid(hart: Hart) -> int:
        return bits(hart.state.hgatp, VMID_LOW + VMID_BITS - 1, VMID_LOW)

    def _fell(self, hart: Hart, interrupt: Interrupt, where: str, author: Author) -> None:
        entry = self._open[hart.number].pop((where, interrupt), None)
        if entry is None:
            return
        if where == "hvip" and author.kind == "hypervisor" and author.text.startswith("csrrw"):
            self._aside[hart.number][entry.vmid, interrupt] = entry  # restored, or missed, when the guest is entered
        elif entry.fate is Fate.PENDING:
            self.decide(entry, Fate.CLEARED if author.kind == "guest" else Fate.WITHDRAWN, author)

    def _trapped(self, hart: Hart, record: TrapRecord) -> None:
        if not record.interrupt:
            return
        for (_, interrupt), entry in self._open[hart.number].items():
            if interrupt == record.code and entry.fate is Fate.PENDING:
                self.decide(entry, Fate.DELIVERED, Author("delivery", hart.number, record.pc, record.target))

    def _mode_changed(self, hart: Hart, source: Mode, target: Mode) -> None:
        if source.virtual or not target.virtual:
            return
        bitmaps = self.described.get(hart.number)
        if bitmaps is not None:
            bitmaps.entered(hart.state.hvip, self._writer[hart.number])
        aside, vmid = self._aside[hart.number], self._vmid(hart)
        for key in [key for key in aside if key[0] == vmid]:
            entry = aside.pop(key)
            if entry.fate is Fate.PENDING:
                self.decide(entry, self._missed(entry, bitmaps), self._writer[hart.number])

    @staticmethod
    def _missed(entry: Entry, bitmaps: VcpuBitmaps | None) -> Fate:
        """The guest runs without a bit that it had pending when it left."""
        if bitmaps is not None:
            meant = bitmaps.unset_since(entry.interrupt, entry.order)
        else:
            meant = entry.author.kind == "hypervisor"
        return Fate.WITHDRAWN if meant else Fate.OVERWRITTEN
