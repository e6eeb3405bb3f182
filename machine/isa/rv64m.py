"""RV64M, integer multiplication and division (unprivileged manual, "M" extension).

Division is total: a zero divisor and the one overflow have results, not traps.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import s, tdiv, trem, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

Operation = Callable[[int, int], int]


def quotient(dividend: int, divisor: int) -> int:
    """All ones for a zero divisor. −2**63 / −1 is +2**63, which the register truncates to −2**63 as the manual asks."""
    if divisor == 0:
        return -1
    return tdiv(dividend, divisor)


def remainder(dividend: int, divisor: int) -> int:
    """The dividend for a zero divisor."""
    if divisor == 0:
        return dividend
    return trem(dividend, divisor)


def double(name: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"0000001 rs2 rs1 {funct3} rd 0110011", "rd,rs1,rs2", extension="M")
    def meaning(h: Hart, i: Operands) -> None:
        """Multiply or divide 64-bit values."""
        h.x[i.rd] = operation(h.x[i.rs1], h.x[i.rs2])


def word(name: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"0000001 rs2 rs1 {funct3} rd 0111011", "rd,rs1,rs2", extension="M")
    def meaning(h: Hart, i: Operands) -> None:
        """Multiply or divide low words; the result is sign-extended, also of the unsigned divisions."""
        h.x[i.rd] = s(operation(h.x[i.rs1], h.x[i.rs2]), 32)


double("mul", "000", lambda a, b: a * b)
double("mulh", "001", lambda a, b: s(a) * s(b) >> 64)
double("mulhsu", "010", lambda a, b: s(a) * b >> 64)
double("mulhu", "011", lambda a, b: a * b >> 64)
double("div", "100", lambda a, b: quotient(s(a), s(b)))
double("divu", "101", lambda a, b: quotient(a, b))
double("rem", "110", lambda a, b: remainder(s(a), s(b)))
double("remu", "111", lambda a, b: remainder(a, b))

word("mulw", "000", lambda a, b: a * b)
word("divw", "100", lambda a, b: quotient(s(a, 32), s(b, 32)))
word("divuw", "101", lambda a, b: quotient(u(a, 32), u(b, 32)))
word("remw", "110", lambda a, b: remainder(s(a, 32), s(b, 32)))
word("remuw", "111", lambda a, b: remainder(u(a, 32), u(b, 32)))
