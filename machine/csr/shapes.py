"""Layouts that M-mode, HS-mode and VS-mode share: the registers of a trap, and of address translation."""

from __future__ import annotations

from typing import Any

from machine.bits import ite
from machine.csr.field import Field, Legal, flag, needs, pair, warl
from machine.csr.register import Csr
from machine.spec import status
from machine.spec.paging import BARE, SV39, SV48, SV57

__all__ = ["Atp", "Epc", "TrapCause", "Tvec", "Whole", "context_status", "legal_mode", "masking", "xlen"]


def xlen(low: int) -> Field:
    """A read-only XLEN field, encoded as misa.MXL."""
    return pair(low, writable=False).named(RV32=1, RV64=status.XL_64, RV128=3)


def context_status(low: int, legal: Legal | None = None) -> Field:
    """FS, VS or XS: what is known about an extension's registers. Read-only zero unless ``legal`` says otherwise."""
    named = {"Off": status.FS_OFF, "Initial": status.FS_INITIAL, "Clean": status.FS_CLEAN, "Dirty": status.FS_DIRTY}
    return pair(low, legal=legal, writable=legal is not None).named(**named)


def masking(low: int, extension: str) -> Field:
    """PMM or HUPMM: how many upper bits pointer masking takes (pmlen_supported_values, pmlen_illegal_warl)."""
    legal = needs(extension, warl(status.PMM_OFF, status.PMM_7, status.PMM_16))
    return pair(low, legal=legal).named(Off=status.PMM_OFF, PMLEN7=status.PMM_7, PMLEN16=status.PMM_16)


class Whole(Csr):
    """Every bit can be written and holds any value; there are no fields to tell apart."""

    def legalise(self, h: Any, old: int, new: int) -> int:
        return new


class Tvec(Csr):
    """Trap vector: any 4-byte-aligned BASE. A reserved MODE leaves MODE as it was; BASE is still written."""

    BASE = Field(63, 2)
    MODE = Field(1, 0, legal=warl(0, 1)).named(Direct=0, Vectored=1)


def legal_target(h: Any, old: int, new: int) -> int:
    """Bits 63 to 1 of an instruction's address: bit 1 of the address is zero without C (mepc_align)."""
    return new if h.config.isa.has("C") else new & ~1


class Epc(Csr):
    """Exception program counter: any address; bit 0 is always zero, and bit 1 too on a hart without C (mepc_align)."""

    ADDRESS = Field(63, 1, legal_target)


class TrapCause(Csr):
    """Cause: the exception code is WLRL; we hold any value that is written."""

    INTERRUPT = flag(63)
    EXCEPTION_CODE = Field(62, 0)


TRANSLATION_MODES = (BARE, SV39, SV48, SV57)


def legal_mode(mode: int) -> int:
    """1 when an address-translation MODE is implemented, else 0."""
    legal = 0
    for value in TRANSLATION_MODES:
        legal = ite(mode == value, 1, legal)
    return legal


class Atp(Csr):
    """satp and vsatp: a write with an unsupported MODE has no effect on any field (rule satp_mode_op_unsupported).

    ASIDLEN is 16, the most there can be. Bare with other bits set is UNSPECIFIED: the bits are held.
    """

    MODE = Field(63, 60).named(Bare=BARE, Sv39=SV39, Sv48=SV48, Sv57=SV57)
    ASID = Field(59, 44)
    PPN = Field(43, 0)

    def legalise(self, h: Any, old: int, new: int) -> int:
        return ite(legal_mode(self.MODE.get(new)) == 1, super().legalise(h, old, new), old)

    def written(self, h: Any) -> None:
        h.context_changed()
