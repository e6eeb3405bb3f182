"""Zba, address generation (unprivileged manual, "B" extension): shift by one to three and add."""

from __future__ import annotations

from machine.bits import u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


def shift_and_add(name: str, amount: int, funct3: str) -> None:
    @instruction(name, f"0010000 rs2 rs1 {funct3} rd 0110011", "rd,rs1,rs2", extension="Zba")
    def meaning(h: Hart, i: Operands) -> None:
        """Add rs2 and rs1, which counts elements of 2, 4 or 8 bytes."""
        h.x[i.rd] = h.x[i.rs2] + (h.x[i.rs1] << amount)

    @instruction(f"{name}.uw", f"0010000 rs2 rs1 {funct3} rd 0111011", "rd,rs1,rs2", extension="Zba")
    def meaning_of_word(h: Hart, i: Operands) -> None:
        """The same with an unsigned 32-bit count."""
        h.x[i.rd] = h.x[i.rs2] + (u(h.x[i.rs1], 32) << amount)


shift_and_add("sh1add", 1, "010")
shift_and_add("sh2add", 2, "100")
shift_and_add("sh3add", 3, "110")


@instruction("add.uw", "0000100 rs2 rs1 000 rd 0111011", "rd,rs1,rs2", extension="Zba")
def add_unsigned_word(h: Hart, i: Operands) -> None:
    """Add rs2 and the unsigned low word of rs1."""
    h.x[i.rd] = h.x[i.rs2] + u(h.x[i.rs1], 32)


@instruction("slli.uw", "000010 shamt rs1 001 rd 0011011", "rd,rs1,shamt", extension="Zba")
def shift_left_unsigned_word(h: Hart, i: Operands) -> None:
    """Shift the unsigned low word of rs1 left."""
    h.x[i.rd] = u(h.x[i.rs1], 32) << i.imm
