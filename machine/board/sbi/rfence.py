"""Remote fences (SBI, "RFENCE Extension").

Harts take turns on one thread, so a remote fence is complete when the call returns. Every fence covers the whole
address space, which the manual allows and the address arguments therefore cannot make wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.board.sbi.abi import Call, Extension, Function, SbiError, SbiFailure, SbiHart
from machine.board.sbi.hart_mask import targets

__all__ = ["RFENCE"]

RFENCE = Extension(0x52464E43, "RFNC")

ASID_BITS, VMID_BITS = 16, 14


def _remote(fence: Callable[[SbiHart], None], *, identifier_bits: int = 64, hypervisor: bool = False) -> Function:
    """A function that has every hart of the mask execute ``fence``; a4 is an ASID or VMID of ``identifier_bits``."""

    def remote_fence(call: Call) -> int:
        if hypervisor and not call.platform.has_hypervisor:
            raise SbiFailure(SbiError.NOT_SUPPORTED)
        harts = targets(call, *call.arguments[:2])
        if call.arguments[4] >> identifier_bits:
            raise SbiFailure(SbiError.INVALID_PARAM)
        for hart in harts:
            fence(hart)
        return 0

    return remote_fence


RFENCE.functions = {
    0: _remote(lambda hart: hart.fence_i()),
    1: _remote(lambda hart: hart.sfence()),
    2: _remote(lambda hart: hart.sfence(), identifier_bits=ASID_BITS),
    3: _remote(lambda hart: hart.hfence_gvma(), identifier_bits=VMID_BITS, hypervisor=True),
    4: _remote(lambda hart: hart.hfence_gvma(), hypervisor=True),
    5: _remote(lambda hart: hart.hfence_vvma(), identifier_bits=ASID_BITS, hypervisor=True),
    6: _remote(lambda hart: hart.hfence_vvma(), hypervisor=True),
}
