"""Translation as an observer makes it: the machine's own walk, without effect, with every step remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from machine.memory.access import Access
from machine.memory.faults import access_fault
from machine.memory.translate import translate
from machine.spec.rules import Reason
from machine.trap.trap import Trap

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Probe", "StageWalk", "Step", "Translation", "probe"]


@dataclass(frozen=True)
class Step:
    """One PTE that the walk read.

    Attributes:
        level: of the table, 0 for the last.
        slot: the PTE's address as the stage names it (guest physical for the VS-stage).
        where: its supervisor physical address.
        pte: its value.
        updated: the value that hardware would write back (A, D), or None.
    """

    level: int
    slot: int
    where: int
    pte: int
    updated: int | None = None


@dataclass
class StageWalk:
    """One stage's part: "S", "VS" or "G", the address that went in, and the PTEs read."""

    stage: str
    address: int
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Translation:
    """What came of one translation.

    Attributes:
        address: the virtual address.
        access: kind and rights.
        physical: the supervisor physical address, or None when a trap would be raised.
        trap: that trap, or None.
        walks: in the order in which the hardware makes them; the G-stage walks of a VS-stage's PTEs stand between.
    """

    address: int
    access: Access
    physical: int | None
    trap: Trap | None
    walks: list[StageWalk]


class Probe:
    """A hart's eyes without its hands: has the words that translation uses; its PTE writes go nowhere.

    Args:
        hart: whose registers and memory are looked at.
        protected: whether PMP counts; a debugger's own look does without.
    """

    def __init__(self, hart: Hart, protected: bool = True) -> None:
        self.state: Any = hart.state
        self.config = hart.config
        self.walks: list[StageWalk] = []
        self._hart, self._protected = hart, protected

    def physical_refusal(self, address: int, size: int, kind: int, privilege: int) -> int:
        """Main memory must hold a page table; PMP is asked as the walk asks it, as supervisor."""
        if not self._hart.ram.contains(address, size):
            return Reason.NO_MEMORY
        if not self._protected:
            return Reason.NONE
        return self._hart.physical.table_refusal(address, size, kind)

    def pte_load(self, address: int) -> int:
        """Read a PTE."""
        return self._hart.physical.pte_load(address)

    def pte_store(self, address: int, value: int) -> None:
        """Remember what hardware would write; write nothing."""
        for walk in reversed(self.walks):
            if walk.steps and walk.steps[-1].where == address:
                last = walk.steps.pop()
                walk.steps.append(Step(last.level, last.slot, last.where, last.pte, value))
                return

    def staged(self, stage: str, address: int) -> None:
        """A stage begins; a G-stage inside a VS-stage ends when the VS-stage reads on."""
        self.walks.append(StageWalk(stage, address))

    def walked(self, stage: str, level: int, slot: int, where: int, pte: int) -> None:
        """A PTE was read: it belongs to the last walk of its stage."""
        walk = next(w for w in reversed(self.walks) if w.stage == stage)
        walk.steps.append(Step(level, slot, where, pte))


def probe(hart: Hart, address: int, access: Access, protected: bool = True) -> Translation:
    """Translate as ``access`` would, and say how it went. Nothing in the machine changes; nothing is raised."""
    eyes = Probe(hart, protected)
    try:
        physical = translate(eyes, address, access)
    except Trap as trap:
        return Translation(address, access, None, trap, eyes.walks)
    reason = hart.physical.refusal(physical, 1, access.kind, access.privilege) if protected else Reason.NONE
    if reason != Reason.NONE:
        return Translation(address, access, None, access_fault(access, address, 0, reason), eyes.walks)
    return Translation(address, access, physical, None, eyes.walks)
