"""Hart state management (SBI, "Hart State Management Extension")."""

from __future__ import annotations

from machine.bits import u
from machine.board.sbi.abi import Call, Extension, HartStatus, SbiError, SbiFailure
from machine.board.sbi.hart_mask import hart_by_id

__all__ = ["HSM"]

HSM = Extension(0x48534D, "HSM")

RETENTIVE, NON_RETENTIVE = 0, 0x8000_0000
"""The default suspend types; this platform has no others."""

PARCEL = 2
"""Bytes of the shortest instruction: what a start address must hold, and be aligned to."""


def _check_code(call: Call, address: int) -> None:
    if address % PARCEL or not call.platform.has_memory(address, PARCEL):
        raise SbiFailure(SbiError.INVALID_ADDRESS)


@HSM.function(0)
def hart_start(call: Call) -> int:
    """Start a stopped hart in HS-mode at a physical address."""
    number, address, opaque = call.arguments[:3]
    hart = hart_by_id(call, number)
    _check_code(call, address)
    if hart.status != HartStatus.STOPPED:
        raise SbiFailure(SbiError.ALREADY_AVAILABLE)
    hart.start(address, opaque)
    return 0


@HSM.function(1)
def hart_stop(call: Call) -> None:
    """Stop the calling hart."""
    call.hart.stop()


@HSM.function(2)
def hart_get_status(call: Call) -> int:
    """The HSM state of a hart."""
    return hart_by_id(call, call.arguments[0]).status


@HSM.function(3)
def hart_suspend(call: Call) -> int | None:
    """Suspend the calling hart until an interrupt; the type is 32 bits wide."""
    kind, address, opaque = u(call.arguments[0], 32), *call.arguments[1:3]
    if kind == RETENTIVE:
        call.hart.suspend(None)
        return 0
    if kind != NON_RETENTIVE:
        raise SbiFailure(SbiError.INVALID_PARAM)
    _check_code(call, address)
    call.hart.suspend((address, opaque))
    return None
