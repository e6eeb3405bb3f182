"""Instructions as text, the way GNU objdump writes them with ``no-aliases``; everything comes from the stanzas' syntax.

Compressed instructions appear as what they expand to, or on request under their own ``c.`` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from machine.bits import bit, u
from machine.isa.decode import Decoded, decode, is_compressed
from machine.isa.operands import extract
from machine.spec.fli import FLI_NAMES
from machine.spec.registers import F_NAMES, ROUNDING_NAMES, X_NAMES

__all__ = ["CsrName", "disassemble"]

CsrName = Callable[[int], "str | None"]
Values = dict[str, int]

TOKEN = re.compile(r"pc\+imm|pred,succ|[a-z]+[0-9]?'?")
REGISTER = re.compile(r"(?P<file>[rf])(?P<field>d|s[123])(?P<prime>'?)$")
OPERANDS = ("rd", "rs1", "rs2", "rs3", "rm", "imm", "csr")

ORDERINGS = ("", ".rl", ".aq", ".aqrl")
FENCE_TSO = 0x833
"""fm, predecessors and successors of FENCE.TSO."""
DYNAMIC = 7
"""The rounding mode that is not written: fcsr.frm decides."""

FORMATS: dict[str, Callable[[Values, int], str]] = {
    "imm": lambda values, pc: str(values["imm"]),
    "zimm": lambda values, pc: str(values["imm"]),
    "upper": lambda values, pc: f"{u(values['imm'] >> 12, 20):#x}",
    "shamt": lambda values, pc: f"{values['imm']:#x}",
    "shamtw": lambda values, pc: f"{values['imm']:#x}",
    "pc+imm": lambda values, pc: f"{u(pc + values['imm']):#x}",
    "pred,succ": lambda values, pc: f"{_accesses(values['imm'] >> 4)},{_accesses(values['imm'])}",
    "constant": lambda values, pc: FLI_NAMES[values["rs1"]],
    "rm": lambda values, pc: ROUNDING_NAMES[values["rm"]],
}
"""Operand words of a syntax that are neither a register nor a CSR, from the operands and pc."""


def disassemble(word: int, pc: int, csr_name: CsrName | None = None, *, compressed_names: bool = False) -> str:
    """The text of one instruction, mnemonic and operands separated by a blank.

    Args:
        word: the instruction's bits; of a compressed one only the low 16 count.
        pc: its address, for the targets of jumps and branches, which are absolute.
        csr_name: names a CSR's number; unnamed ones, or all without it, are written in hexadecimal.
        compressed_names: write ``c.li`` and its own operands, not the expansion.

    >>> disassemble(0xFE0518E3, 0x80000010), disassemble(0x4505, 0), disassemble(0x4505, 0, compressed_names=True)
    ('bne a0,zero,0x80000000', 'addi a0,zero,1', 'c.li a0,1')
    """
    decoded = decode(word)
    if decoded is None:
        return f".2byte {word & 0xFFFF:#x}" if is_compressed(word) else f".4byte {word:#x}"
    if decoded.form and compressed_names:
        name, syntax = decoded.form.name, decoded.form.syntax
        values = extract(decoded.form.pattern, decoded.operands.word)
    else:
        name, syntax = _name_and_syntax(decoded)
        values = {operand: getattr(decoded.operands, operand) for operand in OPERANDS}
    text = TOKEN.sub(lambda token: _operand(token[0], values, pc, csr_name), syntax)
    return f"{name} {text}" if text else name


def _name_and_syntax(decoded: Decoded) -> tuple[str, str]:
    """The mnemonic with its ordering suffix, and the syntax without what is not written."""
    instruction, operands = decoded.instruction, decoded.operands
    if instruction.name == "fence" and operands.imm == FENCE_TSO:
        return "fence.tso", ""
    syntax = instruction.syntax
    if operands.rm == DYNAMIC:
        syntax = syntax.removesuffix(",rm")
    return instruction.name + ORDERINGS[operands.aqrl], syntax


def _operand(token: str, values: Values, pc: int, csr_name: CsrName | None) -> str:
    """The text of one word of a syntax; a word that is no operand, such as ``sp``, stands for itself."""
    if token == "csr":
        number = values["csr"]
        return (csr_name and csr_name(number)) or f"{number:#x}"
    if token in FORMATS:
        return FORMATS[token](values, pc)
    register = REGISTER.match(token)
    if register is None:
        return token
    names = X_NAMES if register["file"] == "r" else F_NAMES
    return names[values[f"r{register['field']}{register['prime']}"]]


def _accesses(mask: int) -> str:
    """A fence's set of access kinds.

    >>> _accesses(0b0011), _accesses(0)
    ('rw', '0')
    """
    kinds = "".join(letter for position, letter in enumerate("wroi") if bit(mask, position))
    return kinds[::-1] or "0"
