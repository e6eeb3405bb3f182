"""Inter-processor interrupts (SBI, "IPI Extension")."""

from __future__ import annotations

from machine.board.sbi.abi import Call, Extension, HartStatus
from machine.board.sbi.hart_mask import targets

__all__ = ["IPI"]

IPI = Extension(0x735049, "sPI")


@IPI.function(0)
def send_ipi(call: Call) -> int:
    """A supervisor software interrupt at each hart of the mask; a stopped hart is the firmware's and gets none."""
    for hart in targets(call, *call.arguments[:2]):
        if hart.status != HartStatus.STOPPED:
            hart.set_ssip(True)
    return 0
