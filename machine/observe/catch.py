"""Which traps and world switches stop the machine (at the first instruction behind them)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from machine.hart.trapping import TrapRecord
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Catches", "WorldSwitch"]


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


@dataclass
class Catches:
    """What is caught; all harts share one.

    Attributes:
        causes: values of a cause register, Interrupt bit included.
        worlds: whether a change of V is caught.
    """

    causes: set[int] = field(default_factory=set)
    worlds: bool = False

    def clear(self) -> None:
        """Catch nothing."""
        self.causes.clear()
        self.worlds = False

    def trapped(self, hart: Hart, record: TrapRecord) -> None:
        """Trap observer: stop when the cause is caught."""
        if record.cause in self.causes:
            hart.request_stop(record)

    def mode_changed(self, hart: Hart, source: Mode, target: Mode) -> None:
        """Mode observer: stop when V has changed."""
        if self.worlds and source.virtual != target.virtual:
            hart.request_stop(WorldSwitch(source, target, hart.state.hgatp >> 44 & 0x3FFF))
