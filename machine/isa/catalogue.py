"""Every instruction of the machine: pattern, syntax and meaning in one stanza.

A pattern is written in the manual's column order, most significant field first: constants as bit strings, operands
by name. From it derive the decoder, the disassembler, the encoder that tests use, and the operand layout that a
native engine reads.

>>> from machine.isa.catalogue import Pattern
>>> p = Pattern.of("imm[11:0] rs1 000 rd 0010011")
>>> hex(p.match), hex(p.mask)
('0x13', '0x707f')
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["INSTRUCTIONS", "REPLACEMENTS", "Field", "Instruction", "Pattern", "brought", "instruction", "replaces"]

Meaning = Callable[[Any, Any], None]

WIDTHS = {"rd": 5, "rs1": 5, "rs2": 5, "rs3": 5, "rm": 3, "csr": 12, "aqrl": 2, "zimm": 5, "shamt": 6, "shamtw": 5}
UNSIGNED_IMMEDIATES = ("zimm", "shamt", "shamtw")
IMMEDIATE = re.compile(r"(?P<sign>u?)imm\[(?P<parts>[0-9:|]+)\]$")


@dataclass(frozen=True)
class Field:
    """``width`` bits at ``low`` of the word, contributing bits ``target`` upward of the operand ``name``."""

    name: str
    low: int
    width: int
    target: int = 0


@dataclass(frozen=True)
class Pattern:
    """Constant bits (``match`` under ``mask``), operand fields, and the immediate's width when it is signed."""

    match: int
    mask: int
    fields: tuple[Field, ...]
    signed_bits: int
    length: int

    @classmethod
    def of(cls, text: str) -> Pattern:
        """Parse a pattern of 32 or 16 bits. Raises ValueError naming the pattern when the widths do not add up.

        ``imm[20|10:1|11|19:12]`` places the parts of a signed immediate from the most significant field bit down;
        ``uimm[...]`` is the unsigned form, and so are ``zimm``, ``shamt`` and ``shamtw``; all of them are the operand
        ``imm``. ``rd'`` (likewise rs1, rs2) is a compressed form's 3-bit field for registers 8 to 15.
        """
        tokens = text.split()
        width = sum(_width(token) for token in tokens)
        if width not in (16, 32):
            raise ValueError(f"pattern {text!r} has {width} bits, not 16 or 32")
        position, match, mask, signed, fields = width, 0, 0, 0, []
        for token in tokens:
            size = _width(token)
            position -= size
            if set(token) <= {"0", "1"}:
                match |= int(token, 2) << position
                mask |= ((1 << size) - 1) << position
                continue
            fields += _fields(token, position, size)
            found = IMMEDIATE.match(token)
            if found and not found["sign"]:
                signed = max(signed, *(f.target + f.width for f in fields if f.name == "imm"))
        return cls(match, mask, tuple(fields), signed, width // 8)


def _parts(text: str) -> list[tuple[int, int]]:
    """The (high, low) pairs of ``20|10:1|11``."""
    pairs = [part.split(":") for part in text.split("|")]
    return [(int(pair[0]), int(pair[-1])) for pair in pairs]


def _width(token: str) -> int:
    if set(token) <= {"0", "1"}:
        return len(token)
    found = IMMEDIATE.match(token)
    if found:
        return sum(high - low + 1 for high, low in _parts(found["parts"]))
    if token.rstrip("'") in WIDTHS:
        return 3 if token.endswith("'") else WIDTHS[token]
    raise ValueError(f"unknown field {token!r} in a pattern")


def _fields(token: str, low: int, width: int) -> list[Field]:
    found = IMMEDIATE.match(token)
    if not found:
        return [Field("imm" if token in UNSIGNED_IMMEDIATES else token, low, width)]
    fields, position = [], low + width
    for high, bottom in _parts(found["parts"]):
        position -= high - bottom + 1
        fields.append(Field("imm", position, high - bottom + 1, bottom))
    return fields


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name, pattern, assembler syntax, extension and meaning."""

    name: str
    pattern: Pattern
    syntax: str
    extension: str
    meaning: Meaning = field(repr=False)

    @property
    def summary(self) -> str:
        """The first line of the meaning's docstring."""
        return (self.meaning.__doc__ or "").strip().partition("\n")[0]


INSTRUCTIONS: list[Instruction] = []


def brought(extension: str, extensions: frozenset[str]) -> bool:
    """Whether ``extensions`` bring what is declared to be of ``extension`` (one name, or several joined by +)."""
    return extensions.issuperset(extension.split("+"))


def instruction(name: str, pattern: str, syntax: str = "", extension: str = "I") -> Callable[[Meaning], Meaning]:
    """Declare an instruction; the decorated function ``meaning(h, i)`` is what it does.

    Args:
        name: the mnemonic, as assemblers write it.
        pattern: see `Pattern.of`.
        syntax: operand list for the disassembler, e.g. ``"rd,imm(rs1)"``, ``"rs1,rs2,pc+imm"``, ``"fd,fs1,fs2,rm"``.
        extension: the manual name of the extension that brings it, or of those that do together: ``"Zcb+Zbb"``.
    """

    def declare(meaning: Meaning) -> Meaning:
        INSTRUCTIONS.append(Instruction(name, Pattern.of(pattern), syntax, extension, meaning))
        return meaning

    return declare


REPLACEMENTS: dict[str, dict[str, Instruction]] = {}
"""By proposal and name of the ratified instruction: what it means on a machine with that proposal."""


def replaces(name: str, proposal: str) -> Callable[[Meaning], Meaning]:
    """Declare what the instruction ``name`` means on a machine that has ``proposal`` switched on.

    The replacement's own name holds the proposal's, so that code compiled for the ratified meaning is never taken.
    Raises LookupError when no such instruction is declared.
    """

    def declare(meaning: Meaning) -> Meaning:
        found = next((known for known in INSTRUCTIONS if known.name == name), None)
        if found is None:
            raise LookupError(f"{proposal} replaces {name}, which is not declared")
        replacement = replace(found, name=f"{name} ({proposal})", meaning=meaning)
        REPLACEMENTS.setdefault(proposal, {})[name] = replacement
        return meaning

    return declare
