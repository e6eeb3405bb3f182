"""RV64I, the base integer instructions (unprivileged manual, "RV32I Base Integer Instruction Set" and "RV64I").

ECALL and EBREAK are in `machine.isa.privileged`.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import s, u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

Operation = Callable[[int, int], int]


# Upper immediates and jumps.


@instruction("lui", "imm[31:12] rd 0110111", "rd,upper")
def lui(h: Hart, i: Operands) -> None:
    """Load upper immediate: 20 bits at position 12, sign-extended."""
    h.x[i.rd] = i.imm


@instruction("auipc", "imm[31:12] rd 0010111", "rd,upper")
def auipc(h: Hart, i: Operands) -> None:
    """Add upper immediate to pc."""
    h.x[i.rd] = h.pc + i.imm


@instruction("jal", "imm[20|10:1|11|19:12] rd 1101111", "rd,pc+imm")
def jal(h: Hart, i: Operands) -> None:
    """Jump relative to pc and link."""
    link = h.next
    h.jump(h.pc + i.imm)
    h.x[i.rd] = link


@instruction("jalr", "imm[11:0] rs1 000 rd 1100111", "rd,imm(rs1)")
def jalr(h: Hart, i: Operands) -> None:
    """Jump to a register plus an offset, bit 0 cleared, and link."""
    link = h.next
    h.jump(h.x[i.rs1] + i.imm & ~1)
    h.x[i.rd] = link


def branch(name: str, funct3: str, taken: Callable[[int, int], bool]) -> None:
    @instruction(name, f"imm[12|10:5] rs2 rs1 {funct3} imm[4:1|11] 1100011", "rs1,rs2,pc+imm")
    def meaning(h: Hart, i: Operands) -> None:
        """Branch relative to pc when the comparison holds."""
        if taken(h.x[i.rs1], h.x[i.rs2]):
            h.jump(h.pc + i.imm)


branch("beq", "000", lambda a, b: a == b)
branch("bne", "001", lambda a, b: a != b)
branch("blt", "100", lambda a, b: s(a) < s(b))
branch("bge", "101", lambda a, b: s(a) >= s(b))
branch("bltu", "110", lambda a, b: a < b)
branch("bgeu", "111", lambda a, b: a >= b)


# Loads and stores.


def signed_load(name: str, funct3: str, size: int) -> None:
    @instruction(name, f"imm[11:0] rs1 {funct3} rd 0000011", "rd,imm(rs1)")
    def meaning(h: Hart, i: Operands) -> None:
        """Load, sign-extended."""
        h.x[i.rd] = s(h.load(h.x[i.rs1] + i.imm, size), 8 * size)


def unsigned_load(name: str, funct3: str, size: int) -> None:
    @instruction(name, f"imm[11:0] rs1 {funct3} rd 0000011", "rd,imm(rs1)")
    def meaning(h: Hart, i: Operands) -> None:
        """Load, zero-extended."""
        h.x[i.rd] = h.load(h.x[i.rs1] + i.imm, size)


def store(name: str, funct3: str, size: int) -> None:
    @instruction(name, f"imm[11:5] rs2 rs1 {funct3} imm[4:0] 0100011", "rs2,imm(rs1)")
    def meaning(h: Hart, i: Operands) -> None:
        """Store the register's low bytes."""
        h.store(h.x[i.rs1] + i.imm, size, h.x[i.rs2])


signed_load("lb", "000", 1)
signed_load("lh", "001", 2)
signed_load("lw", "010", 4)
unsigned_load("ld", "011", 8)
unsigned_load("lbu", "100", 1)
unsigned_load("lhu", "101", 2)
unsigned_load("lwu", "110", 4)
store("sb", "000", 1)
store("sh", "001", 2)
store("sw", "010", 4)
store("sd", "011", 8)


# Arithmetic on 64 bits.


def register(name: str, funct7: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"{funct7} rs2 rs1 {funct3} rd 0110011", "rd,rs1,rs2")
    def meaning(h: Hart, i: Operands) -> None:
        """Register with register."""
        h.x[i.rd] = operation(h.x[i.rs1], h.x[i.rs2])


