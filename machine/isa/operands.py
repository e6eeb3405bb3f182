"""From an instruction's bits to its operands, and back: the one reading of a pattern's fields.

`extract` and `deposit` are staged-able: the loops run over the pattern, never over a value.
"""

from __future__ import annotations

from collections.abc import Mapping

from machine.bits import s, u
from machine.isa.catalogue import Pattern

__all__ = ["OperandValues", "deposit", "extract"]

COMPRESSED_BASE = 8
"""What a 3-bit register field counts from."""


class OperandValues:
    """The operands of one decoded instruction (see `machine.isa.vocabulary.Operands`); absent ones are 0."""

    __slots__ = ("aqrl", "csr", "imm", "rd", "rm", "rs1", "rs2", "rs3", "word")

    def __init__(self, word: int, values: Mapping[str, int]) -> None:
        self.word = word
        self.rd = values.get("rd", 0)
        self.rs1 = values.get("rs1", 0)
        self.rs2 = values.get("rs2", 0)
        self.rs3 = values.get("rs3", 0)
        self.rm = values.get("rm", 0)
        self.imm = values.get("imm", 0)
        self.csr = values.get("csr", 0)
        self.aqrl = values.get("aqrl", 0)


def extract(pattern: Pattern, word: int) -> dict[str, int]:
    """The operands that ``word`` (16 or 32 bits) holds in the pattern's fields, by the fields' names.

    A 3-bit register field keeps its prime in the name; its value is the register's number, 8 to 15.

    >>> extract(Pattern.of("imm[11:0] rs1 000 rd 0010011"), 0xFFF50593)
    {'imm': -1, 'rs1': 10, 'rd': 11}
    """
    values: dict[str, int] = {}
    for field in pattern.fields:
        part = u(word >> field.low, field.width) << field.target
        values[field.name] = values[field.name] + part if field.name in values else part
    for name in values:
        if name.endswith("'"):
            values[name] = values[name] + COMPRESSED_BASE
    if pattern.signed_bits:
        values["imm"] = s(values["imm"], pattern.signed_bits)
    return values


def deposit(pattern: Pattern, values: Mapping[str, int]) -> int:
    """The word with ``values`` in the pattern's fields; absent ones are 0, and bits that do not fit are lost.

    >>> hex(deposit(Pattern.of("imm[11:0] rs1 000 rd 0010011"), {"imm": -1, "rs1": 10, "rd": 11}))
    '0xfff50593'
    """
    word = pattern.match
    for field in pattern.fields:
        value = values.get(field.name, 0)
        if field.name.endswith("'"):
            value = value - COMPRESSED_BASE
        word = word | u(value >> field.target, field.width) << field.low
    return word
