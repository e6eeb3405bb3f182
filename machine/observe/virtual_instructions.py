"""What a hypervisor pays for virtual instructions: how often each rule trapped a guest, and how long until it ran on.

An episode begins with a virtual-instruction exception, or an illegal-instruction exception that a guest raised and that
did not stay in VS-mode. It ends when the same hart enters the same VMID again. Its length is counted in instructions of
that hart (minstret), the handler's last SRET not included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from machine.bits import s as signed
from machine.hart.trapping import TrapRecord
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["TRAP_UNCOUNTED", "Kind", "Paid", "VirtualInstructions", "vmid_of"]

TRAP_UNCOUNTED = 1
"""What minstret is behind while a trap is taken: the cycle, which does not retire, is taken off before it is added."""
CAUSES = (Cause.VIRTUAL_INSTRUCTION, Cause.ILLEGAL_INSTRUCTION)


def vmid_of(hart: Hart) -> int:
    """hgatp's VMID."""
    return int(hart.state.hgatp >> 44 & 0x3FFF)


@dataclass(frozen=True, order=True)
class Kind:
    """What is counted together.

    Attributes:
        cause: `Cause.VIRTUAL_INSTRUCTION` or `Cause.ILLEGAL_INSTRUCTION`.
    """

    vmid: int
    cause: int
    reason: Reason
    source: Mode


@dataclass
class Paid:
    """All episodes of a kind.

    Attributes:
        trapped: how many began.
        lengths: instructions of each that ended, in order.
        switched: how many ended after another VMID had run on the hart.
    """

    trapped: int = 0
    lengths: list[int] = field(default_factory=list)
    switched: int = 0


@dataclass
class _Open:
    kind: Kind
    begun: int
    switched: bool = False


class VirtualInstructions:
    """Counts while it is on."""

    STATE = ("paid", "_open")

    def __init__(self, harts: Sequence[Hart]) -> None:
        self._harts = harts
        self.on = False
        self.clear()

    def clear(self) -> None:
        """Begin to count anew."""
        self.paid: dict[Kind, Paid] = {}
        self._open: dict[tuple[int, int], _Open] = {}

    def start(self) -> None:
        """Count from now on."""
        if not self.on:
            self.on = True
            for hart in self._harts:
                hart.trap_observers.append(self._trapped)
                hart.mode_observers.append(self._mode_changed)

    def stop(self) -> None:
        """Count no more; what was counted stays."""
        if self.on:
            self.on = False
            self._open.clear()
            for hart in self._harts:
                hart.trap_observers.remove(self._trapped)
                hart.mode_observers.remove(self._mode_changed)

    def _trapped(self, hart: Hart, record: TrapRecord) -> None:
        if record.interrupt or record.code not in CAUSES or not record.source.virtual or record.target is Mode.VS:
            return
        kind = Kind(vmid_of(hart), record.code, record.reason, record.source)
        self.paid.setdefault(kind, Paid()).trapped += 1
        self._open[hart.number, kind.vmid] = _Open(kind, hart.state.minstret + TRAP_UNCOUNTED)

    def _mode_changed(self, hart: Hart, source: Mode, target: Mode) -> None:
        if not self._open or not target.virtual or source.virtual:
            return
        vmid = vmid_of(hart)
        for (number, other), waiting in self._open.items():
            waiting.switched |= number == hart.number and other != vmid
        ended = self._open.pop((hart.number, vmid), None)
        if ended is not None:
            hart.settle()
            paid = self.paid[ended.kind]
            paid.lengths.append(max(0, signed(hart.state.minstret - ended.begun)))
            paid.switched += ended.switched