def immediate(name: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"imm[11:0] rs1 {funct3} rd 0010011", "rd,rs1,imm")
    def meaning(h: Hart, i: Operands) -> None:
        """Register with a sign-extended immediate."""
        h.x[i.rd] = operation(h.x[i.rs1], i.imm)


def shift_immediate(name: str, funct6: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"{funct6} shamt rs1 {funct3} rd 0010011", "rd,rs1,shamt")
    def meaning(h: Hart, i: Operands) -> None:
        """Shift by a constant of 0 to 63."""
        h.x[i.rd] = operation(h.x[i.rs1], i.imm)


immediate("addi", "000", lambda a, b: a + b)
immediate("slti", "010", lambda a, b: s(a) < b)
immediate("sltiu", "011", lambda a, b: a < u(b))  # the immediate is sign-extended first, then compared unsigned
immediate("xori", "100", lambda a, b: a ^ b)
immediate("ori", "110", lambda a, b: a | b)
immediate("andi", "111", lambda a, b: a & b)

shift_immediate("slli", "000000", "001", lambda a, b: a << b)
shift_immediate("srli", "000000", "101", lambda a, b: a >> b)
shift_immediate("srai", "010000", "101", lambda a, b: s(a) >> b)

register("add", "0000000", "000", lambda a, b: a + b)
register("sub", "0100000", "000", lambda a, b: a - b)
register("sll", "0000000", "001", lambda a, b: a << (b & 63))
register("slt", "0000000", "010", lambda a, b: s(a) < s(b))
register("sltu", "0000000", "011", lambda a, b: a < b)
register("xor", "0000000", "100", lambda a, b: a ^ b)
register("srl", "0000000", "101", lambda a, b: a >> (b & 63))
register("sra", "0100000", "101", lambda a, b: s(a) >> (b & 63))
register("or", "0000000", "110", lambda a, b: a | b)
register("and", "0000000", "111", lambda a, b: a & b)


# Arithmetic on 32 bits: the low words decide, and the result is sign-extended.


def register_word(name: str, funct7: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"{funct7} rs2 rs1 {funct3} rd 0111011", "rd,rs1,rs2")
    def meaning(h: Hart, i: Operands) -> None:
        """Low word of a register with a register's."""
        h.x[i.rd] = s(operation(h.x[i.rs1], h.x[i.rs2]), 32)


def shift_immediate_word(name: str, funct7: str, funct3: str, operation: Operation) -> None:
    @instruction(name, f"{funct7} shamtw rs1 {funct3} rd 0011011", "rd,rs1,shamtw")
    def meaning(h: Hart, i: Operands) -> None:
        """Shift a low word by a constant of 0 to 31."""
        h.x[i.rd] = s(operation(h.x[i.rs1], i.imm), 32)


@instruction("addiw", "imm[11:0] rs1 000 rd 0011011", "rd,rs1,imm")
def addiw(h: Hart, i: Operands) -> None:
    """Add an immediate to a low word."""
    h.x[i.rd] = s(h.x[i.rs1] + i.imm, 32)


shift_immediate_word("slliw", "0000000", "001", lambda a, b: a << b)
shift_immediate_word("srliw", "0000000", "101", lambda a, b: u(a, 32) >> b)
shift_immediate_word("sraiw", "0100000", "101", lambda a, b: s(a, 32) >> b)

register_word("addw", "0000000", "000", lambda a, b: a + b)
register_word("subw", "0100000", "000", lambda a, b: a - b)
register_word("sllw", "0000000", "001", lambda a, b: a << (b & 31))
register_word("srlw", "0000000", "101", lambda a, b: u(a, 32) >> (b & 31))
register_word("sraw", "0100000", "101", lambda a, b: s(a, 32) >> (b & 31))


# Ordering.


@instruction("fence", "uimm[11:0] rs1 000 rd 0001111", "pred,succ")
def fence(h: Hart, i: Operands) -> None:
    """Order memory accesses: nothing to do, for harts execute in order and one at a time.

    FENCE.TSO and the PAUSE hint are encodings of it, and so are all with reserved fields, as the manual asks.
    """
