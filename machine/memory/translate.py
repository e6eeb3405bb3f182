"""Virtual to physical: one stage with V=0, two with V=1 (hypervisor extension, "Two-Stage Address Translation")."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, bits, ite, routine, s, u
from machine.memory.access import LOAD, Access
from machine.memory.faults import PSEUDO_READ, PSEUDO_WRITE, access_fault, guest_page_fault, page_fault
from machine.memory.walk import Stage, walk
from machine.spec import status
from machine.spec.modes import M, S
from machine.spec.paging import BARE, SCHEMES
from machine.spec.rules import Reason

__all__ = ["first_stage", "g_stage", "g_stage_as", "translate"]

MODE_LOW, PPN_HIGH = 60, 43
VS_PTE_READ = Access(LOAD, S, 1, 0, 0, 0, 0)


@routine
def translate(h: Any, address: int, access: Access, offset: int = 0) -> int:
    """The supervisor physical address of ``address``, for an access that lies in one page.

    Args:
        h: the hart.
        address: a virtual address, 64 bits unsigned.
        access: kind and rights, from `machine.memory.access`.
        offset: distance from the address that the instruction names, for a misaligned access's second part.

    Raises:
        Trap: page fault, guest-page fault or access fault, with every value that its CSRs receive.
    """
    if access.privilege == M:
        return address
    if access.virtual:
        gpa = first_stage(h, address, access, offset)
        h.staged("G", gpa)
        return g_stage(h, gpa, access, address, offset, 0)
    return first_stage(h, address, access, offset)


@routine
def first_stage(h: Any, address: int, access: Access, offset: int) -> int:
    """Through satp (V=0) or vsatp (V=1): gives a physical or a guest physical address."""
    register = ite(access.virtual, h.state.vsatp, h.state.satp)
    mode, root = register >> MODE_LOW, bits(register, PPN_HIGH, 0)
    name = "VS" if access.virtual else "S"
    h.staged(name, address)
    if mode == BARE:
        return address

    def locate(slot: int, kind: int) -> int:
        if access.virtual:
            h.staged("G", slot)
            implicit = Access(access.kind, *VS_PTE_READ[1:])
            pseudo = PSEUDO_READ if kind == LOAD else PSEUDO_WRITE
            where = g_stage_as(h, slot, kind, implicit, address, offset, pseudo)
        else:
            where = slot
        return _reachable(h, where, kind, access, address, offset)

    def fault(reason: int) -> Any:
        return page_fault(access, address, offset, reason)

    enabled = ite(access.virtual, h.state.henvcfg, h.state.menvcfg)
    stage = Stage(name, locate, fault, bit(enabled, status.ENVCFG_ADUE), _memory_types(h, enabled), False)
    for scheme in SCHEMES:
        if mode == scheme.mode:
            if u(s(address, scheme.width)) != address:
                raise fault(Reason.ADDRESS_NOT_CANONICAL)
            return walk(h, address, root, scheme, 0, access, stage)
    raise AssertionError(f"satp or vsatp holds MODE {mode}, which its legalisation excludes")


@routine
def g_stage(h: Any, gpa: int, access: Access, address: int, offset: int, implicit: int) -> int:
    """Guest physical to supervisor physical through hgatp, for the access that ``access`` describes."""
    return g_stage_as(h, gpa, access.kind, access, address, offset, implicit)


def g_stage_as(h: Any, gpa: int, kind: int, access: Access, address: int, offset: int, implicit: int) -> int:
    """The G-stage with permissions of ``kind`` while faults name ``access``'s original type (rule H_vm_gpapriv)."""
    hgatp = h.state.hgatp
    mode, root = hgatp >> MODE_LOW, bits(hgatp, PPN_HIGH, 0)
    if mode == BARE:
        return gpa

    def locate(slot: int, pte_kind: int) -> int:
        return _reachable(h, slot, pte_kind, access, address, offset)

    def fault(reason: int) -> Any:
        return guest_page_fault(access, address, offset, gpa, implicit, reason)

    menvcfg = h.state.menvcfg
    stage = Stage("G", locate, fault, bit(menvcfg, status.ENVCFG_ADUE), _memory_types(h, menvcfg), True)
    for scheme in SCHEMES:
        if mode == scheme.mode:
            if gpa >> (scheme.width + 2) != 0:  # rules hgatp_mode_sv39x4, _sv48x4, _sv57x4
                raise fault(Reason.GPA_TOO_WIDE)
            return walk(h, gpa, root, scheme, 2, access._replace(kind=kind), stage)
    raise AssertionError(f"hgatp holds MODE {mode}, which its legalisation excludes")


def _reachable(h: Any, where: int, kind: int, access: Access, address: int, offset: int) -> int:
    """Step 2's check of a PTE's physical address: PMP as supervisor, and main memory behind it."""
    reason = h.physical_refusal(where, 8, kind, S)
    if reason != Reason.NONE:
        raise access_fault(access, address, offset, reason)
    return where


def _memory_types(h: Any, envcfg: int) -> int:
    """PBMTE: henvcfg's for the VS-stage (henvcfg_pbmte_op), menvcfg's for S- and G-stage (menvcfg_pbmte_op)."""
    return bit(envcfg, status.ENVCFG_PBMTE) if h.config.isa.has("Svpbmt") else 0
