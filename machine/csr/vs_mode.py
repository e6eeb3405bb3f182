"""The VS CSRs, which V=1 puts in the place of HS-mode's (H_vscsrs_sub); vsip, vsie: `interrupts`."""

from __future__ import annotations

from typing import Any

from machine.csr.file import csr
from machine.csr.m_mode import Mstatus, double_trap_disable, with_dirty_summary, without_interrupts
from machine.csr.register import Csr
from machine.csr.shapes import Atp, Epc, TrapCause, Tvec, Whole
from machine.spec import status

__all__ = ["Vsatp", "Vsstatus"]


@csr
class Vsstatus(Csr, number=0x200):
    """The guest's sstatus, stored by itself (vsstatus_sz_acc_op); its SD knows its FS only (vsstatus_sd_xs_op)."""

    SD = Mstatus.SD
    UXL = Mstatus.UXL
    SDT = double_trap_disable("henvcfg")
    MXR = Mstatus.MXR
    SUM = Mstatus.SUM
    XS = Mstatus.XS
    FS = Mstatus.FS
    VS = Mstatus.VS
    SPP = Mstatus.SPP
    UBE = Mstatus.UBE
    SPIE = Mstatus.SPIE
    SIE = Mstatus.SIE

    initial = status.XL_64 << status.UXL

    def read(self, h: Any) -> int:
        return with_dirty_summary(h.state.vsstatus)

    def legalise(self, h: Any, old: int, new: int) -> int:
        return without_interrupts(super().legalise(h, old, new))

    def written(self, h: Any) -> None:
        h.context_changed()
        h.reconsider_interrupts()


@csr
class Vstvec(Tvec, number=0x205):
    """Trap vector of VS-mode (vstvec_sz_acc_op)."""


@csr
class Vsscratch(Whole, number=0x240):
    """A word for the guest's trap handler (vsscratch_sz_acc_op)."""


@csr
class Vsepc(Epc, number=0x241):
    """Where a trap into VS-mode came from (vspec_sz_acc_op, vsepc_warl)."""


@csr
class Vscause(TrapCause, number=0x242):
    """Why the trap into VS-mode happened (vscause_sz_acc_op, vscause_wlrl)."""


@csr
class Vstval(Whole, number=0x243):
    """Address or instruction of the trap (vstval_sz_acc_op, vstval_warl): any value."""


@csr
class Vsatp(Atp, number=0x280):
    """VS-stage address translation (vsatp_sz_acc_op).

    V=1 must ignore a write with an unsupported MODE and V=0 may: it is ignored in both
    (vsatp_mode_unsupported_v0, vsatp_mode_unsupported_v1).
    """
