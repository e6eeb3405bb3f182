"""RV64C with compressed floating point (unprivileged manual, "C" extension): each form is short for a 32-bit one.

A form has no meaning of its own. It names the instruction that it expands to, in the operands of its own pattern:
``rd'`` stands for the 3-bit field of that name, ``x2`` for the stack pointer. HINTs execute as what they expand to, as
the manual asks; what it reserves matches no form and is illegal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from machine.isa.catalogue import Pattern
from machine.isa.operands import extract

__all__ = ["FORMS", "Compressed"]

Values = Mapping[str, int]
Legal = Callable[[Values], bool]

WORD = re.compile(r"-?[a-z0-9.']+")
CONSTANT = re.compile(r"x?(-?\d+)$")


@dataclass(frozen=True)
class Compressed:
    """One 16-bit form.

    Attributes:
        name: the mnemonic, beginning with ``c.``.
        syntax: its operands for the disassembler, in its own pattern's names.
        base: the name of the 32-bit instruction.
        expansion: the base's operands in assembler order, as names of this form's fields or constants.
        legal: which operands of this pattern are the form; the others are reserved or belong to another form.
        extension: what brings it, see `machine.isa.catalogue.brought`.
    """

    name: str
    pattern: Pattern
    syntax: str
    base: str
    expansion: tuple[str, ...]
    legal: Legal = field(repr=False)
    extension: str = "C"

    def matches(self, half: int) -> bool:
        """Whether the 16 bits are this form."""
        return half & self.pattern.mask == self.pattern.match and self.legal(extract(self.pattern, half))

    def operands(self, base_syntax: str, half: int) -> dict[str, int]:
        """The base instruction's operands by name; staged-able."""
        values = extract(self.pattern, half)
        names = operand_names(base_syntax)
        return {name: operand(values, text) for name, text in zip(names, self.expansion, strict=True)}


def operand(values: Values, text: str) -> int:
    """A constant, or the field of that name."""
    constant = CONSTANT.match(text)
    return int(constant[1]) if constant else values[text]


def operand_names(syntax: str) -> list[str]:
    """The operand fields that a base instruction's syntax mentions, in order.

    >>> operand_names("rs2,imm(rs1)"), operand_names("fd,imm(rs1)"), operand_names("rs1,rs2,pc+imm")
    (['rs2', 'imm', 'rs1'], ['rd', 'imm', 'rs1'], ['rs1', 'rs2', 'imm'])
    """
    renamed = {"fd": "rd", "fs1": "rs1", "fs2": "rs2", "shamt": "imm", "shamtw": "imm", "upper": "imm"}
    return [renamed.get(word, word) for word in WORD.findall(syntax) if word != "pc"]


def always(values: Values) -> bool:
    return True


def nonzero(name: str) -> Legal:
    return lambda values: values[name] != 0


FORMS: list[Compressed] = []


def form(name: str, pattern: str, syntax: str, expansion: str, legal: Legal = always, extension: str = "C") -> None:
    """Declare a form; ``expansion`` is the base's name and its operands, e.g. ``"lw rd', imm(x2)"``."""
    base, _, operands = expansion.partition(" ")
    words = tuple(word for word in WORD.findall(operands) if word != "pc")
    FORMS.append(Compressed(name, Pattern.of(pattern), syntax, base, words, legal, extension))


# Quadrant 0: loads and stores of the popular registers.
form("c.addi4spn", "000 uimm[5:4|9:6|2|3] rd' 00", "rd',sp,imm", "addi rd', x2, imm", nonzero("imm"))
form("c.fld", "001 uimm[5:3] rs1' uimm[7:6] rd' 00", "fd',imm(rs1')", "fld rd', imm(rs1')")
form("c.lw", "010 uimm[5:3] rs1' uimm[2|6] rd' 00", "rd',imm(rs1')", "lw rd', imm(rs1')")
form("c.ld", "011 uimm[5:3] rs1' uimm[7:6] rd' 00", "rd',imm(rs1')", "ld rd', imm(rs1')")
form("c.fsd", "101 uimm[5:3] rs1' uimm[7:6] rs2' 00", "fs2',imm(rs1')", "fsd rs2', imm(rs1')")
form("c.sw", "110 uimm[5:3] rs1' uimm[2|6] rs2' 00", "rs2',imm(rs1')", "sw rs2', imm(rs1')")
form("c.sd", "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", "rs2',imm(rs1')", "sd rs2', imm(rs1')")

