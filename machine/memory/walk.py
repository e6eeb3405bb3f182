"""The page walk, written once for both stages (privileged manual, "Virtual Address Translation Process").

A memory type (Svpbmt) is checked and has no further effect: this machine orders every access and caches nothing, which
is right for each type. A contiguous range (Svnapot) is translated page by page, each by its own entry.

The steps carry the manual's numbers. A walk is made for one scheme (levels are static, so a staging engine unrolls
it) and one stage; what differs between the stages is where a PTE lies and how a failure is reported, which the
caller passes as `Stage`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from machine.bits import bit, bits, ite, u
from machine.memory.access import FETCH, LOAD, STORE, Access
from machine.spec.paging import NAPOT_BITS, NAPOT_PPN, PAGE_SHIFT, Pte, Scheme
from machine.spec.rules import Reason
from machine.trap.trap import Trap

__all__ = ["Stage", "walk"]


class Stage(NamedTuple):
    """How one stage of translation reads its tables and fails.

    Attributes:
        name: "S", "VS" or "G", for observers.
        locate: table address and kind (LOAD or STORE) → the physical address of the PTE; raises where the implicit
            access may not be made.
        fault: reason → the stage's page fault.
        update: whether hardware sets A and D (Svadu, ADUE=1), else they fault (Svade).
        memory_types: whether PTEs may ask for a memory type (Svpbmt, PBMTE=1).
        user_only: the G-stage, which takes every access as a user's (rule H_vm_gpapriv).
    """

    name: str
    locate: Callable[[int, int], int]
    fault: Callable[[int], Trap]
    update: int
    memory_types: int
    user_only: bool


def walk(h: Any, address: int, root: int, scheme: Scheme, extra: int, access: Access, stage: Stage) -> int:
    """Translate ``address`` (already checked for width) and return the output address.

    Args:
        h: the hart (words: pte_load, pte_store, walked, and config).
        root: the root table's page number (PPN).
        scheme: levels.
        extra: additional index bits at the root: 2 for the x4 schemes, else 0.
        access: kind and rights.
        stage: this stage's ways.

    Raises:
        Trap: page fault, guest-page fault, or access fault of the original access type.
    """
    table = root << PAGE_SHIFT  # step 1
    for level in reversed(range(scheme.levels)):
        shift = PAGE_SHIFT + 9 * level
        index = bits(address, shift + 8 + (extra if level == scheme.levels - 1 else 0), shift)
        slot = table + 8 * index
        where = stage.locate(slot, LOAD)  # step 2
        pte = h.pte_load(where)
        h.walked(stage.name, level, slot, where, pte)
        _check_valid(pte, stage)  # step 3
        if (pte & (1 << Pte.R | 1 << Pte.X)) != 0:  # step 4
            _check_leaf(h, pte, level, access, stage)  # steps 5 to 8
            _check_accessed(h, pte, slot, where, access, stage)  # step 9
            return _output(h, pte, address, level)  # step 10
        _check_pointer(pte, stage)
        table = _page(pte)
    raise stage.fault(Reason.PTE_NO_LEAF)


def _page(pte: int) -> int:
    return bits(pte, Pte.PPN + Pte.PPN_BITS - 1, Pte.PPN) << PAGE_SHIFT


def _output(h: Any, pte: int, address: int, level: int) -> int:
    """The leaf's page with the address's offset; of a contiguous range, which the level-0 entry with N=1 is part of,
    the lowest bits of the page number are the address's too (rule Svnapot_implicit_read_ppn_subst)."""
    offset = (1 << PAGE_SHIFT + 9 * level) - 1
    if level == 0 and h.config.isa.has("Svnapot"):
        offset = ite(bit(pte, Pte.N), (1 << PAGE_SHIFT + NAPOT_BITS) - 1, offset)
    return (_page(pte) & ~offset) | (address & offset)


def _check_valid(pte: int, stage: Stage) -> None:
    if bit(pte, Pte.V) == 0:
        raise stage.fault(Reason.PTE_INVALID)
    reserved = (bit(pte, Pte.W) == 1) & (bit(pte, Pte.R) == 0)
    reserved = reserved | (u(pte >> Pte.RESERVED_LOW, Pte.RESERVED_BITS) != 0)
    if reserved:
        raise stage.fault(Reason.PTE_RESERVED)


def _check_pointer(pte: int, stage: Stage) -> None:
    """What is reserved in a pointer to the next table."""
    if (pte & (1 << Pte.U | 1 << Pte.A | 1 << Pte.D)) != 0:
        raise stage.fault(Reason.PTE_RESERVED)
    if pte >> Pte.PBMT != 0:
        raise stage.fault(ite(bit(pte, Pte.N), Reason.PTE_NAPOT, Reason.PTE_MEMORY_TYPE))


def _check_extended(h: Any, pte: int, level: int, stage: Stage) -> None:
    """Bits 63:61 of a leaf: valid where Svnapot and Svpbmt are there, and PBMTE=1, and reserved elsewhere."""
    contiguous = h.config.isa.has("Svnapot") and level == 0
    if (bit(pte, Pte.N) == 1) & ((u(pte >> Pte.PPN, NAPOT_BITS) != NAPOT_PPN) | (not contiguous)):
        raise stage.fault(Reason.PTE_NAPOT)
    kind = u(pte >> Pte.PBMT, Pte.PBMT_BITS)
    if (kind == 3) | (kind != 0) & (stage.memory_types == 0):
        raise stage.fault(Reason.PTE_MEMORY_TYPE)


def _check_leaf(h: Any, pte: int, level: int, access: Access, stage: Stage) -> None:
    _check_extended(h, pte, level, stage)
    if level > 0 and u(pte >> Pte.PPN, 9 * level) != 0:  # step 5
        raise stage.fault(Reason.PTE_MISALIGNED)
    user = bit(pte, Pte.U)  # step 6
    if stage.user_only or access.privilege == 0:
        if user == 0:
            raise stage.fault(Reason.PTE_NOT_USER_G if stage.user_only else Reason.PTE_NOT_USER)
    elif (user == 1) & ((access.kind == FETCH) | (access.user_pages == 0)):
        raise stage.fault(Reason.PTE_USER)
    _check_permission(pte, access, stage)  # step 8


def _check_permission(pte: int, access: Access, stage: Stage) -> None:
    executable = bit(pte, Pte.X)
    if access.kind == FETCH:
        if executable == 0:
            raise stage.fault(Reason.PTE_NO_EXECUTE)
    elif access.kind == STORE:
        if bit(pte, Pte.W) == 0:
            raise stage.fault(Reason.PTE_NO_WRITE)
    else:
        mxr = access.readable_code_g if stage.user_only else access.readable_code
        readable = bit(pte, Pte.R) | executable & mxr
        if ite(access.execute, executable, readable) == 0:  # HLVX (rule hlsv_u_op)
            raise stage.fault(ite(access.execute, Reason.PTE_NO_EXECUTE, Reason.PTE_NO_READ))


def _check_accessed(h: Any, pte: int, slot: int, where: int, access: Access, stage: Stage) -> None:
    dirty = ite(access.kind == STORE, 1 << Pte.D, 0)
    wanted = 1 << Pte.A | dirty
    if (pte & wanted) == wanted:
        return
    if stage.update == 0:
        raise stage.fault(ite(bit(pte, Pte.A) == 0, Reason.PTE_NOT_ACCESSED, Reason.PTE_NOT_DIRTY))
    stage.locate(slot, STORE)
    h.pte_store(where, pte | wanted)
