"""Environment configuration: what lower modes may use (menvcfg, henvcfg, senvcfg).

Not implemented, so read-only zero and not declared: Zicfilp's LPE, Zicfiss' SSE and Smcdeleg's CDE.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bit
from machine.csr.field import flag, needs, pair, warl
from machine.csr.file import csr
from machine.csr.register import Csr
from machine.csr.shapes import masking
from machine.csr.stateen import ENVCFG, StateControlled
from machine.spec import status

__all__ = ["Henvcfg", "Menvcfg", "Senvcfg"]


class Envcfg(Csr):
    """What all three have. FIOM orders nothing further here: every access is already in order."""

    CBZE = flag(status.ENVCFG_CBZE, legal=needs("Zicboz"))
    CBCFE = flag(status.ENVCFG_CBCFE, legal=needs("Zicbom"))
    CBIE = pair(status.ENVCFG_CBIE, legal=needs("Zicbom", warl(0, 1, 3)))
    FIOM = flag(status.ENVCFG_FIOM)


class TranslatingEnvcfg(Envcfg):
    """What menvcfg and henvcfg have: timers (Sstc), memory types (Svpbmt), page-table updates (Svadu), double traps."""

    STCE = flag(status.ENVCFG_STCE, legal=needs("Sstc"))
    PBMTE = flag(status.ENVCFG_PBMTE, legal=needs("Svpbmt"))
    ADUE = flag(status.ENVCFG_ADUE, legal=needs("Svadu"))
    DTE = flag(status.ENVCFG_DTE, legal=needs("Ssdbltrp"))

    def written(self, h: Any) -> None:
        if h.config.isa.has("Ssdbltrp"):
            forget_disabled(h)
        h.context_changed()
        h.reconsider_interrupts()


def forget_disabled(h: Any) -> None:
    """Where DTE is 0, SDT is read-only zero (menvcfg_dte_op, henvcfg_dte_op): it is cleared for good."""
    state = h.state
    state.mstatus = state.mstatus & ~(1 - bit(state.menvcfg, status.ENVCFG_DTE) << status.SDT)
    state.vsstatus = state.vsstatus & ~(1 - bit(state.henvcfg, status.ENVCFG_DTE) << status.SDT)


NEEDS_MENVCFG = sum(1 << n for n in (status.ENVCFG_STCE, status.ENVCFG_PBMTE, status.ENVCFG_ADUE, status.ENVCFG_DTE))
"""Bits of henvcfg that are read-only zero while menvcfg's are zero."""


@csr
class Menvcfg(TranslatingEnvcfg, number=0x30A):
    """For the modes below M (menvcfg_op).

    Clearing STCE, PBMTE, ADUE or DTE here clears it in henvcfg for good, so that henvcfg's stored value is always the
    one in effect. When the bit becomes writable again its value is UNSPECIFIED ("CSR Field Modulation"): it stays zero.
    """

    PMM = masking(status.ENVCFG_PMM, "Smnpm")

    def written(self, h: Any) -> None:
        h.state.henvcfg = h.state.henvcfg & ~NEEDS_MENVCFG | h.state.henvcfg & h.state.menvcfg & NEEDS_MENVCFG
        super().written(h)


@csr
class Henvcfg(StateControlled, TranslatingEnvcfg, number=0x60A):
    """For VS-mode and VU-mode (henvcfg_sz_acc_op).

    STCE, PBMTE, ADUE and DTE need menvcfg's (menvcfg_stce_op2, menvcfg_pbmte_henvcfg_pbmte_rdonly0, menvcfg_dte_op).
    """

    enable = ENVCFG

    PMM = masking(status.ENVCFG_PMM, "Ssnpm")

    def legalise(self, h: Any, old: int, new: int) -> int:
        allowed: int = h.state.menvcfg | ~NEEDS_MENVCFG
        return super().legalise(h, old, new) & allowed


@csr
class Senvcfg(StateControlled, Envcfg, number=0x10A):
    """For U-mode and, while V=1, VU-mode: it has no VS twin (senvcfg, H_scsrs_nomatch)."""

    enable = ENVCFG

    PMM = masking(status.ENVCFG_PMM, "Ssnpm")

    def written(self, h: Any) -> None:
        h.context_changed()
