"""Virtual-instruction exceptions as first proposed, against the list that was ratified.

Source: pull request 518 of riscv/riscv-isa-manual and message 102 of the list tech-privileged, 5 May 2020 (draft 0.6.1
of the hypervisor extension); its amendments are in that repository's history, see `Amendment`. With V=1 the first list
raises virtual-instruction for

- a counter whose hcounteren bit is 0 and whose mcounteren bit is 1 (scounteren's bit is not asked);
- WFI in VS- and VU-mode, unless it completes within a bounded time. There is no hstatus.VTW;
- HLV, HLVX and HSV, in VS- and VU-mode;
- in VS-mode only, HFENCE and every implemented hypervisor or VS CSR, also one that HS-mode may not write;
- in VS-mode, SRET while VTSR=1, SFENCE.VMA and satp while VTVM=1 (HFENCE asked neither TVM's nor VTVM's leave).

Everything else that is refused in VU-mode raises illegal-instruction, as do MRET and CSRs that are not implemented:
the amendments changed nothing about these two. What the text left open we take by its letter: WFI with V=1 raises
virtual-instruction whatever mstatus.TW says. Here WFI completes within a bounded time when an interrupt that mie
enables is pending already; any other wait is unbounded. Sstc came later, its gates stay as they were ratified.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from machine.bits import bit
from machine.csr import access
from machine.csr.counters import Shadow
from machine.csr.file import BY_NUMBER
from machine.csr.interrupts import pending
from machine.csr.register import Csr
from machine.hart.hart import Hart
from machine.isa import hypervisor, privileged
from machine.isa.catalogue import replaces
from machine.proposals.proposal import Proposal
from machine.spec.modes import M, Mode, U
from machine.spec.rules import Reason
from machine.trap.trap import illegal, virtual_instruction

__all__ = ["NAME", "VIRTUAL_INSTRUCTION_2020", "Amendment", "amendment"]

NAME = "virtual-instruction-2020"


class Amendment(Enum):
    """What the list's later changes were, with the month."""

    VU = "VU-mode cases, May 2020"
    VTW = "hstatus.VTW, May 2020"
    QUALIFIED = "HS-qualified only, Aug 2021"
    VU_COUNTERS = "scounteren in VU, Sep 2021"


def amendment(source: Mode, first: int, second: int) -> Amendment | None:
    """The change of the list that makes an exception with the `Reason` ``first`` as ratified ``second`` as proposed.

    `Reason.NONE` stands for no exception. None where the difference only follows from an earlier one.
    """
    if first == second:
        return None
    if second == Reason.V_WFI_2020:
        return Amendment.VTW
    if first == Reason.VU_COUNTER and second == Reason.COUNTER_DISABLED:
        return Amendment.VU_COUNTERS
    if first == Reason.CSR_READ_ONLY and second == Reason.V_HYPERVISOR_CSR:
        return Amendment.QUALIFIED
    if source is Mode.VU and second in (Reason.CSR_PRIVILEGE, Reason.INSTRUCTION_PRIVILEGE):
        return Amendment.VU
    return None


@replaces("wfi", NAME)
def wfi(h: Any, i: Any) -> None:
    """Wait for an interrupt; with V=1 only where the wait is over at once."""
    if h.state.virt == 0 or h.state.priv == M:
        privileged.wfi(h, i)
        return
    if pending(h) & h.state.mie == 0:
        raise virtual_instruction(Reason.V_WFI_2020)
    h.wait()


def refuse_vu(h: Any) -> None:
    """What VU-mode lacks is illegal, as it is in U-mode."""
    if h.state.virt == 1 and h.state.priv == U:
        raise illegal(Reason.INSTRUCTION_PRIVILEGE)


@replaces("sret", NAME)
def sret(h: Any, i: Any) -> None:
    """Return from a trap."""
    refuse_vu(h)
    privileged.sret(h, i)


@replaces("sfence.vma", NAME)
def sfence_vma(h: Any, i: Any) -> None:
    """Order page-table writes before translations."""
    refuse_vu(h)
    privileged.sfence_vma(h, i)


@replaces("hfence.vvma", NAME)
def hfence_vvma(h: Any, i: Any) -> None:
    """Order a guest's page-table writes before its translations."""
    refuse_vu(h)
    hypervisor.hfence_vvma(h, i)


@replaces("hfence.gvma", NAME)
def hfence_gvma(h: Any, i: Any) -> None:
    """Order G-stage page-table writes before guest-physical translations."""
    refuse_vu(h)
    hypervisor.hfence_gvma(h, i)


def check(h: Any, number: int, write: bool) -> None:
    """In the place of `machine.csr.access.check`."""
    register = BY_NUMBER.get(number)
    if h.state.virt == 1 and h.state.priv != M and register is not None and register.exists(h):
        _check_virtual(h, register)
    access.check(h, number, write)


def _check_virtual(h: Any, register: Csr) -> None:
    """Where the first list differs from the ratified one; what it agrees on is left to that one's rule."""
    if h.state.priv == U:
        if register.level in (access.S_LEVEL, access.H_LEVEL):
            raise illegal(Reason.CSR_PRIVILEGE)
        if isinstance(register, Shadow) and bit(h.state.hcounteren, register.enable) == 1:
            _check_counter(h, register)
    elif register.level == access.H_LEVEL:
        register.gate_below_m(h, False)
        raise virtual_instruction(Reason.V_HYPERVISOR_CSR)


def _check_counter(h: Any, register: Shadow) -> None:
    """A counter that the guest's supervisor alone keeps from its user: nobody would emulate it."""
    if bit(h.state.mcounteren, register.enable) == 1 and bit(h.state.scounteren, register.enable) == 0:
        raise illegal(Reason.COUNTER_DISABLED)


def install(hart: Hart) -> None:
    """Put the first list in the place of the ratified one."""
    hart.csr_rule = check


VIRTUAL_INSTRUCTION_2020 = Proposal(
    NAME,
    "Virtual-instruction exceptions as first proposed: no hstatus.VTW, WFI with V=1 traps; VU-mode cases are illegal",
    "tech-privileged message 102 and riscv-isa-manual pull request 518, May 2020",
    install,
)
