"""Floating-point control and status (unprivileged manual, "Floating-Point Control and Status Register")."""

from __future__ import annotations

from typing import Any

from machine.csr.field import Field, flag
from machine.csr.file import csr
from machine.csr.register import Csr, View

__all__ = ["Fcsr"]


class FloatingPoint(Csr):
    """Refused in every mode while floating point is Off; a write makes the state Dirty (mstatus_fs_vs_xs_off_op)."""

    extension = "F"

    def gate(self, h: Any, write: bool) -> None:
        h.require_fp()


@csr
class Fcsr(FloatingPoint, number=0x003):
    """Rounding mode and accrued exception flags. frm holds the reserved values too; instructions refuse to use them."""

    FRM = Field(7, 5).named(RNE=0, RTZ=1, RDN=2, RUP=3, RMM=4, DYN=7)
    NV = flag(4)
    DZ = flag(3)
    OF = flag(2)
    UF = flag(1)
    NX = flag(0)

    def written(self, h: Any) -> None:
        h.dirty_fp()


@csr
class Fflags(FloatingPoint, View, number=0x001):
    """The accrued exception flags of fcsr."""

    NV = Fcsr.NV
    DZ = Fcsr.DZ
    OF = Fcsr.OF
    UF = Fcsr.UF
    NX = Fcsr.NX
    base = Fcsr()
    mask = 0x1F


@csr
class Frm(FloatingPoint, View, number=0x002):
    """The rounding mode of fcsr."""

    FRM = Field(2, 0, values=Fcsr.FRM.values)
    base = Fcsr()
    mask = Fcsr.FRM.mask
    shift = Fcsr.FRM.low
