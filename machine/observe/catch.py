"""Which traps and world switches stop the machine (at the first instruction behind them)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from machine.hart.trapping import TrapRecord
from machine.hart.vstip import VstipEdge
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Catches", "VsTimerPending", "WorldSwitch"]


@dataclass(frozen=True)
class WorldSwitch:
    """The V bit changed.

    Attributes:
        source, target: modes before and after.
        vmid: of hgatp, the guest's that is left or entered.
    """

    source: Mode
    target: Mode
    vmid: int


@dataclass(frozen=True)
class VsTimerPending:
    """hip.VSTIP rose while V=0.

    Attributes:
        mode: of the hart.
        vmid: of hgatp, the guest's that must wait for it.
        timer: whether vstimecmp raised it, not hvip.VSTIP.
    """

    mode: Mode
    vmid: int
    timer: bool


@dataclass
class Catches:
    """What is caught; all harts share one.

    Attributes:
        causes: values of a cause register, Interrupt bit included.
        worlds: whether a change of V is caught.
        lost_interrupts: whether what the interrupt ledger calls wrong is caught.
        timers: the harts whose hip.VSTIP is caught when it rises while V=0.
    """

    causes: set[int] = field(default_factory=set)
    worlds: bool = False
    lost_interrupts: bool = False
    timers: Sequence[Hart] = ()

    def catch_timers(self, harts: Sequence[Hart]) -> None:
        """Stop where hip.VSTIP of one of ``harts`` rises while V=0."""
        if not self.timers:
            self.timers = harts
            for hart in harts:
                hart.vstip.listen(self.timer_changed)

    def clear(self) -> None:
        """Catch nothing."""
        for hart in self.timers:
            hart.vstip.leave(self.timer_changed)
        self.timers = ()
        self.causes.clear()
        self.worlds = self.lost_interrupts = False

    def trapped(self, hart: Hart, record: TrapRecord) -> None:
        """Trap observer: stop when the cause is caught."""
        if record.cause in self.causes:
            hart.request_stop(record)

    def timer_changed(self, hart: Hart, edge: VstipEdge) -> None:
        """Listens to hip.VSTIP: stop when it has risen while V=0."""
        if edge.level and not hart.state.virt:
            hart.request_stop(VsTimerPending(hart.mode, hart.state.hgatp >> 44 & 0x3FFF, edge.timer))

    def mode_changed(self, hart: Hart, source: Mode, target: Mode) -> None:
        """Mode observer: stop when V has changed."""
        if self.worlds and source.virtual != target.virtual:
            hart.request_stop(WorldSwitch(source, target, hart.state.hgatp >> 44 & 0x3FFF))
