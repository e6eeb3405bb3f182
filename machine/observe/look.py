"""A translation with what stands at its end: the access itself, as wide as what answers there is narrow.

`machine.observe.probe` asks for one byte, which a device of wider registers does not answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from machine.memory.access import Access
from machine.memory.faults import access_fault
from machine.memory.pointers import effective_address
from machine.memory.ram import Ram
from machine.observe.probe import StageWalk, Translation, probe
from machine.observe.staircase import is_leaf, page_of, page_size, staircase
from machine.spec.causes import Cause
from machine.spec.paging import BARE
from machine.spec.rules import Reason

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["look", "reached"]

MODE_LOW = 60
ACCESS_FAULTS = (Cause.FETCH_ACCESS, Cause.LOAD_ACCESS, Cause.STORE_ACCESS)


def look(hart: Hart, address: int, access: Access) -> Translation:
    """Translate as ``access`` would and ask whether it may be made where it leads. Nothing changes or is raised.

    Pointer masking, if the access is subject to it, comes first: the translation is of the address that remains.
    """
    address = effective_address(hart, address, access)
    translation = probe(hart, address, access)
    physical = reached(hart, translation)
    if physical is None:
        return translation
    reason = hart.physical.refusal(physical, _width(hart, physical), access.kind, access.privilege)
    if reason == Reason.NONE:
        return replace(translation, physical=physical, trap=None)
    return replace(translation, physical=None, trap=access_fault(access, address, 0, reason))


def reached(hart: Hart, translation: Translation) -> int | None:
    """The physical address that the walk came to, whether the access may be made there or not.

    None when the walk itself failed: at a PTE, or at reading one.
    """
    trap = translation.trap
    if trap is None:
        return translation.physical
    if trap.cause not in ACCESS_FAULTS:
        return None
    placed = staircase(hart, translation)
    if placed.first is None:
        return translation.address
    if translation.access.virtual:
        return _end(placed.last, hart.state.hgatp) if placed.last else None
    return _end(placed.first, hart.state.satp)


def _end(walk: StageWalk, register: int) -> int | None:
    """What a stage makes of its address."""
    if register >> MODE_LOW == BARE:
        return walk.address
    last = walk.steps[-1] if walk.steps else None
    if last is None or not is_leaf(last.pte):
        return None
    inside = page_size(last.pte, last.level) - 1
    return page_of(last.pte) | walk.address & inside


def _width(hart: Hart, physical: int) -> int:
    """Bytes of the narrowest access that can be made there."""
    region = hart.bus.find(physical)
    return 1 if region is None or isinstance(region.target, Ram) else region.target.widths[0]
