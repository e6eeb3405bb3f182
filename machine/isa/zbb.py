"""Zbb, basic bit manipulation (unprivileged manual, "B" extension)."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import bit_length, ite, s, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

Unary = Callable[[int], int]
Binary = Callable[[int, int], int]

BYTES = range(0, 64, 8)
ONE_IN_EACH = {2: 0x5555_5555_5555_5555, 4: 0x3333_3333_3333_3333, 8: 0x0F0F_0F0F_0F0F_0F0F, 64: 0x0101_0101_0101_0101}


def population(value: int) -> int:
    """How many of 64 bits are set: added in pairs, nibbles, bytes, and all bytes by one multiplication."""
    pairs = value - (value >> 1 & ONE_IN_EACH[2])
    nibbles = (pairs & ONE_IN_EACH[4]) + (pairs >> 2 & ONE_IN_EACH[4])
    each_byte = (nibbles + (nibbles >> 4)) & ONE_IN_EACH[8]
    return u(each_byte * ONE_IN_EACH[64]) >> 56


def trailing_zeros(value: int, width: int) -> int:
    """Zeros below the lowest set bit: the lowest bit alone has as many below it."""
    return ite(value == 0, width, bit_length(value & -value) - 1)


def leading_zeros(value: int, width: int) -> int:
    return width - bit_length(value)


def spread(value: int) -> int:
    """All ones in each byte that is not zero (ORC.B)."""
    return sum(ite(u(value >> at, 8) == 0, 0, 0xFF << at) for at in BYTES)


def reversed_bytes(value: int) -> int:
    return sum(u(value >> at, 8) << 56 - at for at in BYTES)


def rotated_left(value: int, amount: int, width: int) -> int:
    """``amount`` is below ``width``."""
    return value << amount | value >> width - amount


def unary(name: str, selector: str, operation: Unary, opcode: str = "0010011", funct3: str = "001") -> None:
    @instruction(name, f"{selector} rs1 {funct3} rd {opcode}", "rd,rs1", extension="Zbb")
    def meaning(h: Hart, i: Operands) -> None:
        """Count, extend, or rearrange the bits of rs1."""
        h.x[i.rd] = operation(h.x[i.rs1])


def binary(name: str, funct7: str, funct3: str, operation: Binary, opcode: str = "0110011") -> None:
    @instruction(name, f"{funct7} rs2 rs1 {funct3} rd {opcode}", "rd,rs1,rs2", extension="Zbb")
    def meaning(h: Hart, i: Operands) -> None:
        """Combine rs1 and rs2."""
        h.x[i.rd] = operation(h.x[i.rs1], h.x[i.rs2])


def right_as_left(amount: int, width: int) -> int:
    """Rotating right by ``amount`` is rotating left by the rest."""
    return -amount & width - 1


binary("andn", "0100000", "111", lambda a, b: a & ~b)
binary("orn", "0100000", "110", lambda a, b: a | ~b)
binary("xnor", "0100000", "100", lambda a, b: ~(a ^ b))
binary("max", "0000101", "110", lambda a, b: ite(s(a) < s(b), b, a))
binary("maxu", "0000101", "111", lambda a, b: ite(a < b, b, a))
binary("min", "0000101", "100", lambda a, b: ite(s(a) < s(b), a, b))
binary("minu", "0000101", "101", lambda a, b: ite(a < b, a, b))
binary("rol", "0110000", "001", lambda a, b: rotated_left(a, u(b, 6), 64))
binary("ror", "0110000", "101", lambda a, b: rotated_left(a, right_as_left(u(b, 6), 64), 64))
binary("rolw", "0110000", "001", lambda a, b: s(rotated_left(u(a, 32), u(b, 5), 32), 32), "0111011")
binary(
    *("rorw", "0110000", "101"), lambda a, b: s(rotated_left(u(a, 32), right_as_left(u(b, 5), 32), 32), 32), "0111011"
)

unary("clz", "011000000000", lambda a: leading_zeros(a, 64))
unary("ctz", "011000000001", lambda a: trailing_zeros(a, 64))
unary("cpop", "011000000010", population)
unary("sext.b", "011000000100", lambda a: s(a, 8))
unary("sext.h", "011000000101", lambda a: s(a, 16))
unary("clzw", "011000000000", lambda a: leading_zeros(u(a, 32), 32), "0011011")
unary("ctzw", "011000000001", lambda a: trailing_zeros(u(a, 32), 32), "0011011")
unary("cpopw", "011000000010", lambda a: population(u(a, 32)), "0011011")
unary("zext.h", "000010000000", lambda a: u(a, 16), "0111011", "100")
unary("orc.b", "001010000111", spread, funct3="101")
unary("rev8", "011010111000", reversed_bytes, funct3="101")


@instruction("rori", "011000 shamt rs1 101 rd 0010011", "rd,rs1,shamt", extension="Zbb")
def rotate_right_immediate(h: Hart, i: Operands) -> None:
    """Rotate rs1 right."""
    h.x[i.rd] = rotated_left(h.x[i.rs1], right_as_left(i.imm, 64), 64)


@instruction("roriw", "0110000 shamtw rs1 101 rd 0011011", "rd,rs1,shamtw", extension="Zbb")
def rotate_word_right_immediate(h: Hart, i: Operands) -> None:
    """Rotate the low word right; the result is sign-extended."""
    h.x[i.rd] = s(rotated_left(u(h.x[i.rs1], 32), right_as_left(i.imm, 32), 32), 32)
