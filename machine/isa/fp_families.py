"""The families of floating-point instructions that F, D and Zfh have in common.

Each function declares one instruction; `rv64f`, `rv64d`, `zfhmin` and `zfh` are the lists. Source: Volume I, chapters
"F", "D" and "Zfh" (rule D_computational_instrs: D's are defined analogously to F's, and so are those of Zfh).
"""

from __future__ import annotations

from collections.abc import Callable

from machine.isa.catalogue import instruction
from machine.isa.fp import Precision, accrue, rounding_mode, write_float
from machine.isa.vocabulary import Hart, Operands

__all__ = [
    *("binary", "classify", "compare", "convert", "from_integer", "fused", "load", "move_from_integer"),
    *("move_to_integer", "root", "select", "sign", "store", "to_integer"),
]

Result = tuple[int, int]
ToRegister = Callable[[int], int]


def load(p: Precision, name: str, funct3: str, size: int) -> None:
    @instruction(name, f"imm[11:0] rs1 {funct3} rd 0000111", "fd,imm(rs1)", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Load a pattern, unchanged; a narrow one is NaN-boxed."""
        h.require_fp()
        value = h.load(h.x[i.rs1] + i.imm, size)
        h.f[i.rd] = p.hold(value)
        h.dirty_fp()


def store(p: Precision, name: str, funct3: str, size: int) -> None:
    @instruction(name, f"imm[11:5] rs2 rs1 {funct3} imm[4:0] 0100111", "fs2,imm(rs1)", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Store the low bits of a register, unchanged and unchecked."""
        h.require_fp()
        h.store(h.x[i.rs1] + i.imm, size, h.f[i.rs2])


def binary(p: Precision, name: str, funct5: str, operation: Callable[[int, int, int], Result]) -> None:
    pattern = f"{funct5} {p.code} rs2 rs1 rm rd 1010011"

    @instruction(f"{name}.{p.suffix}", pattern, "fd,fs1,fs2,rm", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Combine two numbers and round once."""
        rm = rounding_mode(h, i)
        write_float(h, p, i.rd, operation(p.read(h.f[i.rs1]), p.read(h.f[i.rs2]), rm))


def root(p: Precision, operation: Callable[[int, int], Result]) -> None:
    @instruction(f"fsqrt.{p.suffix}", f"01011 {p.code} 00000 rs1 rm rd 1010011", "fd,fs1,rm", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """The square root, rounded once."""
        rm = rounding_mode(h, i)
        write_float(h, p, i.rd, operation(p.read(h.f[i.rs1]), rm))


def fused(
    p: Precision, name: str, opcode: str, fma: Callable[[int, int, int, int], Result], product: int, addend: int
) -> None:
    """``product`` and ``addend`` are the sign bits to flip: 0 or `Precision.sign`."""
    pattern = f"rs3 {p.code} rs2 rs1 rm rd {opcode}"

    @instruction(f"{name}.{p.suffix}", pattern, "fd,fs1,fs2,fs3,rm", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Multiply, add and round once; fnmadd and fnmsub negate the product."""
        rm = rounding_mode(h, i)
        a, b, c = p.read(h.f[i.rs1]), p.read(h.f[i.rs2]), p.read(h.f[i.rs3])
        write_float(h, p, i.rd, fma(a ^ product, b, c ^ addend, rm))


def sign(p: Precision, name: str, funct3: str, inject: Callable[[int, int], int]) -> None:
    pattern = f"00100 {p.code} rs2 rs1 {funct3} rd 1010011"

    @instruction(f"{name}.{p.suffix}", pattern, "fd,fs1,fs2", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """All bits but the sign from rs1; no flags and no canonical NaN."""
        h.require_fp()
        write_float(h, p, i.rd, (inject(p.read(h.f[i.rs1]), p.read(h.f[i.rs2])), 0))


def select(p: Precision, name: str, funct3: str, operation: Callable[[int, int], Result]) -> None:
    pattern = f"00101 {p.code} rs2 rs1 {funct3} rd 1010011"

    @instruction(f"{name}.{p.suffix}", pattern, "fd,fs1,fs2", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """The smaller or larger number; −0 is below +0, and a NaN loses."""
        h.require_fp()
        write_float(h, p, i.rd, operation(p.read(h.f[i.rs1]), p.read(h.f[i.rs2])))


def compare(p: Precision, name: str, funct3: str, operation: Callable[[int, int], Result]) -> None:
    pattern = f"10100 {p.code} rs2 rs1 {funct3} rd 1010011"

    @instruction(f"{name}.{p.suffix}", pattern, "rd,fs1,fs2", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """1 when the relation holds; 0 with a NaN."""
        h.require_fp()
        value, flags = operation(p.read(h.f[i.rs1]), p.read(h.f[i.rs2]))
        h.x[i.rd] = value
        accrue(h, flags)


def classify(p: Precision, operation: Callable[[int], int]) -> None:
    @instruction(f"fclass.{p.suffix}", f"11100 {p.code} 00000 rs1 001 rd 1010011", "rd,fs1", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """A mask with the one bit of the number's class."""
        h.require_fp()
        h.x[i.rd] = operation(p.read(h.f[i.rs1]))


def to_integer(p: Precision, kind: str, rs2: str, operation: Callable[[int, int], Result], extend: ToRegister) -> None:
    pattern = f"11000 {p.code} {rs2} rs1 rm rd 1010011"

    @instruction(f"fcvt.{kind}.{p.suffix}", pattern, "rd,fs1,rm", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Round to an integer, clipped to its type; 32-bit results are sign-extended, the unsigned ones too."""
        rm = rounding_mode(h, i)
        value, flags = operation(p.read(h.f[i.rs1]), rm)
        h.x[i.rd] = extend(value)
        accrue(h, flags)


def from_integer(p: Precision, kind: str, rs2: str, operation: Callable[[int, int], Result]) -> None:
    pattern = f"11010 {p.code} {rs2} rs1 rm rd 1010011"

    @instruction(f"fcvt.{p.suffix}.{kind}", pattern, "fd,rs1,rm", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """The integer in rs1, rounded."""
        rm = rounding_mode(h, i)
        write_float(h, p, i.rd, operation(h.x[i.rs1], rm))


def convert(to: Precision, source: Precision, rs2: str, operation: Callable[[int, int], Result], by: str) -> None:
    """``by``: the extension."""
    pattern = f"01000 {to.code} {rs2} rs1 rm rd 1010011"

    @instruction(f"fcvt.{to.suffix}.{source.suffix}", pattern, "fd,fs1,rm", by)
    def meaning(h: Hart, i: Operands) -> None:
        """The same number in the other precision, rounded when that is the narrower one."""
        rm = rounding_mode(h, i)
        write_float(h, to, i.rd, operation(source.read(h.f[i.rs1]), rm))


def move_to_integer(p: Precision, name: str, extend: ToRegister) -> None:
    @instruction(name, f"11100 {p.code} 00000 rs1 000 rd 1010011", "rd,fs1", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """The register's low bits, unchanged and unchecked; sign-extended."""
        h.require_fp()
        h.x[i.rd] = extend(h.f[i.rs1])


def move_from_integer(p: Precision, name: str) -> None:
    @instruction(name, f"11110 {p.code} 00000 rs1 000 rd 1010011", "fd,rs1", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """The low bits of rs1, unchanged; a narrow one is NaN-boxed."""
        h.require_fp()
        h.f[i.rd] = p.hold(h.x[i.rs1])
        h.dirty_fp()
