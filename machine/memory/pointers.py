"""Pointer masking: which address an explicit access is made at (privileged manual, "Pointer Masking Extensions").

The address of a load, store, atomic or cache-block instruction is transformed before anything else is done with it:
translation, protection, watchpoints and traps see the transformed one. Fetches, page tables' addresses and fences' are
not transformed.
"""

from __future__ import annotations

from typing import Any

from machine.bits import ite, routine, s, u
from machine.memory.access import Access
from machine.spec import status
from machine.spec.modes import M
from machine.spec.paging import BARE

__all__ = ["effective_address"]

MODE_LOW = 60


@routine
def effective_address(h: Any, address: int, access: Access) -> int:
    """The address without its masked bits: a virtual address has copies of the bit below them there, a physical one
    (of M-mode, or where satp or vsatp is Bare) zeros (rules pm_ignore_va, pm_ignore_pa)."""
    if access.masking == status.PMM_OFF:
        return address
    register = ite(access.virtual, h.state.vsatp, h.state.satp)
    virtual = (access.privilege != M) & (register >> MODE_LOW != BARE)
    return ite(access.masking == status.PMM_16, _ignore(address, 48, virtual), _ignore(address, 57, virtual))


def _ignore(address: int, width: int, virtual: int) -> int:
    """The address made of its lowest ``width`` bits."""
    return ite(virtual, u(s(address, width)), u(address, width))
