"""The hypervisor instructions (hypervisor extension, "Hypervisor Instructions")."""

from __future__ import annotations

from machine.bits import bit, ite, s, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands
from machine.spec.modes import S, U
from machine.spec.paging import ASID_BITS, EVERY_SPACE, FENCE_G, FENCE_VS, VMID_BITS
from machine.spec.rules import Reason
from machine.spec.status import HSTATUS_HU, TVM
from machine.trap.trap import illegal, virtual_instruction

__all__: list[str] = []


def require_guest_access(h: Hart) -> None:
    """Raise unless HLV, HLVX and HSV are allowed: V=0, and not U-mode while hstatus.HU=0."""
    if h.state.virt != 0:
        raise virtual_instruction(Reason.V_HYPERVISOR_INSTRUCTION)
    if h.state.priv == U and bit(h.state.hstatus, HSTATUS_HU) == 0:
        raise illegal(Reason.HU)


def require_fence(h: Hart) -> None:
    """Raise unless HFENCE is allowed at all: V=0, and not U-mode whatever hstatus.HU says."""
    if h.state.virt != 0:
        raise virtual_instruction(Reason.V_HYPERVISOR_INSTRUCTION)
    if h.state.priv == U:
        raise illegal(Reason.INSTRUCTION_PRIVILEGE)


def signed_load(name: str, funct7: str, size: int) -> None:
    @instruction(name, f"{funct7} 00000 rs1 100 rd 1110011", "rd,(rs1)", extension="H")
    def meaning(h: Hart, i: Operands) -> None:
        """Load as the guest, sign-extended."""
        require_guest_access(h)
        h.x[i.rd] = s(h.guest_load(h.x[i.rs1], size, execute=False), 8 * size)


def unsigned_load(name: str, funct7: str, variant: str, size: int, *, execute: bool = False) -> None:
    @instruction(name, f"{funct7} {variant} rs1 100 rd 1110011", "rd,(rs1)", extension="H")
    def meaning(h: Hart, i: Operands) -> None:
        """Load as the guest, zero-extended; HLVX asks for execute permission in the place of read permission."""
        require_guest_access(h)
        h.x[i.rd] = h.guest_load(h.x[i.rs1], size, execute=execute)


def store(name: str, funct7: str, size: int) -> None:
    @instruction(name, f"{funct7} rs2 rs1 100 00000 1110011", "rs2,(rs1)", extension="H")
    def meaning(h: Hart, i: Operands) -> None:
        """Store as the guest."""
        require_guest_access(h)
        h.guest_store(h.x[i.rs1], size, h.x[i.rs2])


signed_load("hlv.b", "0110000", 1)
unsigned_load("hlv.bu", "0110000", "00001", 1)
signed_load("hlv.h", "0110010", 2)
unsigned_load("hlv.hu", "0110010", "00001", 2)
unsigned_load("hlvx.hu", "0110010", "00011", 2, execute=True)
signed_load("hlv.w", "0110100", 4)
unsigned_load("hlv.wu", "0110100", "00001", 4)
unsigned_load("hlvx.wu", "0110100", "00011", 4, execute=True)
signed_load("hlv.d", "0110110", 8)
store("hsv.b", "0110001", 1)
store("hsv.h", "0110011", 2)
store("hsv.w", "0110101", 4)
store("hsv.d", "0110111", 8)


@instruction("hfence.vvma", "0010001 rs2 rs1 000 00000 1110011", "rs1,rs2", extension="H")
def hfence_vvma(h: Hart, i: Operands) -> None:
    """Order a guest's page-table writes before its translations.

    It is about the VMID in hgatp and the ASID in rs2, or all ASIDs when rs2 is x0, and about every page whatever rs1
    says. Neither TVM nor VTVM matters.
    """
    require_fence(h)
    h.forget_stage(FENCE_VS, ite(i.rs2 == 0, EVERY_SPACE, u(h.x[i.rs2], ASID_BITS)))


@instruction("hfence.gvma", "0110001 rs2 rs1 000 00000 1110011", "rs1,rs2", extension="H")
def hfence_gvma(h: Hart, i: Operands) -> None:
    """Order G-stage page-table writes before guest-physical translations.

    It is about the VMID in rs2, or all when rs2 is x0, and about every page whatever rs1 says.
    TVM=1 keeps it from HS-mode.
    """
    require_fence(h)
    if h.state.priv == S and bit(h.state.mstatus, TVM) != 0:
        raise illegal(Reason.CSR_TVM)
    h.forget_stage(FENCE_G, ite(i.rs2 == 0, EVERY_SPACE, u(h.x[i.rs2], VMID_BITS)))
