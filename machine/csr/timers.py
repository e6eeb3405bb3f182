"""Time, its offset for guests, and the timers of Sstc (chapters "Sstc", "stimecmp", "vstimecmp", "htimedelta")."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, ite, u
from machine.csr.counters import TM, Shadow
from machine.csr.envcfg import Henvcfg, Menvcfg
from machine.csr.file import csr
from machine.csr.shapes import Whole
from machine.spec.rules import Reason
from machine.trap.trap import illegal, virtual_instruction

__all__ = ["Stimecmp", "Vstimecmp"]


@csr
class Time(Shadow, number=0xC01):
    """mtime; while V=1 with htimedelta added, overflow ignored (time_op_rdonly, htimedelta_sz_acc_op)."""

    enable = TM

    def read(self, h: Any) -> int:
        return u(h.time() + ite(h.state.virt == 1, h.state.htimedelta, 0))


class TimeCompare(Whole):
    """A timer that raises its interrupt while the time is at or past it; a change may raise or clear it at once."""

    def written(self, h: Any) -> None:
        h.reconsider_interrupts()


@csr
class Htimedelta(TimeCompare, number=0x605):
    """What VS-mode and VU-mode read in time beyond the actual time (htimedelta_sz_acc_op); moves vstimecmp's moment."""


class Sstc(TimeCompare):
    """stimecmp and vstimecmp need menvcfg.STCE and mcounteren.TM below M-mode (menvcfg_stce_op2, mcounteren_tm_clr).

    The manual's sentence on menvcfg.STCE names stimecmp; we read it as covering vstimecmp, which is what a guest's
    stimecmp is, as the ratified Sstc chapter did.
    """

    extension = "Sstc"

    def gate_below_m(self, h: Any, write: bool) -> None:
        if Menvcfg.STCE.get(h.state.menvcfg) == 0 or bit(h.state.mcounteren, TM) == 0:
            raise illegal(Reason.STIMECMP_DISABLED)


@csr
class Stimecmp(Sstc, number=0x14D, guest="vstimecmp"):
    """Timer of HS-mode (stimecmp_exist, mip_sip_stip_op); VS-mode needs henvcfg.STCE and hcounteren.TM too."""

    def gate_virtual(self, h: Any, write: bool) -> None:
        if Henvcfg.STCE.get(h.state.henvcfg) == 0:
            raise virtual_instruction(Reason.V_STIMECMP_STCE)
        if bit(h.state.hcounteren, TM) == 0:
            raise virtual_instruction(Reason.VS_STIMECMP_TM)


@csr
class Vstimecmp(Sstc, number=0x24D):
    """Timer of VS-mode, compared with time + htimedelta (vstimecmp_exist, hip_vstip_op)."""
