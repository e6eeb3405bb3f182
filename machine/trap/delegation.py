"""Which mode takes a trap (hypervisor extension, "Trap Entry", rule H_trap_deleg)."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, ite, routine, u
from machine.spec import status
from machine.spec.modes import M, S

__all__ = ["TO_HS", "TO_M", "TO_VS", "destination", "unexpected"]

TO_M, TO_HS, TO_VS = M, S, S | 1 << 2
"""Destinations as `machine.spec.modes.Mode` values."""


@routine
def destination(h: Any, cause: int, interrupt: int) -> int:
    """`TO_M`, `TO_HS` or `TO_VS` for a cause code raised in the current mode.

    A trap never goes to a mode less privileged than the one it comes from; the cause codes of delegation registers
    are 0–63.
    """
    mask = 1 << u(cause, 6)
    medeleg = ite(interrupt, h.state.mideleg, h.state.medeleg)
    hedeleg = ite(interrupt, h.state.hideleg, h.state.hedeleg)
    if (h.state.priv == M) | (medeleg & mask == 0):
        return TO_M
    return ite((h.state.virt == 1) & (hedeleg & mask != 0), TO_VS, TO_HS)


@routine
def unexpected(h: Any, to: int) -> int:
    """1 where mode ``to`` cannot take a trap now: a double trap is delivered to M-mode instead (sstatus_sdt_trap)."""
    if not h.config.isa.has("Ssdbltrp"):
        return 0
    state = h.state
    guest = bit(state.henvcfg, status.ENVCFG_DTE) & bit(state.vsstatus, status.SDT)
    host = bit(state.menvcfg, status.ENVCFG_DTE) & bit(state.mstatus, status.SDT)
    return ite(to == TO_VS, guest, ite(to == TO_HS, host, 0))
