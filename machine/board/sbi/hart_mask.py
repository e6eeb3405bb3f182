"""Which harts a call means (SBI, "Hart list parameter")."""

from __future__ import annotations

from machine.bits import bit
from machine.board.sbi.abi import Call, SbiError, SbiFailure, SbiHart

__all__ = ["hart_by_id", "targets"]

XLEN = 64
ALL = (1 << XLEN) - 1


def targets(call: Call, mask: int, base: int) -> list[SbiHart]:
    """The harts that ``mask`` names from hart ID ``base`` up; base −1 means all harts, whatever the mask.

    Raises SbiFailure(INVALID_PARAM) when a named hart does not exist.
    """
    if base == ALL:
        return list(call.harts)
    return [hart_by_id(call, base + place) for place in range(XLEN) if bit(mask, place)]


def hart_by_id(call: Call, number: int) -> SbiHart:
    """The hart of this ID. Raises SbiFailure(INVALID_PARAM) when there is none."""
    for hart in call.harts:
        if hart.id == number:
            return hart
    raise SbiFailure(SbiError.INVALID_PARAM)
