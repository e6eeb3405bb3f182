"""RV64A, atomic instructions (unprivileged manual, "A" extension: Zalrsc and Zaamo), and their short forms of Zabha.

Alignment, permissions and the reservation are the hart's duty; aq and rl need nothing, for harts execute in order.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite, s, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

Combine = Callable[[int, int], int]
Reading = Callable[[int, int], int]


def load_reserved(name: str, funct3: str, size: int) -> None:
    @instruction(name, f"00010 aqrl 00000 rs1 {funct3} rd 0101111", "rd,(rs1)", extension="A")
    def meaning(h: Hart, i: Operands) -> None:
        """Load, sign-extended, and register a reservation."""
        h.x[i.rd] = s(h.load_reserved(h.x[i.rs1], size), 8 * size)


def store_conditional(name: str, funct3: str, size: int) -> None:
    @instruction(name, f"00011 aqrl rs2 rs1 {funct3} rd 0101111", "rd,rs2,(rs1)", extension="A")
    def meaning(h: Hart, i: Operands) -> None:
        """Store if the reservation still holds; rd is 0 when it did."""
        h.x[i.rd] = h.store_conditional(h.x[i.rs1], size, h.x[i.rs2])


def memory_operation(
    name: str, funct5: str, funct3: str, size: int, read: Reading, combine: Combine, extension: str = "A"
) -> None:
    @instruction(name, f"{funct5} aqrl rs2 rs1 {funct3} rd 0101111", "rd,rs2,(rs1)", extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Combine memory with rs2 in memory; rd receives the old value, sign-extended."""
        address, operand = h.x[i.rs1], h.x[i.rs2]
        old = h.amo_load(address, size)
        h.amo_store(address, size, combine(read(old, 8 * size), read(operand, 8 * size)))
        h.x[i.rd] = s(old, 8 * size)


def all_sizes(name: str, funct5: str, read: Reading, combine: Combine) -> None:
    memory_operation(f"{name}.b", funct5, "000", 1, read, combine, "Zabha")
    memory_operation(f"{name}.h", funct5, "001", 2, read, combine, "Zabha")
    memory_operation(f"{name}.w", funct5, "010", 4, read, combine)
    memory_operation(f"{name}.d", funct5, "011", 8, read, combine)


load_reserved("lr.w", "010", 4)
load_reserved("lr.d", "011", 8)
store_conditional("sc.w", "010", 4)
store_conditional("sc.d", "011", 8)

all_sizes("amoswap", "00001", u, lambda old, new: new)
all_sizes("amoadd", "00000", u, lambda old, new: old + new)
all_sizes("amoxor", "00100", u, lambda old, new: old ^ new)
all_sizes("amoand", "01100", u, lambda old, new: old & new)
all_sizes("amoor", "01000", u, lambda old, new: old | new)
all_sizes("amomin", "10000", s, lambda old, new: ite(old < new, old, new))
all_sizes("amomax", "10100", s, lambda old, new: ite(old > new, old, new))
all_sizes("amominu", "11000", u, lambda old, new: ite(old < new, old, new))
all_sizes("amomaxu", "11100", u, lambda old, new: ite(old > new, old, new))
