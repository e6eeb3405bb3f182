"""Taking a trap: what each destination's CSRs receive (hypervisor extension, "Trap Entry").

Rules H_trap_m_csrwrites, H_trap_hs_csrwrites, H_trap_vs_csrwrites.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from machine.bits import bit, ite, routine
from machine.spec import status
from machine.spec.causes import INTERRUPT_BIT, Cause
from machine.spec.modes import M, S
from machine.trap.delegation import TO_HS, TO_M

__all__ = ["Arrival", "enter"]


class Arrival(NamedTuple):
    """The values that a trap delivers: cause code, 1 for an interrupt, xtval, guest physical address in bytes, GVA,
    the transformed instruction or pseudoinstruction, and what mtval2 has of a double trap: the cause register's value
    of the trap that was not expected."""

    cause: int
    interrupt: int
    tval: int
    gpa: int
    gva: int
    tinst: int
    first: int = 0


@routine
def enter(h: Any, to: int, arrival: Arrival) -> None:
    """Change the hart's state so that the handler of mode ``to`` runs next; ``h.pc`` is the trapped instruction."""
    code = arrival.cause | ite(arrival.interrupt, 1 << INTERRUPT_BIT, 0)
    if to == TO_M:
        _enter_m(h, code, arrival)
    elif to == TO_HS:
        _enter_hs(h, code, arrival)
    else:
        _enter_vs(h, code, arrival)
    h.context_changed()  # no interrupt becomes takeable by entering a handler, so none is looked for


def _pushed(value: int, enable: int, previous: int) -> int:
    """xPIE = xIE, xIE = 0."""
    cleared = value & ~(1 << enable | 1 << previous)
    return cleared | bit(value, enable) << previous


def _disabled(h: Any, envcfg: int) -> int:
    """SDT, which a trap sets where double traps are enabled (sstatus_sdt_trap)."""
    return bit(envcfg, status.ENVCFG_DTE) << status.SDT if h.config.isa.has("Ssdbltrp") else 0


def _vector(tvec: int, cause: int, interrupt: int) -> int:
    """Direct, or vectored for interrupts: BASE + 4 × cause."""
    base = tvec & ~3
    return base + ite((tvec & 3 == 1) & (interrupt == 1), 4 * cause, 0)


def _enter_m(h: Any, code: int, a: Arrival) -> None:
    state = h.state
    value = _pushed(state.mstatus, status.MIE, status.MPIE)
    value &= ~(3 << status.MPP | 1 << status.MPV | 1 << status.GVA)
    virtual = ite(state.priv == M, 0, state.virt)
    state.mstatus = value | state.priv << status.MPP | virtual << status.MPV | a.gva << status.GVA
    state.mepc, state.mcause, state.mtval = h.pc, code, a.tval
    state.mtval2, state.mtinst = ite(a.cause == Cause.DOUBLE_TRAP, a.first, a.gpa >> 2), a.tinst
    state.priv, state.virt = M, 0
    h.jump(_vector(state.mtvec, a.cause, a.interrupt))


def _enter_hs(h: Any, code: int, a: Arrival) -> None:
    state = h.state
    value = _pushed(state.mstatus, status.SIE, status.SPIE) & ~(1 << status.SPP)
    state.mstatus = value | state.priv << status.SPP | _disabled(h, state.menvcfg)
    hstatus = state.hstatus & ~(1 << status.HSTATUS_SPV | 1 << status.HSTATUS_GVA)
    spvp = 1 << status.HSTATUS_SPVP
    hstatus = ite(state.virt, hstatus & ~spvp | state.priv << status.HSTATUS_SPVP, hstatus)
    state.hstatus = hstatus | state.virt << status.HSTATUS_SPV | a.gva << status.HSTATUS_GVA
    state.sepc, state.scause, state.stval = h.pc, code, a.tval
    state.htval, state.htinst = a.gpa >> 2, a.tinst
    state.priv, state.virt = S, 0
    h.jump(_vector(state.stvec, a.cause, a.interrupt))


VS_SHIFT = 1
"""VS-level interrupts 2, 6, 10 are seen by the guest as 1, 5, 9 (rule hideleg_trans)."""


def _enter_vs(h: Any, code: int, a: Arrival) -> None:
    state = h.state
    value = _pushed(state.vsstatus, status.SIE, status.SPIE) & ~(1 << status.SPP)
    state.vsstatus = value | state.priv << status.SPP | _disabled(h, state.henvcfg)
    seen = a.cause - ite(a.interrupt, VS_SHIFT, 0)
    state.vsepc, state.vscause, state.vstval = h.pc, code - a.cause + seen, a.tval
    state.priv = S
    h.jump(_vector(state.vstvec, seen, a.interrupt))
