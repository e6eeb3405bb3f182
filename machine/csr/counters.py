"""Counters and who may read them (machine, "Hardware Performance Monitor"; hypervisor, "hcounteren").

mcycle and minstret are advanced by the engine, one each per retired instruction that mcountinhibit does not inhibit.
The Zihpm counters are `machine.csr.events`.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bit
from machine.csr.field import flag
from machine.csr.file import csr
from machine.csr.register import Csr
from machine.csr.shapes import Whole
from machine.spec.modes import U
from machine.spec.rules import Reason
from machine.trap.trap import illegal, virtual_instruction

__all__ = ["COUNTING", "CY", "HPM", "IR", "TM", "Hcounteren", "Mcounteren", "Mcountinhibit", "Scounteren", "Shadow"]

CY, TM, IR = 0, 1, 2
HPM = range(3, 32)
COUNTING = range(3, 7)
"""The event counters that count; the others are read-only zero."""


class CounterEnable(Csr):
    """One bit per counter in 32; all are writable, also those of the counters that always read zero."""

    CY = flag(CY)
    TM = flag(TM)
    IR = flag(IR)
    more_fields = tuple(flag(n, name=f"HPM{n}") for n in HPM)


@csr
class Mcounteren(CounterEnable, number=0x306):
    """Counters available below M-mode (mcounteren_op, mcounteren_flds_mandatory_warl)."""


@csr
class Scounteren(CounterEnable, number=0x106):
    """Counters available to U-mode and, while V=1, to VU-mode: it has no VS twin (scounteren_op, H_scsrs_nomatch)."""


@csr
class Hcounteren(CounterEnable, number=0x606):
    """Counters available while V=1 (hcounteren_op, hcounteren_acc)."""


@csr
class Mcountinhibit(Csr, number=0x320):
    """Stops mcycle, minstret and the event counters (mcountinhibit_op2); time cannot be stopped."""

    CY = flag(CY)
    IR = flag(IR)
    more_fields = tuple(flag(n, name=f"HPM{n}") for n in COUNTING)

    def written(self, h: Any) -> None:
        h.events_changed()


class Counting(Whole):
    """A counter that the engine advances; mcountinhibit's bit ``inhibit`` stops it."""

    inhibit: int

    def instruction_write(self, h: Any, value: int) -> None:
        """The next instruction reads ``value`` (mcycle_minstret_wr): the engine still counts this one, so one less."""
        self.write(h, value - 1 + bit(h.state.mcountinhibit, self.inhibit))


@csr
class Mcycle(Counting, number=0xB00):
    """Clock cycles: one instruction takes one (mcycle_op)."""

    inhibit = CY


@csr
class Minstret(Counting, number=0xB02):
    """Instructions retired (minstret_op)."""

    inhibit = IR


class Shadow(Csr):
    """A counter as lower modes read it: bit ``enable`` of mcounteren, hcounteren and scounteren guards it.

    Rules mcounteren_clr_ill_inst_exc, scounteren_op, hcounteren_op, H_virtinst_vs_nonhighctr_h0_m1 and
    H_virtinst_vu_nonhighctr_h0_s0_m1.
    """

    enable: int

    def gate_below_m(self, h: Any, write: bool) -> None:
        if bit(h.state.mcounteren, self.enable) == 0:
            raise illegal(Reason.COUNTER_DISABLED)

    def gate_native(self, h: Any, write: bool) -> None:
        if h.state.priv == U and bit(h.state.scounteren, self.enable) == 0:
            raise illegal(Reason.COUNTER_DISABLED)

    def gate_virtual(self, h: Any, write: bool) -> None:
        if h.state.priv == U:
            if bit(h.state.hcounteren & h.state.scounteren, self.enable) == 0:
                raise virtual_instruction(Reason.VU_COUNTER)
        elif bit(h.state.hcounteren, self.enable) == 0:
            raise virtual_instruction(Reason.VS_COUNTER)

    def write(self, h: Any, value: int) -> None:
        """Ignored: the number is read-only, and the counter itself is elsewhere."""

    def reset(self, h: Any) -> None:
        """Nothing: the counter itself is elsewhere."""


@csr
class Cycle(Shadow, number=0xC00):
    """mcycle, read-only (cycle_instret_hpmcounter_op_rdonly)."""

    storage = "mcycle"
    enable = CY


@csr
class Instret(Shadow, number=0xC02):
    """minstret, read-only (cycle_instret_hpmcounter_op_rdonly)."""

    storage = "minstret"
    enable = IR
