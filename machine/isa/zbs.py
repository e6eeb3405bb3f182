"""Zbs, single-bit instructions (unprivileged manual, "B" extension)."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

Operation = Callable[[int, int], int]


def single_bit(name: str, funct6: str, funct3: str, operation: Operation) -> None:
    """``operation`` of the value and the bit's position, once from a register and once from the instruction."""

    @instruction(name, f"{funct6}0 rs2 rs1 {funct3} rd 0110011", "rd,rs1,rs2", extension="Zbs")
    def meaning(h: Hart, i: Operands) -> None:
        """Clear, read, invert or set the bit of rs1 that the low 6 bits of rs2 choose."""
        h.x[i.rd] = operation(h.x[i.rs1], u(h.x[i.rs2], 6))

    @instruction(f"{name}i", f"{funct6} shamt rs1 {funct3} rd 0010011", "rd,rs1,shamt", extension="Zbs")
    def meaning_of_immediate(h: Hart, i: Operands) -> None:
        """Clear, read, invert or set one bit of rs1."""
        h.x[i.rd] = operation(h.x[i.rs1], i.imm)


single_bit("bclr", "010010", "001", lambda a, at: a & ~(1 << at))
single_bit("bext", "010010", "101", lambda a, at: a >> at & 1)
single_bit("binv", "011010", "001", lambda a, at: a ^ (1 << at))
single_bit("bset", "001010", "001", lambda a, at: a | (1 << at))
