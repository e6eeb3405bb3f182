"""Registers of M-mode: identity, status, delegation of exceptions, its trap (manual, "Machine-Level CSRs")."""

from __future__ import annotations

from typing import Any

from machine.bits import bit
from machine.csr.field import Field, flag, needs, pair, warl
from machine.csr.file import csr
from machine.csr.register import Constant, Csr
from machine.csr.shapes import Epc, TrapCause, Tvec, Whole, context_status, xlen
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import M, S, U

__all__ = [
    "DIRTY_SUMMARY",
    "Mstatus",
    "double_trap_disable",
    "exception_fields",
    "with_dirty_summary",
    "without_interrupts",
]


@csr
class Mvendorid(Constant, number=0xF11):
    """JEDEC manufacturer: 0, not a commercial implementation (mvendorid_always_rd)."""


@csr
class Marchid(Constant, number=0xF12):
    """Architecture: 0, not allocated (marchid_always_rd)."""


@csr
class Mimpid(Constant, number=0xF13):
    """Implementation: 0, not implemented (mimpid_always_rd)."""


@csr
class Mhartid(Csr, number=0xF14):
    """The hart's number, which whoever builds the hart stores in its state (mhartid_sz_acc_op)."""

    def reset(self, h: Any) -> None:
        """Nothing: a hart keeps its number."""


@csr
class Mconfigptr(Constant, number=0xF15):
    """Address of a configuration structure: 0, there is none (mconfigptr_val)."""


@csr
class Misa(Csr, number=0x301):
    """The ISA: MXL=64 and the hart's letters; WARL, and every write is ignored (misa_extensions_warl_op)."""

    MXL = xlen(62)
    more_fields = tuple(flag(ord(x) - ord("A"), writable=False, name=x) for x in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    def reset(self, h: Any) -> None:
        """The letters of what is implemented (misa_extensions_rst2)."""
        h.state.misa = status.XL_64 << 62 | sum(1 << f.low for f in self.more_fields if h.config.isa.has(f.name))


DIRTY_SUMMARY = 1 << status.SD


def with_dirty_summary(value: int) -> int:
    """``value`` of a status register with SD, which is derived: FS is the only unit with state (mstatus_sd_op1).

    FS=Dirty is 3, so SD is the AND of its two bits.
    """
    return value | (value >> status.FS & value >> status.FS + 1 & 1) << status.SD


def double_trap_disable(envcfg: str) -> Field:
    """SDT: read-only zero while DTE of menvcfg or henvcfg is 0 (sstatus_sdt, vsstatus_sdt_op)."""

    def legal(h: Any, old: int, new: int) -> int:
        if not h.config.isa.has("Ssdbltrp"):
            return 0
        return new & bit(getattr(h.state, envcfg), status.ENVCFG_DTE)

    return flag(status.SDT, legal=legal)


def without_interrupts(value: int) -> int:
    """A status register as software has written it: SDT=1 clears SIE (sstatus_sdt_sstatus_sie_overwrite)."""
    return value & ~(bit(value, status.SDT) << status.SIE)


@csr
class Mstatus(Csr, number=0x300):
    """Machine status ("Machine Status (mstatus and mstatush) Registers" of both chapters).

    Little-endian only, XLEN=64 in every mode, no V: MBE, SBE, UBE, SXL, UXL, VS and XS are read-only; FS too on a hart
    without F. MPP is WARL: the reserved value 2 leaves it as it was (mstatus_xpp_warl). SD is not stored.
    """

    SD = flag(status.SD, writable=False)
    MPV = flag(status.MPV)
    GVA = flag(status.GVA)
    MBE = flag(status.MBE, writable=False)
    SBE = flag(status.SBE, writable=False)
    SXL = xlen(status.SXL)
    UXL = xlen(status.UXL)
    SDT = double_trap_disable("menvcfg")
    TSR = flag(status.TSR)
    TW = flag(status.TW)
    TVM = flag(status.TVM)
    MXR = flag(status.MXR)
    SUM = flag(status.SUM)
    MPRV = flag(status.MPRV)
    XS = context_status(status.XS)
    FS = context_status(status.FS, legal=needs("F"))
    MPP = pair(status.MPP, legal=warl(U, S, M)).named(U=U, S=S, M=M)
    VS = context_status(status.VS)
    SPP = flag(status.SPP).named(U=U, S=S)
    MPIE = flag(status.MPIE)
    UBE = flag(status.UBE, writable=False)
    SPIE = flag(status.SPIE)
    MIE = flag(status.MIE)
    SIE = flag(status.SIE)

    initial = status.XL_64 << status.SXL | status.XL_64 << status.UXL

    def read(self, h: Any) -> int:
        return with_dirty_summary(h.state.mstatus)

    def legalise(self, h: Any, old: int, new: int) -> int:
        return without_interrupts(super().legalise(h, old, new))

    def written(self, h: Any) -> None:
        h.context_changed()
        h.reconsider_interrupts()


def exception_fields(*causes: Cause) -> tuple[Field, ...]:
    """One writable bit per cause, named after it, as the delegation registers have them."""
    return tuple(flag(cause, name=cause.name) for cause in causes)


@csr
class Medeleg(Csr, number=0x302):
    """Exceptions that go to HS-mode. Those that cannot happen below M-mode are read-only zero (medeleg_when_rd0),
    and so is the double trap, which M-mode always handles (medeleg_16_no_rd0).

    Bit 0 is writable although IALIGN=16 rules the exception out: firmware sets it and may check that it stays.
    """

    more_fields = exception_fields(*(cause for cause in Cause if cause not in (Cause.ECALL_M, Cause.DOUBLE_TRAP)))


@csr
class Mtvec(Tvec, number=0x305):
    """Trap vector of M-mode (mtvec_sz_warl_acc, mtvec_mode_enc)."""


@csr
class Mscratch(Whole, number=0x340):
    """A word for M-mode's trap handler (mscratch_sz_acc)."""


@csr
class Mepc(Epc, number=0x341):
    """Where a trap into M-mode came from (mepc_align, mepc_warl)."""


@csr
class Mcause(TrapCause, number=0x342):
    """Why the trap into M-mode happened; 0 after reset (mcause_sz_acc, mcause_exccode_wlrl)."""


@csr
class Mtval(Whole, number=0x343):
    """Address or instruction of the trap (mtval_sz_acc, mtval_warl): any value."""


@csr
class Mtinst(Whole, number=0x34A):
    """Transformed instruction of the trap (mtinst_sz_acc_op, mtinst_val): any value."""


@csr
class Mtval2(Whole, number=0x34B):
    """Guest physical address of the trap, shifted right by 2 (mtval2_sz_acc_op, mtval2_val): any value."""
