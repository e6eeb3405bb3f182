"""The words of privileged instructions: CSRs, returns from traps, and what a change of state brings with it."""

from __future__ import annotations

from typing import Any

from machine.bits import tdiv, u
from machine.csr import access as csr_access
from machine.native.layout import Block
from machine.native.path import GiveUp, Path
from machine.trap import exit as trap_exit

__all__ = ["HOT", "MODIFIED", "TIMERS", "PrivilegedWords"]

HOT = (
    *("sstatus", "sie", "stvec", "sscratch", "sepc", "scause", "stval", "sip", "satp", "time"),
    *("hstatus", "hideleg", "hedeleg", "hvip", "htval", "htinst", "hgatp", "htimedelta", "hcounteren", "henvcfg"),
    *("vsstatus", "vsie", "vstvec", "vsscratch", "vsepc", "vscause", "vstval", "vsip", "vsatp", "hie", "hip"),
    *("mstatus", "mie", "mtvec", "mscratch", "mepc", "mcause", "mtval", "mip", "mtval2", "mtinst", "mhartid"),
    *("stimecmp", "vstimecmp", "scounteren", "fcsr", "frm", "fflags"),
)
"""Registers whose instructions are compiled."""
MODIFIED = {"sstatus", "sie", "hstatus", "hvip", "sip", "mstatus", "mie", "mip", "vsstatus", "frm", "fflags"}
"""Those of them for which every form of instruction is; of the others only CSRRW and CSRRS."""
TIMERS = {"stimecmp", "vstimecmp", "htimedelta", "menvcfg", "henvcfg"}
"""Fields of the state that decide when a timer rises."""


class PrivilegedWords(Path):
    """Words that change how the hart goes on.

    Attributes:
        switched: the path has changed what translations depend on.
        reconsidered: it has changed what interrupts depend on.
        elapsed: cycles of the current instruction that the time counts.
    """

    switched = False
    reconsidered = False
    elapsed = 0

    def require_quiet(self) -> None:
        """Leave the instruction where somebody wants to be told what it does."""
        if self.private(Block.QUIET) == 0:
            raise GiveUp

    def context_changed(self) -> None:
        self.switched = True

    def reconsider_interrupts(self) -> None:
        self.reconsidered = True

    def return_from_m(self) -> None:
        self.require_quiet()
        trap_exit.return_from_m(self)

    def return_from_s(self) -> None:
        self.require_quiet()
        trap_exit.return_from_s(self)

    def time(self) -> Any:
        budget = self.stager.leaf("%bud", 0, (1 << 63) - 1)
        cycles = u(self.private(Block.CYCLES) - budget + self.elapsed)
        return u(tdiv(cycles, self.config.cycles_per_tick * self.config.harts) + self.private(Block.TIME_OFFSET))

    def csr_check(self, number: int, write: bool) -> None:
        self.require_quiet()
        csr_access.check(self, number, write)

    def csr_read(self, number: int) -> Any:
        return csr_access.read(self, number)

    def csr_read_for_update(self, number: int) -> Any:
        return csr_access.read_for_update(self, number)

    def csr_write(self, number: int, value: Any) -> None:
        csr_access.write(self, number, u(value))
