"""The exceptions of a memory access, each with what the manual has its CSRs receive."""

from __future__ import annotations

from machine.bits import ite
from machine.memory.access import FETCH, LOAD, Access
from machine.spec.causes import Cause
from machine.trap.trap import Trap

__all__ = ["PSEUDO_READ", "PSEUDO_WRITE", "access_fault", "guest_page_fault", "misaligned", "page_fault"]

PSEUDO_READ, PSEUDO_WRITE = 0x3000, 0x3020
"""Pseudoinstructions of an implicit 64-bit access for VS-stage translation (rule H_trap_xtinst_guestpage)."""


def _by_kind(kind: int, fetch: int, load: int, store: int) -> int:
    return ite(kind == FETCH, fetch, ite(kind == LOAD, load, store))


def _explicit(kind: int) -> int:
    """A fetch has no instruction to transform."""
    return ite(kind == FETCH, 0, Trap.EXPLICIT)


def page_fault(access: Access, address: int, offset: int, reason: int) -> Trap:
    """Page fault of the first stage: satp's, or with V=1 vsatp's.

    Args:
        access: what was tried.
        address: the faulting virtual address.
        offset: its distance from the address that the instruction names (misaligned accesses only).
        reason: the step that failed.
    """
    cause = _by_kind(access.kind, Cause.FETCH_PAGE_FAULT, Cause.LOAD_PAGE_FAULT, Cause.STORE_PAGE_FAULT)
    tinst = _explicit(access.kind)
    return Trap(cause, address, gva=access.virtual, tinst=tinst, offset=offset, reason=reason)


def guest_page_fault(access: Access, address: int, offset: int, gpa: int, implicit: int, reason: int) -> Trap:
    """G-stage fault (rule H_guest_page_fault); ``implicit`` is 0 or the pseudoinstruction of the implicit access."""
    cause = _by_kind(
        access.kind, Cause.FETCH_GUEST_PAGE_FAULT, Cause.LOAD_GUEST_PAGE_FAULT, Cause.STORE_GUEST_PAGE_FAULT
    )
    tinst = ite(implicit != 0, implicit, _explicit(access.kind))
    return Trap(cause, address, gpa=gpa, gva=1, tinst=tinst, offset=offset, reason=reason)


def access_fault(access: Access, address: int, offset: int, reason: int) -> Trap:
    """Access fault: physical protection or absent memory, in the access itself or in its walk."""
    cause = _by_kind(access.kind, Cause.FETCH_ACCESS, Cause.LOAD_ACCESS, Cause.STORE_ACCESS)
    tinst = _explicit(access.kind)
    return Trap(cause, address, gva=access.virtual, tinst=tinst, offset=offset, reason=reason)


def misaligned(access: Access, address: int, reason: int) -> Trap:
    """Load or store/AMO address misaligned."""
    cause = _by_kind(access.kind, Cause.FETCH_MISALIGNED, Cause.LOAD_MISALIGNED, Cause.STORE_MISALIGNED)
    return Trap(cause, address, gva=access.virtual, tinst=_explicit(access.kind), reason=reason)
