"""How long a guest's timer waits: from hip.VSTIP rising to what came of it, by VMID.

A wait begins when VSTIP rises, whatever raised it, or when another VMID gets the hart while it is 1. Three things are
timed: the hypervisor's first read of hip (or mip) with V=0, if there is one; delivery in VS-mode; the vCPU switched out
with VSTIP still pending, which is V=0 code that writes another VMID to hgatp or another value to vstimecmp. A wait also
ends, and is only counted, when the guest moves its own timer, when HS- or M-mode takes the interrupt, or when VSTIP
falls for another reason.

The VMID is hgatp's when the wait begins: a hypervisor that loads vstimecmp before hgatp gives a timer that is due
already to the VMID before. Instructions are the hart's minstret; time is the machine's clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from machine.bits import s as signed
from machine.csr.access import resolve
from machine.hart.trapping import TrapRecord
from machine.hart.vstip import VstipEdge
from machine.observe.csr_tap import listen, silence
from machine.observe.virtual_instructions import TRAP_UNCOUNTED, vmid_of
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Fate", "Guest", "TimerLatency", "Wait"]

HIP, MIP = 0x644, 0x344
GRAIN = 8
"""Cycles between two looks at where a hart is while VSTIP is pending."""


class Fate(Enum):
    """What can come of a pending VSTIP; the first three are timed."""

    READ = "hypervisor reads hip"
    DELIVERED = "delivered in VS-mode"
    SWITCHED = "vCPU switched out"
    MOVED = "moved by the guest"
    TAKEN = "taken by the hypervisor"
    WITHDRAWN = "withdrawn"


TIMED = (Fate.READ, Fate.DELIVERED, Fate.SWITCHED)


@dataclass(frozen=True)
class Wait:
    """One measured time.

    Attributes:
        instructions: of the hart.
        cycles: of the machine.
        risen_at, ended_at: pc where VSTIP rose, and where the wait ended.
        mode: of the hart when VSTIP rose.
        spent_at: the pc at which most of it was spent, looked at every `GRAIN` cycles, and the cycles spent there.
    """

    instructions: int
    cycles: int
    risen_at: int
    ended_at: int
    mode: Mode
    spent_at: tuple[int, int]


@dataclass
class Guest:
    """All that was seen of one VMID.

    Attributes:
        risen: how often VSTIP rose, by the mode that the hart was in.
        fates: how the waits ended; READ is none of them, as the wait goes on.
        waits: in order.
    """

    risen: Counter[Mode] = field(default_factory=Counter)
    fates: Counter[Fate] = field(default_factory=Counter)
    waits: dict[Fate, list[Wait]] = field(default_factory=lambda: {fate: [] for fate in TIMED})

    def longest(self, fate: Fate) -> Wait | None:
        """The wait of most cycles, the first of several."""
        return max(self.waits[fate], key=lambda wait: wait.cycles, default=None)


@dataclass
class _Pending:
    """A wait under way."""

    vmid: int
    cycle: int
    instructions: int
    pc: int
    mode: Mode
    read: bool = False
    spent: Counter[int] = field(default_factory=Counter)
    seen: int = 0


class TimerLatency:
    """Measures while it is on."""

    STATE = ("guests", "_pending")

    def __init__(self, harts: Sequence[Hart]) -> None:
        self._harts = harts
        self.on = False
        self.clear()

    def clear(self) -> None:
        """Begin to measure anew."""
        self.guests: dict[int, Guest] = {}
        self._pending: dict[int, _Pending] = {}

    def start(self) -> None:
        """Measure from now on."""
        if self.on:
            return
        self.on = True
        for hart in self._harts:
            hart.vstip.listen(self._changed)
            hart.vstip.lookers.append(self._look)
            hart.vstip.grain = GRAIN
            hart.trap_observers.append(self._trapped)
            listen(hart, self)

    def stop(self) -> None:
        """Measure no more; what was measured stays."""
        if not self.on:
            return
        self.on = False
        self._pending.clear()
        for hart in self._harts:
            hart.vstip.grain = 0
            hart.vstip.lookers.remove(self._look)
            hart.vstip.leave(self._changed)
            hart.trap_observers.remove(self._trapped)
            silence(hart, self)

    # --- what happens -------------------------------------------------------------------------------------------

    def _changed(self, hart: Hart, edge: VstipEdge) -> None:
        if edge.level:
            self._begin(hart, edge.cycle, hart.next)
        else:
            self._end(hart, Fate.WITHDRAWN, hart.next)

    def _look(self, hart: Hart) -> None:
        """The cycles since the last look are put down to where the hart was then and is now."""
        pending = self._pending.get(hart.number)
        if pending is not None:
            pending.spent[hart.next] += hart.clock.cycles - pending.seen
            pending.seen = hart.clock.cycles

    def _trapped(self, hart: Hart, record: TrapRecord) -> None:
        if record.interrupt and record.code == Interrupt.VSTI:
            fate = Fate.DELIVERED if record.target is Mode.VS else Fate.TAKEN
            self._end(hart, fate, record.pc, TRAP_UNCOUNTED)

    def csr_reading(self, hart: Hart, number: int) -> None:
        """See `CsrListener`."""
        pending = self._pending.get(hart.number)
        if pending is not None and not pending.read and number in (HIP, MIP) and not hart.state.virt:
            pending.read = True
            self._timed(hart, pending, Fate.READ, hart.pc)

    def csr_writing(self, hart: Hart, number: int, value: int) -> None:
        """See `CsrListener`."""
        if hart.number not in self._pending:
            return
        name, virtual = resolve(hart, number).name, hart.state.virt
        if name == "vstimecmp" and value != hart.state.vstimecmp:
            self._end(hart, Fate.MOVED if virtual else Fate.SWITCHED, hart.pc)
        elif name == "hgatp" and value >> 44 & 0x3FFF != vmid_of(hart):
            self._end(hart, Fate.SWITCHED, hart.pc)
            self._begin(hart, hart.clock.cycles, hart.pc, value >> 44 & 0x3FFF)

    # --- book-keeping -------------------------------------------------------------------------------------------

    def _begin(self, hart: Hart, cycle: int, pc: int, vmid: int | None = None) -> None:
        vmid = vmid_of(hart) if vmid is None else vmid
        self.guests.setdefault(vmid, Guest()).risen[hart.mode] += 1
        minstret = hart.state.minstret
        self._pending[hart.number] = _Pending(vmid, cycle, minstret, pc, hart.mode, seen=hart.clock.cycles)

    def _end(self, hart: Hart, fate: Fate, pc: int, uncounted: int = 0) -> None:
        pending = self._pending.pop(hart.number, None)
        if pending is None:
            return
        self.guests[pending.vmid].fates[fate] += 1
        if fate in TIMED:
            self._timed(hart, pending, fate, pc, uncounted)

    def _timed(self, hart: Hart, pending: _Pending, fate: Fate, pc: int, uncounted: int = 0) -> None:
        spent = pending.spent.copy()
        spent[pc] += hart.clock.cycles - pending.seen
        wait = Wait(
            max(0, signed(hart.state.minstret + uncounted - pending.instructions)),
            hart.clock.cycles - pending.cycle,
            pending.pc,
            pc,
            pending.mode,
            max(spent.items(), key=lambda item: item[1]),
        )
        self.guests[pending.vmid].waits[fate].append(wait)
