"""A translation as people draw it: the first stage's PTEs, each with the G-stage walk that led to it, then the last
G-stage walk.

`machine.observe.probe` records walks in the order in which the hardware makes them; here they find their places.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from machine.memory.faults import PSEUDO_WRITE
from machine.observe.probe import StageWalk, Step, Translation
from machine.spec.paging import BARE, MEMORY_TYPES, NAPOT_BITS, PAGE_SHIFT, Pte

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Rung", "Staircase", "is_leaf", "memory_type", "page_of", "page_size", "staircase"]

MODE_LOW = 60

LEAF = 1 << Pte.R | 1 << Pte.X


@dataclass
class Rung:
    """One PTE of the first stage.

    Attributes:
        slot: its address as the stage names it.
        step: what was read there, or None when the G-stage did not get that far.
        served_by: the G-stage walk of its address, or None with one stage only.
        update: the G-stage walk of hardware's write of A and D, or None.
    """

    slot: int
    step: Step | None = None
    served_by: StageWalk | None = None
    update: StageWalk | None = None


@dataclass
class Staircase:
    """Both stages in their places.

    Attributes:
        first: the S- or VS-stage's walk; None for an M-mode access.
        rungs: its PTEs, none when the stage is Bare.
        last: the G-stage's walk of the guest physical address that came out, or None.
    """

    first: StageWalk | None
    rungs: list[Rung] = field(default_factory=list)
    last: StageWalk | None = None


def is_leaf(pte: int) -> bool:
    """Whether a valid PTE maps a page."""
    return pte & LEAF != 0


def page_of(pte: int) -> int:
    """The address in a PTE: of the page, or of the contiguous range that it is part of, or of the next table."""
    page = (pte >> Pte.PPN & (1 << Pte.PPN_BITS) - 1) << PAGE_SHIFT
    return page & -page_size(pte, 0) if is_leaf(pte) else page


def page_size(pte: int, level: int) -> int:
    """Bytes of what a leaf at ``level`` maps: a page, or a contiguous range (Svnapot)."""
    return 1 << PAGE_SHIFT + (NAPOT_BITS if pte >> Pte.N & 1 else 9 * level)


def memory_type(pte: int) -> str:
    """What a PTE asks of memory beyond the physical attributes (Svpbmt): "NC", "IO", or "" for nothing."""
    kind = pte >> Pte.PBMT & (1 << Pte.PBMT_BITS) - 1
    return MEMORY_TYPES[kind] if 0 < kind < len(MEMORY_TYPES) else ""


def staircase(hart: Hart, translation: Translation) -> Staircase:
    """Put the walks of a translation that ``hart`` has just made in their places."""
    if not translation.walks:
        return Staircase(None)
    first, *second = translation.walks
    placed = Staircase(first, [Rung(step.slot, step) for step in first.steps])
    register = hart.state.vsatp if translation.access.virtual else hart.state.satp
    bare = register >> MODE_LOW == BARE
    for walk in second:
        _place(placed, walk, translation, bare)
    return placed


def _place(placed: Staircase, walk: StageWalk, translation: Translation, bare: bool) -> None:
    """The hardware's order: one walk for each PTE, perhaps one to write the leaf back, one for the result."""
    waiting = next((rung for rung in placed.rungs if rung.served_by is None), None)
    if waiting is not None:
        waiting.served_by = walk
    elif not bare and _goes_on(placed):
        placed.rungs.append(Rung(walk.address, served_by=walk))
    elif _writes_back(placed, walk, translation):
        placed.rungs[-1].update = walk
    else:
        placed.last = walk


def _goes_on(placed: Staircase) -> bool:
    """Whether another PTE of the first stage is due: the root's, or the one that the last pointer leads to."""
    step = placed.rungs[-1].step if placed.rungs else None
    return step is None or not is_leaf(step.pte)


def _writes_back(placed: Staircase, walk: StageWalk, translation: Translation) -> bool:
    rung = placed.rungs[-1] if placed.rungs else None
    if rung is None or rung.step is None or rung.update is not None or walk.address != rung.slot:
        return False
    refused = translation.trap is not None and translation.trap.tinst == PSEUDO_WRITE
    return rung.step.updated is not None or refused
