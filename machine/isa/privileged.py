"""The privileged instructions of M- and S-mode (privileged manual, "Machine-Mode Privileged Instructions",
"Supervisor Instructions"; hypervisor extension, "Trap Return" and "Virtual-instruction exception").

In each, V=1 is asked first: what HS-mode may do and the guest may not is a virtual instruction, the rest is illegal.
"""

from __future__ import annotations

from machine.bits import bit, ite, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands
from machine.spec.causes import Cause
from machine.spec.modes import M, S, U
from machine.spec.paging import ASID_BITS, EVERY_SPACE, FENCE_S, FENCE_VS
from machine.spec.rules import Reason
from machine.spec.status import HSTATUS_VTSR, HSTATUS_VTVM, HSTATUS_VTW, TSR, TVM, TW
from machine.trap.trap import Trap, illegal, virtual_instruction

__all__: list[str] = []


@instruction("ecall", "000000000000 00000 000 00000 1110011")
def ecall(h: Hart, i: Operands) -> None:
    """Call the execution environment: the cause says from which mode, U and VU being one."""
    if h.state.priv == S:
        raise Trap(ite(h.state.virt != 0, Cause.ECALL_VS, Cause.ECALL_HS))
    raise Trap(ite(h.state.priv == M, Cause.ECALL_M, Cause.ECALL_U))


@instruction("ebreak", "000000000001 00000 000 00000 1110011")
def ebreak(h: Hart, i: Operands) -> None:
    """Breakpoint; xtval receives the instruction's address, the manual's choice beside 0."""
    raise Trap(Cause.BREAKPOINT, h.pc, gva=h.state.virt)


@instruction("mret", "0011000 00010 00000 000 00000 1110011")
def mret(h: Hart, i: Operands) -> None:
    """Return from a trap into M-mode."""
    if h.state.priv != M:
        raise illegal(Reason.INSTRUCTION_PRIVILEGE)
    h.return_from_m()


@instruction("sret", "0001000 00010 00000 000 00000 1110011", extension="S")
def sret(h: Hart, i: Operands) -> None:
    """Return from a trap into HS-mode or, while V=1, into VS-mode."""
    if h.state.virt != 0:
        if h.state.priv == U:
            raise virtual_instruction(Reason.VU_SUPERVISOR_INSTRUCTION)
        if bit(h.state.hstatus, HSTATUS_VTSR) != 0:
            raise virtual_instruction(Reason.VS_SRET_VTSR)
    elif h.state.priv == U:
        raise illegal(Reason.INSTRUCTION_PRIVILEGE)
    elif h.state.priv == S and bit(h.state.mstatus, TSR) != 0:
        raise illegal(Reason.TSR)
    h.return_from_s()


def require_wait(h: Hart) -> None:
    """Raise unless a mode below M may wait: TW=0 and not in U-mode, for waiting is unbounded here."""
    if bit(h.state.mstatus, TW) != 0:
        raise illegal(Reason.TW)
    if h.state.virt == 0:
        if h.state.priv == U:
            raise illegal(Reason.INSTRUCTION_PRIVILEGE)
    elif h.state.priv == U:
        raise virtual_instruction(Reason.VU_WFI)
    elif bit(h.state.hstatus, HSTATUS_VTW) != 0:
        raise virtual_instruction(Reason.VS_WFI_VTW)


@instruction("wfi", "0001000 00101 00000 000 00000 1110011")
def wfi(h: Hart, i: Operands) -> None:
    """Wait for an interrupt."""
    if h.state.priv != M:
        require_wait(h)
    h.wait()


def require_supervisor(h: Hart) -> None:
    """Raise in U-mode and in VU-mode."""
    if h.state.priv == U:
        if h.state.virt != 0:
            raise virtual_instruction(Reason.VU_SUPERVISOR_INSTRUCTION)
        raise illegal(Reason.INSTRUCTION_PRIVILEGE)


@instruction("sfence.vma", "0001001 rs2 rs1 000 00000 1110011", "rs1,rs2", extension="S")
def sfence_vma(h: Hart, i: Operands) -> None:
    """Order page-table writes before translations.

    It is about the ASID in rs2 or, when rs2 is x0, about all: with V=0 those of HS-level, with V=1 those of the VMID
    in hgatp. Whatever rs1 says every page is forgotten, and global mappings are
    forgotten like others; the manual allows both.
    """
    space = ite(i.rs2 == 0, EVERY_SPACE, u(h.x[i.rs2], ASID_BITS))
    require_supervisor(h)
    if h.state.virt != 0:
        if bit(h.state.hstatus, HSTATUS_VTVM) != 0:
            raise virtual_instruction(Reason.VS_FENCE_SATP_VTVM)
    elif h.state.priv == S and bit(h.state.mstatus, TVM) != 0:
        raise illegal(Reason.CSR_TVM)
    h.forget_stage(ite(h.state.virt != 0, FENCE_VS, FENCE_S), space)
