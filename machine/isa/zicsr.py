"""Zicsr, the instructions on control and status registers (unprivileged manual, "Zicsr" extension).

What decides whether an access happens is the operand's number, not its value: CSRRW to x0 does not read, CSRRS and
CSRRC from x0 (or an immediate 0) do not write.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

Source = Callable[[Hart, Operands], int]
Combine = Callable[[int, int], int]


def swap(h: Hart, i: Operands, new: int) -> None:
    """Write ``new`` and, unless rd is x0, read the old value."""
    h.csr_check(i.csr, True)
    if i.rd == 0:
        h.csr_write(i.csr, new)
        return
    old = h.csr_read(i.csr)
    h.csr_write(i.csr, new)
    h.x[i.rd] = old


def read(h: Hart, i: Operands) -> None:
    """Read without any effect of a write."""
    h.csr_check(i.csr, False)
    h.x[i.rd] = h.csr_read(i.csr)


def modify(h: Hart, i: Operands, mask: int, combine: Combine) -> None:
    """Read, and write the old value combined with ``mask``."""
    h.csr_check(i.csr, True)
    old = h.csr_read(i.csr)
    h.csr_write(i.csr, combine(h.csr_read_for_update(i.csr), mask))
    h.x[i.rd] = old


def set_or_clear(name: str, register: str, immediate: str, combine: Combine) -> None:
    @instruction(name, f"csr rs1 {register} rd 1110011", "rd,csr,rs1", extension="Zicsr")
    def from_register(h: Hart, i: Operands) -> None:
        """Read and set or clear the bits of rs1; from x0 only read."""
        if i.rs1 == 0:
            read(h, i)
            return
        modify(h, i, h.x[i.rs1], combine)

    @instruction(f"{name}i", f"csr zimm {immediate} rd 1110011", "rd,csr,zimm", extension="Zicsr")
    def from_immediate(h: Hart, i: Operands) -> None:
        """Read and set or clear the bits of a 5-bit constant; with 0 only read."""
        if i.imm == 0:
            read(h, i)
            return
        modify(h, i, i.imm, combine)


@instruction("csrrw", "csr rs1 001 rd 1110011", "rd,csr,rs1", extension="Zicsr")
def csrrw(h: Hart, i: Operands) -> None:
    """Swap a CSR with a register."""
    swap(h, i, h.x[i.rs1])


@instruction("csrrwi", "csr zimm 101 rd 1110011", "rd,csr,zimm", extension="Zicsr")
def csrrwi(h: Hart, i: Operands) -> None:
    """Swap a CSR with a 5-bit constant."""
    swap(h, i, i.imm)


set_or_clear("csrrs", "010", "110", lambda old, mask: old | mask)
set_or_clear("csrrc", "011", "111", lambda old, mask: old & ~mask)
