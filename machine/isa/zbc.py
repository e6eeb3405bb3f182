"""Zbc, carry-less multiplication (unprivileged manual, "Zbc" extension)."""

from __future__ import annotations

from machine.bits import bit, ite, routine, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


@routine
def carryless_product(a: int, b: int) -> tuple[int, int]:
    """The 127-bit product of two polynomials over GF(2), 64 bits each: its low and its high word."""
    product = 0
    for position in range(64):
        product = product ^ ite(bit(b, position) == 1, a << position, 0)
    return u(product), product >> 64


@instruction("clmul", "0000101 rs2 rs1 001 rd 0110011", "rd,rs1,rs2", extension="Zbc")
def low(h: Hart, i: Operands) -> None:
    """The low word of the carry-less product."""
    h.x[i.rd], _ = carryless_product(h.x[i.rs1], h.x[i.rs2])


@instruction("clmulr", "0000101 rs2 rs1 010 rd 0110011", "rd,rs1,rs2", extension="Zbc")
def reversed_low(h: Hart, i: Operands) -> None:
    """Bits 126 to 63 of the carry-less product: the product of the reversed operands, reversed."""
    below, above = carryless_product(h.x[i.rs1], h.x[i.rs2])
    h.x[i.rd] = above << 1 | below >> 63


@instruction("clmulh", "0000101 rs2 rs1 011 rd 0110011", "rd,rs1,rs2", extension="Zbc")
def high(h: Hart, i: Operands) -> None:
    """The high word of the carry-less product."""
    _, h.x[i.rd] = carryless_product(h.x[i.rs1], h.x[i.rs2])
