"""Zacas, compare-and-swap, with its byte and halfword forms of Zabha (unprivileged manual, "Zacas", "Zabha")."""

from __future__ import annotations

from machine.bits import bit, ite, s, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


def compare_and_swap(suffix: str, funct3: str, size: int, extension: str = "Zacas") -> None:
    @instruction(f"amocas.{suffix}", f"00101 aqrl rs2 rs1 {funct3} rd 0101111", "rd,rs2,(rs1)", extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Store rs2 where memory equals rd; rd receives what memory held, sign-extended."""
        address, expected, new = h.x[i.rs1], h.x[i.rd], h.x[i.rs2]
        old = h.amo_load(address, size)
        if old == u(expected, 8 * size):
            h.amo_store(address, size, new)
        h.x[i.rd] = s(old, 8 * size)


compare_and_swap("b", "000", 1, "Zacas+Zabha")
compare_and_swap("h", "001", 2, "Zacas+Zabha")
compare_and_swap("w", "010", 4)
compare_and_swap("d", "011", 8)


def pair(h: Hart, number: int) -> tuple[int, int]:
    """The registers ``number`` and the next; the pair of x0 is zero."""
    return h.x[number], ite(number == 0, 0, h.x[number | 1])


@instruction("amocas.q", "00101 aqrl rs2 rs1 100 rd 0101111", "rd,rs2,(rs1)", extension="Zacas")
def compare_and_swap_quad(h: Hart, i: Operands) -> None:
    """The same for 16 bytes and pairs of registers; an odd register's encoding is reserved."""
    if bit(i.rd, 0) != 0 or bit(i.rs2, 0) != 0:
        h.illegal()
    address = h.x[i.rs1]
    expected, new = pair(h, i.rd), pair(h, i.rs2)
    low, high = h.amo_load_pair(address)
    if low == expected[0] and high == expected[1]:
        h.amo_store_pair(address, new[0], new[1])
    if i.rd != 0:
        h.x[i.rd] = low
        h.x[i.rd | 1] = high
