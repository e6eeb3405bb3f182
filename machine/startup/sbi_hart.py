"""A hart as the SBI firmware handles it: `machine.board.sbi.abi.SbiHart` on the machine's own hart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine.bits import u
from machine.board.sbi.abi import HartStatus, Registers
from machine.csr.access import H_LEVEL, named, registers
from machine.csr.file import BY_NUMBER
from machine.devices.aclint import Aclint
from machine.spec import status
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["MachineHart"]

A0, A1 = 10, 11
HIDELEG, HVIP = 0x603, 0x645
SSIP, STIP, MTIP = 1 << Interrupt.SSI, 1 << Interrupt.STI, 1 << Interrupt.MTI
SUSPENDED = 2
"""Value of the hart's ``waiting`` while it is suspended; WFI's is 1. An interrupt ends both alike."""


class MachineHart:
    """One hart; any hart may be the one that is running now, or not."""

    def __init__(self, hart: Hart, aclint: Aclint) -> None:
        self._hart, self._state, self._aclint = hart, hart.state, aclint
        self._sstc = hart.config.isa.has("Sstc")
        if not self._sstc:
            self._platform_deadlines = hart.deadlines
            hart.deadlines = self._deadlines

    @property
    def id(self) -> int:
        """mhartid."""
        return self._hart.number

    @property
    def x(self) -> Registers:
        """The integer registers."""
        registers: Registers = self._hart.x
        return registers

    @property
    def status(self) -> HartStatus:
        """Its HSM state."""
        if self._state.stopped:
            return HartStatus.STOPPED
        return HartStatus.SUSPENDED if self._state.waiting == SUSPENDED else HartStatus.STARTED

    def start(self, pc: int, opaque: int) -> None:
        """Begin in HS-mode at physical ``pc``; sie starts at 0, as no interrupt is wanted yet."""
        state = self._state
        named(self._hart, "sie").write(self._hart, 0)
        self._enter(pc, opaque)
        state.stopped = state.waiting = 0
        self._hart.reconsider_interrupts()

    def _enter(self, pc: int, opaque: int) -> None:
        hart, state = self._hart, self._state
        state.priv, state.virt = Mode.HS.privilege, Mode.HS.virtual
        state.mstatus &= ~(1 << status.SIE)
        state.satp = 0
        hart.x[A0], hart.x[A1] = hart.number, opaque
        state.pc = hart.next = u(pc)  # the first counts for a hart that is not running, the second for one that is
        hart.context_changed()

    def stop(self) -> None:
        """Execute nothing until `start`. No interrupt stays enabled: one would be taken in what is left of the turn."""
        self._state.mie = 0
        self._state.stopped = self._state.waiting = 1
        self._hart.reconsider_interrupts()

    def suspend(self, resume: tuple[int, int] | None) -> None:
        """Wait as WFI does. A resume address is entered at once, and the waiting happens there: no one can tell."""
        if resume is not None:
            self._enter(*resume)
        self._state.waiting = SUSPENDED
        self._hart.reconsider_interrupts()

    def set_timer(self, time: int) -> None:
        """By stimecmp where the hart has Sstc; else by mtimecmp, whose line `_deadlines` turns into STIP."""
        if self._sstc:
            self._state.stimecmp = time
        else:
            self._state.mip &= ~STIP
            self._aclint.mtimecmp[self._hart.number] = time
        self._hart.reconsider_interrupts()

    def _deadlines(self) -> int | None:
        """What firmware does at a machine timer interrupt: make the supervisor's pending."""
        ahead = self._platform_deadlines()
        if self._state.lines & MTIP:
            self._state.mip |= STIP
        return ahead

    def set_ssip(self, level: bool) -> None:
        """Set or clear the supervisor software interrupt's pending bit."""
        self._state.mip = self._state.mip | SSIP if level else self._state.mip & ~SSIP
        self._hart.reconsider_interrupts()

    @property
    def ssip(self) -> bool:
        """The supervisor software interrupt's pending bit."""
        return bool(self._state.mip & SSIP)

    @property
    def hypervisor_csrs(self) -> tuple[int, ...]:
        """The numbers of its hypervisor and VS CSRs; hideleg and hvip first, which others show parts of."""
        numbers = [csr.number for csr in registers(self._hart) if csr.level == H_LEVEL]
        return tuple(sorted(numbers, key=lambda number: number not in (HIDELEG, HVIP)))

    def read_csr(self, number: int) -> int:
        """A CSR's value, by its own number whatever the mode."""
        return BY_NUMBER[number].read(self._hart)

    def write_csr(self, number: int, value: int) -> None:
        """Legalised as HS-mode's write is."""
        if not BY_NUMBER[number].read_only:
            BY_NUMBER[number].write(self._hart, value)

    def return_from_trap(self) -> None:
        """SRET."""
        self._hart.return_from_s()

    @property
    def nested_memory(self) -> int | None:
        """The state holds address | 1, so that a snapshot has it; 0 after reset."""
        held = int(self._state.nested_memory)
        return held & ~1 if held else None

    @nested_memory.setter
    def nested_memory(self, address: int | None) -> None:
        self._state.nested_memory = 0 if address is None else address | 1

    def fence_i(self) -> None:
        """Execute FENCE.I."""
        self._hart.fence_i()

    def sfence(self) -> None:
        """Every translation of the hart, of all worlds, is forgotten; the manual allows more than was asked."""
        self._hart.forget_translations()

    hfence_gvma = hfence_vvma = sfence
