"""Registers of HS-mode that VS-mode has twins of (privileged manual, "Supervisor CSRs"); sip, sie: `interrupts`."""

from __future__ import annotations

from typing import Any

from machine.csr.file import csr
from machine.csr.h_mode import Hstatus
from machine.csr.m_mode import Mstatus
from machine.csr.register import View
from machine.csr.shapes import Atp, Epc, TrapCause, Tvec, Whole
from machine.spec.rules import Reason
from machine.trap.trap import illegal, virtual_instruction

__all__ = ["Satp", "Sstatus"]


@csr
class Sstatus(View, number=0x100, guest="vsstatus"):
    """The fields of mstatus that concern HS-mode and U-mode (sstatus)."""

    SD = Mstatus.SD
    UXL = Mstatus.UXL
    SDT = Mstatus.SDT
    MXR = Mstatus.MXR
    SUM = Mstatus.SUM
    XS = Mstatus.XS
    FS = Mstatus.FS
    VS = Mstatus.VS
    SPP = Mstatus.SPP
    UBE = Mstatus.UBE
    SPIE = Mstatus.SPIE
    SIE = Mstatus.SIE

    base = Mstatus()
    mask = sum(f.mask for f in (SD, UXL, SDT, MXR, SUM, XS, FS, VS, SPP, UBE, SPIE, SIE))


@csr
class Stvec(Tvec, number=0x105, guest="vstvec"):
    """Trap vector of HS-mode (stvec, stvec_op)."""


@csr
class Sscratch(Whole, number=0x140, guest="vsscratch"):
    """A word for HS-mode's trap handler (sscratch)."""


@csr
class Sepc(Epc, number=0x141, guest="vsepc"):
    """Where a trap into HS-mode came from (sepc)."""


@csr
class Scause(TrapCause, number=0x142, guest="vscause"):
    """Why the trap into HS-mode happened (scause)."""


@csr
class Stval(Whole, number=0x143, guest="vstval"):
    """Address or instruction of the trap (stval, stval_acc): any value."""


@csr
class Satp(Atp, number=0x180, guest="vsatp"):
    """Address translation of HS-mode and U-mode (satp).

    TVM guards it in HS-mode and VTVM in VS-mode, where it is vsatp (mstatus_tvm_warl_op, hstatus_vtvm_op).
    """

    def gate_native(self, h: Any, write: bool) -> None:
        if Mstatus.TVM.get(h.state.mstatus) == 1:
            raise illegal(Reason.CSR_TVM)

    def gate_virtual(self, h: Any, write: bool) -> None:
        if Hstatus.VTVM.get(h.state.hstatus) == 1:
            raise virtual_instruction(Reason.VS_FENCE_SATP_VTVM)
