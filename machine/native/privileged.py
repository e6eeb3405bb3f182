"""The words of privileged instructions: CSRs, returns from traps, and what a change of state brings with it."""

from __future__ import annotations

from functools import partial
from typing import Any

from machine.bits import bit, ite, tdiv, u
from machine.csr import access as csr_access
from machine.csr.counters import CY, IR
from machine.csr.file import BY_NAME, BY_NUMBER
from machine.csr.register import Constant
from machine.hart.clock import MOST_CYCLES_PER_TICK
from machine.native.layout import Block
from machine.native.path import GiveUp, Path
from machine.trap import exit as trap_exit

__all__ = ["CONSTANTS", "HOT", "LOOKED_AT", "MODIFIED", "PrivilegedWords"]

HOT = (
    *("sstatus", "sie", "stvec", "sscratch", "sepc", "scause", "stval", "sip", "satp", "time"),
    *("hstatus", "hideleg", "hedeleg", "hvip", "htval", "htinst", "hgatp", "htimedelta", "hcounteren", "henvcfg"),
    *("vsstatus", "vsie", "vstvec", "vsscratch", "vsepc", "vscause", "vstval", "vsip", "vsatp", "hie", "hip"),
    *("mstatus", "mie", "mtvec", "mscratch", "mepc", "mcause", "mtval", "mip", "mtval2", "mtinst", "mhartid"),
    *("stimecmp", "vstimecmp", "scounteren", "fcsr", "frm", "fflags", "cycle", "instret", "mcycle", "minstret"),
    *("menvcfg", "senvcfg", "mideleg", "medeleg", "mcounteren", "hgeie", "hgeip", "misa"),
)
"""Registers whose instructions are compiled."""
MODIFIED = {
    *("sstatus", "sie", "hstatus", "hvip", "sip", "mstatus", "mie", "mip", "vsstatus", "frm", "fflags"),
    *("hie", "hip", "vsie", "vsip", "hideleg", "mideleg", "henvcfg", "menvcfg"),
}
"""Those of them for which every form of instruction is; of the others only CSRRW and CSRRS."""
CONSTANTS = tuple(name for name, register in BY_NAME.items() if isinstance(register, Constant))
"""Registers that nobody writes: of them only CSRRS is compiled, which reads."""
LOOKED_AT = {"stimecmp", "vstimecmp", "htimedelta", "menvcfg", "henvcfg", "waiting"}
"""Fields of the state behind whose change timers and interrupts are looked at: when a timer rises, whether to wait."""
COUNTED = {"mcycle", "minstret"}
"""Fields that are brought up to date when an instruction accesses them."""


class PrivilegedWords(Path):
    """Words that change how the hart goes on.

    Attributes:
        switched: the path has changed what translations depend on.
        fenced: it has executed a fence, which Python carries out.
        reconsidered: it has changed what interrupts depend on.
    """

    fenced = False
    switched = False
    reconsidered = False

    def require_quiet(self) -> None:
        """Leave the instruction where somebody wants to be told what it does."""
        if self.private(Block.QUIET) == 0:
            raise GiveUp

    def forget_stage(self, stage: Any, space: Any) -> None:
        for offset, word in ((Block.FENCE, stage), (Block.FENCE_SPACE, space)):
            self.stager.effect(partial(self.store_word, "%pv", offset, word), write=True)
        self.fenced = True

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

    def wait(self) -> None:
        self.require_quiet()
        self.state.waiting = 1
        self.reconsider_interrupts()

    @property
    def divisor(self) -> Any:
        """As `machine.hart.clock.Clock.divisor`; generated code serves every one, and divides."""
        return self.leaf(lambda: self.load_word("%pv", Block.DIVISOR), 1, MOST_CYCLES_PER_TICK)

    def cycle(self) -> Any:
        """The machine's, before the instruction."""
        return u(self.private(Block.CYCLES) - self.stager.leaf("%bud", 0, (1 << 63) - 1))

    def time(self) -> Any:
        return u(tdiv(self.cycle(), self.divisor) + self.private(Block.TIME_OFFSET))

    def settle(self) -> None:
        """As `machine.hart.hart.Hart.settle`: count what generated code has done."""
        state, now = self.state, self.cycle()
        done, inhibited = u(now - self.private(Block.SETTLED)), state.mcountinhibit
        state.mcycle = state.mcycle + ite(bit(inhibited, CY) == 1, 0, done)
        state.minstret = state.minstret + ite(bit(inhibited, IR) == 1, 0, done)
        self.stager.effect(lambda: self.store_word("%pv", Block.SETTLED, now), write=True)

    def csr_check(self, number: int, write: bool) -> None:
        self.require_quiet()
        csr_access.check(self, number, write)
        if BY_NUMBER[number].storage in COUNTED:
            self.settle()

    def csr_read(self, number: int) -> Any:
        return csr_access.read(self, number)

    def csr_read_for_update(self, number: int) -> Any:
        return csr_access.read_for_update(self, number)

    def csr_write(self, number: int, value: Any) -> None:
        csr_access.write(self, number, u(value))
