"""Zicond, integer conditional operations (unprivileged manual, "Zicond" extension)."""

from __future__ import annotations

from machine.bits import ite
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


@instruction("czero.eqz", "0000111 rs2 rs1 101 rd 0110011", "rd,rs1,rs2", extension="Zicond")
def zero_if_zero(h: Hart, i: Operands) -> None:
    """rs1, or zero if rs2 is zero."""
    h.x[i.rd] = ite(h.x[i.rs2] == 0, 0, h.x[i.rs1])


@instruction("czero.nez", "0000111 rs2 rs1 111 rd 0110011", "rd,rs1,rs2", extension="Zicond")
def zero_if_not_zero(h: Hart, i: Operands) -> None:
    """rs1, or zero if rs2 is not zero."""
    h.x[i.rd] = ite(h.x[i.rs2] == 0, h.x[i.rs1], 0)
