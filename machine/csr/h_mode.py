"""Registers of the hypervisor extension ("Hypervisor and Virtual Supervisor CSRs"); interrupts: `interrupts`."""

from __future__ import annotations

from typing import Any

from machine.csr.field import Field, flag, unless, warl
from machine.csr.file import csr
from machine.csr.m_mode import Mstatus, exception_fields
from machine.csr.register import Csr
from machine.csr.shapes import Whole, masking, xlen
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import S, U
from machine.spec.paging import BARE, SV39, SV48, SV57
from machine.spec.rules import Reason
from machine.trap.trap import illegal

__all__ = ["Hgatp", "Hstatus"]


@csr
class Hstatus(Csr, number=0x600):
    """Hypervisor status ("Hypervisor Status (hstatus) Register").

    VSXL is read-only 64 (vsxl_ro); VSBE is read-only little-endian; VGEIN holds 0 to GEILEN=63.
    """

    HUPMM = masking(status.HSTATUS_HUPMM, "Ssnpm")
    VSXL = xlen(status.HSTATUS_VSXL)
    VTSR = flag(status.HSTATUS_VTSR)
    VTW = flag(status.HSTATUS_VTW, legal=unless("virtual-instruction-2020"))
    VTVM = flag(status.HSTATUS_VTVM)
    VGEIN = Field(status.HSTATUS_VGEIN + status.HSTATUS_VGEIN_WIDTH - 1, status.HSTATUS_VGEIN)
    HU = flag(status.HSTATUS_HU)
    SPVP = flag(status.HSTATUS_SPVP).named(U=U, S=S)
    SPV = flag(status.HSTATUS_SPV)
    GVA = flag(status.HSTATUS_GVA)
    VSBE = flag(status.HSTATUS_VSBE, writable=False)

    initial = status.XL_64 << status.HSTATUS_VSXL

    def written(self, h: Any) -> None:
        h.context_changed()
        h.reconsider_interrupts()


@csr
class Hedeleg(Csr, number=0x602):
    """Exceptions that go on to VS-mode: writable or read-only zero as table hedeleg-bits asks (hedeleg_acc).

    Bits 18 and 19 are in the table although this machine never raises their exceptions. Bit 0 is free to choose.
    """

    more_fields = (
        *(flag(19, name="HARDWARE_ERROR"), flag(18, name="SOFTWARE_CHECK")),
        *exception_fields(
            *(c for c in Cause if c < Cause.ECALL_HS),
            *(Cause.FETCH_PAGE_FAULT, Cause.LOAD_PAGE_FAULT, Cause.STORE_PAGE_FAULT),
        ),
    )


@csr
class Htval(Whole, number=0x643):
    """Guest physical address of the trap, shifted right by 2 (htval_sz_acc_op, htval_val): any value."""


@csr
class Htinst(Whole, number=0x64A):
    """Transformed instruction of the trap (htinst_sz_acc_op, htinst_val): any value."""


def root_aligned(h: Any, old: int, new: int) -> int:
    """The root table of the G-stage is 16 KiB: PPN[1:0] are read-only zero (hgatp_ppn_op)."""
    return new & ~3


@csr
class Hgatp(Csr, number=0x680):
    """G-stage address translation ("Hypervisor Guest Address Translation and Protection (hgatp) Register").

    Each field is WARL by itself: an unsupported MODE leaves MODE as it was, and the rest is written
    (hgatp_mode_warl). VMIDLEN is 14 (hgatp_vmid). TVM guards it in HS-mode (hgatp_tvm_illegal).
    """

    MODE = Field(63, 60, warl(BARE, SV39, SV48, SV57)).named(Bare=BARE, Sv39x4=SV39, Sv48x4=SV48, Sv57x4=SV57)
    VMID = Field(57, 44)
    PPN = Field(43, 0, root_aligned)

    def gate_native(self, h: Any, write: bool) -> None:
        if Mstatus.TVM.get(h.state.mstatus) == 1:
            raise illegal(Reason.CSR_TVM)

    def written(self, h: Any) -> None:
        h.context_changed()
