"""The worlds that share a hart: the host, and each VMID that it has run; and which level each is, by convention.

Hardware knows two levels. Who runs a hypervisor in a guest keeps the guest hypervisor and its guests apart by VMID, in
a way of its own; told that, this observer names three levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from machine.hart.hart import Hart
from machine.spec.modes import Mode

__all__ = ["Convention", "World", "Worlds", "current_vmid"]

HOST, GUEST_HYPERVISOR, NESTED_GUEST = range(3)


def current_vmid(hart: Hart) -> int:
    """hgatp.VMID."""
    return int(hart.state.hgatp) >> 44 & 0x3FFF


@dataclass(frozen=True)
class Convention:
    """Which VMIDs the host gives to guest hypervisors, and which to the guests of these."""

    hypervisors: tuple[range, ...] = ()
    guests: tuple[range, ...] = ()

    def level(self, vmid: int | None) -> int | None:
        """0 for the host (no VMID), 1 for a guest hypervisor, 2 for its guest, None for a VMID of neither.

        >>> nested = Convention((range(1, 2),), (range(16, 20),))
        >>> [nested.level(vmid) for vmid in (None, 1, 17, 7)]
        [0, 1, 2, None]
        """
        if vmid is None:
            return HOST
        if any(vmid in part for part in self.hypervisors):
            return GUEST_HYPERVISOR
        return NESTED_GUEST if any(vmid in part for part in self.guests) else None


@dataclass
class World:
    """One world of one hart.

    Attributes:
        vmid: None for V=0.
        mode: the last mode that it was in.
        pc: of its last instruction; of its next one while it has the hart.
        entries: how often it got the hart.
        instructions: those that it retired before it lost the hart the last time.
        began: minstret when it got the hart.
    """

    hart: int
    vmid: int | None
    mode: Mode
    pc: int = 0
    entries: int = 0
    instructions: int = 0
    began: int = 0


class Worlds:
    """Follows the harts from world to world, while it is told to; `convention` says which level each is."""

    STATE = ("_seen",)

    def __init__(self, harts: Sequence[Hart]) -> None:
        self._harts = harts
        self._seen: dict[tuple[int, int | None], World] = {}
        self._on = False
        self.convention = Convention()

    @property
    def following(self) -> bool:
        """Whether `start` has been called."""
        return self._on

    def start(self) -> None:
        """Begin to follow; what was seen before stays."""
        if not self._on:
            self._on = True
            for hart in self._harts:
                hart.mode_observers.append(self.mode_changed)

    def stop(self) -> None:
        """Follow no longer, and forget the convention and what was seen."""
        if self._on:
            for hart in self._harts:
                hart.mode_observers.remove(self.mode_changed)
        self._on, self.convention = False, Convention()
        self._seen.clear()

    def clear(self) -> None:
        """Forget what was seen."""
        self._seen.clear()

    def mode_changed(self, hart: Hart, source: Mode, target: Mode) -> None:
        """Mode observer. The VMID is the guest's on both ways: the hypervisor changes hgatp in between."""
        if source.virtual == target.virtual:
            self._world(hart, target).mode = target
            return
        hart.settle()
        left, entered = self._world(hart, source), self._world(hart, target)
        left.mode, left.pc = source, hart.pc
        if left.entries:
            left.instructions += hart.state.minstret - left.began
        entered.mode, entered.began = target, hart.state.minstret
        entered.entries += 1

    def _world(self, hart: Hart, mode: Mode) -> World:
        vmid = current_vmid(hart) if mode.virtual else None
        return self._seen.setdefault((hart.number, vmid), World(hart.number, vmid, mode))

    def now(self, hart: Hart) -> World:
        """The world that has the hart."""
        world = self._world(hart, hart.mode)
        world.mode, world.pc = hart.mode, hart.state.pc
        return world

    def all(self) -> list[World]:
        """Every world seen, and those that have the harts now: by hart, the host first, then by VMID."""
        for hart in self._harts:
            self.now(hart)
        return sorted(self._seen.values(), key=lambda world: (world.hart, -1 if world.vmid is None else world.vmid))