# Quadrant 1: constants, arithmetic and jumps.
form("c.nop", "000 imm[5] 00000 imm[4:0] 01", "", "addi x0, x0, imm")
form("c.addi", "000 imm[5] rd imm[4:0] 01", "rd,imm", "addi rd, rd, imm", nonzero("rd"))
form("c.addiw", "001 imm[5] rd imm[4:0] 01", "rd,imm", "addiw rd, rd, imm", nonzero("rd"))
form("c.li", "010 imm[5] rd imm[4:0] 01", "rd,imm", "addi rd, x0, imm")
form("c.addi16sp", "011 imm[9] 00010 imm[4|6|8:7|5] 01", "sp,imm", "addi x2, x2, imm", nonzero("imm"))
form("c.lui", "011 imm[17] rd imm[16:12] 01", "rd,upper", "lui rd, imm", lambda v: v["rd"] != 2 and v["imm"] != 0)
form("c.srli", "100 uimm[5] 00 rd' uimm[4:0] 01", "rd',shamt", "srli rd', rd', imm")
form("c.srai", "100 uimm[5] 01 rd' uimm[4:0] 01", "rd',shamt", "srai rd', rd', imm")
form("c.andi", "100 imm[5] 10 rd' imm[4:0] 01", "rd',imm", "andi rd', rd', imm")
form("c.sub", "100 0 11 rd' 00 rs2' 01", "rd',rs2'", "sub rd', rd', rs2'")
form("c.xor", "100 0 11 rd' 01 rs2' 01", "rd',rs2'", "xor rd', rd', rs2'")
form("c.or", "100 0 11 rd' 10 rs2' 01", "rd',rs2'", "or rd', rd', rs2'")
form("c.and", "100 0 11 rd' 11 rs2' 01", "rd',rs2'", "and rd', rd', rs2'")
form("c.subw", "100 1 11 rd' 00 rs2' 01", "rd',rs2'", "subw rd', rd', rs2'")
form("c.addw", "100 1 11 rd' 01 rs2' 01", "rd',rs2'", "addw rd', rd', rs2'")
form("c.j", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", "pc+imm", "jal x0, pc+imm")
form("c.beqz", "110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1',pc+imm", "beq rs1', x0, pc+imm")
form("c.bnez", "111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1',pc+imm", "bne rs1', x0, pc+imm")

# Quadrant 2: stack-relative accesses and the whole register file.
form("c.slli", "000 uimm[5] rd uimm[4:0] 10", "rd,shamt", "slli rd, rd, imm")
form("c.fldsp", "001 uimm[5] rd uimm[4:3|8:6] 10", "fd,imm(sp)", "fld rd, imm(x2)")
form("c.lwsp", "010 uimm[5] rd uimm[4:2|7:6] 10", "rd,imm(sp)", "lw rd, imm(x2)", nonzero("rd"))
form("c.ldsp", "011 uimm[5] rd uimm[4:3|8:6] 10", "rd,imm(sp)", "ld rd, imm(x2)", nonzero("rd"))
form("c.jr", "100 0 rs1 00000 10", "rs1", "jalr x0, 0(rs1)", nonzero("rs1"))
form("c.mv", "100 0 rd rs2 10", "rd,rs2", "add rd, x0, rs2", nonzero("rs2"))
form("c.ebreak", "100 1 00000 00000 10", "", "ebreak")
form("c.jalr", "100 1 rs1 00000 10", "rs1", "jalr x1, 0(rs1)", nonzero("rs1"))
form("c.add", "100 1 rd rs2 10", "rd,rs2", "add rd, rd, rs2", nonzero("rs2"))
form("c.fsdsp", "101 uimm[5:3|8:6] rs2 10", "fs2,imm(sp)", "fsd rs2, imm(x2)")
form("c.swsp", "110 uimm[5:2|7:6] rs2 10", "rs2,imm(sp)", "sw rs2, imm(x2)")
form("c.sdsp", "111 uimm[5:3|8:6] rs2 10", "rs2,imm(sp)", "sd rs2, imm(x2)")

# Zcb: loads and stores of bytes and halfwords, extensions and a multiplication; the base may need Zba, Zbb or M.
form("c.lbu", "100 000 rs1' uimm[0|1] rd' 00", "rd',imm(rs1')", "lbu rd', imm(rs1')", extension="Zcb")
form("c.lhu", "100 001 rs1' 0 uimm[1] rd' 00", "rd',imm(rs1')", "lhu rd', imm(rs1')", extension="Zcb")
form("c.lh", "100 001 rs1' 1 uimm[1] rd' 00", "rd',imm(rs1')", "lh rd', imm(rs1')", extension="Zcb")
form("c.sb", "100 010 rs1' uimm[0|1] rs2' 00", "rs2',imm(rs1')", "sb rs2', imm(rs1')", extension="Zcb")
form("c.sh", "100 011 rs1' 0 uimm[1] rs2' 00", "rs2',imm(rs1')", "sh rs2', imm(rs1')", extension="Zcb")
form("c.zext.b", "100 111 rd' 11 000 01", "rd'", "andi rd', rd', 255", extension="Zcb")
form("c.sext.b", "100 111 rd' 11 001 01", "rd'", "sext.b rd', rd'", extension="Zcb")
form("c.zext.h", "100 111 rd' 11 010 01", "rd'", "zext.h rd', rd'", extension="Zcb")
form("c.sext.h", "100 111 rd' 11 011 01", "rd'", "sext.h rd', rd'", extension="Zcb")
form("c.zext.w", "100 111 rd' 11 100 01", "rd'", "add.uw rd', rd', x0", extension="Zcb")
form("c.not", "100 111 rd' 11 101 01", "rd'", "xori rd', rd', -1", extension="Zcb")
form("c.mul", "100 111 rd' 10 rs2' 01", "rd',rs2'", "mul rd', rd', rs2'", extension="Zcb")

# Zcmop: reserved encodings of c.lui, which do nothing; and the locality hints' short forms.
for _number in range(1, 16, 2):
    form(f"c.mop.{_number}", f"011 00 {_number:04b} 00000 01", "", "addi x0, x0, 0", extension="Zcmop")
for _level, _register in (("p1", 2), ("pall", 3), ("s1", 4), ("all", 5)):
    form(f"c.ntl.{_level}", f"100 1 00000 {_register:05b} 10", "", f"ntl.{_level}", extension="Zihintntl")
