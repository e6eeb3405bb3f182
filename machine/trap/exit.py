"""MRET and SRET: the change of state, once the instruction has been allowed (hypervisor extension, "Trap Return")."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, bits, ite, routine
from machine.spec import status
from machine.spec.modes import M, U

__all__ = ["return_from_m", "return_from_s"]


def _popped(value: int, enable: int, previous: int) -> int:
    """xIE = xPIE, xPIE = 1."""
    return value & ~(1 << enable) | bit(value, previous) << enable | 1 << previous


@routine
def return_from_m(h: Any) -> None:
    """MRET (rule mret_h); a return to a mode less privileged than M clears MPRV."""
    state = h.state
    value = state.mstatus
    mpp = bits(value, status.MPP + 1, status.MPP)
    mpv = ite(mpp == M, 0, bit(value, status.MPV))
    value = _popped(value, status.MIE, status.MPIE) & ~(3 << status.MPP | 1 << status.MPV)
    state.mstatus = ite(mpp == M, value, value & ~(1 << status.MPRV))
    state.priv, state.virt = mpp, mpv
    h.jump(state.mepc)
    h.context_changed()
    h.reconsider_interrupts()


@routine
def return_from_s(h: Any) -> None:
    """SRET in M- or HS-mode (rule sret_v0) and in VS-mode (rule sret_v1); it clears SDT (sstatus_sdt_sret)."""
    if h.state.virt:
        _return_from_vs(h)
    else:
        _return_from_hs(h)
    h.context_changed()
    h.reconsider_interrupts()


def _return_from_vs(h: Any) -> None:
    state = h.state
    value = state.vsstatus
    spp = bit(value, status.SPP)
    state.vsstatus = _popped(value, status.SIE, status.SPIE) & ~(1 << status.SPP | 1 << status.SDT)
    state.mstatus = state.mstatus & ~(1 << status.MPRV)
    state.priv = spp
    h.jump(state.vsepc)


def _return_from_hs(h: Any) -> None:
    state = h.state
    value, hstatus = state.mstatus, state.hstatus
    spp, spv = bit(value, status.SPP), bit(hstatus, status.HSTATUS_SPV)
    value = _popped(value, status.SIE, status.SPIE) & ~(1 << status.SPP | 1 << status.MPRV | 1 << status.SDT)
    state.mstatus = value  # SPP names S or U, so MPRV is cleared in any case
    state.hstatus = hstatus & ~(1 << status.HSTATUS_SPV)
    if h.config.isa.has("Ssdbltrp"):  # HS-mode's return to VU-mode concerns the guest's status, too (sret_dt)
        to_guest = ite((state.priv != M) & (spv == 1) & (spp == U), 1 << status.SDT, 0)
        state.vsstatus = state.vsstatus & ~to_guest
    state.priv, state.virt = spp, spv
    h.jump(state.sepc)
