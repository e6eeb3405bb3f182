"""What kind of access is translated, and with whose rights.

An `Access` says everything that decides about permission; it is made once per access from the hart's state, so that
the walk itself asks nobody (manual: MPRV in "Memory Privilege in mstatus Register", "Hypervisor Virtual-Machine Load
and Store Instructions").
"""

from __future__ import annotations

from typing import Any, NamedTuple

from machine.bits import bit, bits, ite
from machine.spec import status
from machine.spec.modes import M, S, U

__all__ = [
    *("FETCH", "LOAD", "STORE", "Access", "as_mode", "data_access", "fetch_access", "guest_access", "masked"),
    "pointer_masking",
]

FETCH, LOAD, STORE = 0, 1, 2
"""Kinds; STORE stands for AMO too."""


class Access(NamedTuple):
    """One access, reduced to what the permission checks need.

    Attributes:
        kind: `FETCH`, `LOAD` or `STORE`: the original access type, which names the exception.
        privilege: effective nominal privilege (0, 1, 3).
        virtual: effective V.
        user_pages: 1 when a privileged load or store may touch user pages (SUM of the stage in force).
        readable_code: 1 when MXR of the first stage makes executable pages readable.
        readable_code_g: 1 when HS-level MXR does so for the G-stage.
        execute: 1 for HLVX: execute permission stands in for read permission.
        masking: what PMM says of the address (`machine.memory.pointers`): `status.PMM_OFF`, or which upper bits go.
    """

    kind: int
    privilege: int
    virtual: int
    user_pages: int
    readable_code: int
    readable_code_g: int
    execute: int
    masking: int = status.PMM_OFF


def as_mode(h: Any, kind: int, privilege: int, virtual: int, execute: int = 0) -> Access:
    """An access of the given kind as the mode (privilege, V) makes it, with the MXR and SUM bits of the moment."""
    mstatus, vsstatus = h.state.mstatus, h.state.vsstatus
    mxr = bit(mstatus, status.MXR)
    return Access(
        kind,
        privilege,
        virtual,
        ite(virtual, bit(vsstatus, status.SUM), bit(mstatus, status.SUM)),
        ite(virtual, mxr | bit(vsstatus, status.MXR), mxr),
        mxr,
        execute,
    )


def fetch_access(h: Any) -> Access:
    """An instruction fetch of the current mode."""
    return as_mode(h, FETCH, h.state.priv, h.state.virt)


def data_access(h: Any, kind: int) -> Access:
    """An explicit load or store of the current mode, as MPRV, MPV and MPP make it (rule mstatus_mprv_hypervisor)."""
    mstatus = h.state.mstatus
    modified = bit(mstatus, status.MPRV)
    mpp = bits(mstatus, status.MPP + 1, status.MPP)
    privilege = ite(modified, mpp, h.state.priv)
    mpv = ite(mpp == M, 0, bit(mstatus, status.MPV))
    return masked(h, as_mode(h, kind, privilege, ite(modified, mpv, h.state.virt)))


def guest_access(h: Any, kind: int, execute: int) -> Access:
    """HLV, HLVX, HSV: V=1 with the privilege that hstatus.HSTATUS_SPVP names, overriding MPRV (rule hlsv_priv).

    The HS-level SUM is ignored (rule hlsv_trans); vsstatus.SUM is in force as in VS-mode.
    """
    hstatus = h.state.hstatus
    spvp = bit(hstatus, status.HSTATUS_SPVP)
    access = as_mode(h, kind, ite(spvp, S, U), 1, execute)
    if execute:
        return access  # the accesses of HLVX stand for fetches: no pointer masking
    by_user = (h.state.priv == U) & (spvp == 0)
    hupmm = bits(hstatus, status.HSTATUS_HUPMM + 1, status.HSTATUS_HUPMM)
    return _masked(access, ite(by_user, hupmm, pointer_masking(h.state, access.privilege, 1)))


def masked(h: Any, access: Access) -> Access:
    """An explicit access with the pointer masking of its effective mode (pm_apply_explicit, pm_mprv_spvp)."""
    return _masked(access, pointer_masking(h.state, access.privilege, access.virtual))


def _masked(access: Access, masking: int) -> Access:
    """MXR ends it below M-mode, for loads and stores alike (pm_mxr_exception)."""
    readable = (access.readable_code == 1) & (access.privilege != M)
    return access._replace(masking=ite(readable, status.PMM_OFF, masking))


def pointer_masking(state: Any, privilege: int, virtual: int) -> int:
    """PMM for a mode, from the register of the next higher one (pm_config_next_higher)."""
    supervisor = ite(virtual, state.henvcfg, state.menvcfg)
    register = ite(privilege == M, state.mseccfg, ite(privilege == U, state.senvcfg, supervisor))
    return bits(register, status.ENVCFG_PMM + 1, status.ENVCFG_PMM)
