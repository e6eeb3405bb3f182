"""From bits to an instruction and its operands; both tables come from the patterns.

Every extension is declared here once: importing this module fills the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from machine.isa import (
    hypervisor,
    privileged,
    rv64a,
    rv64d,
    rv64f,
    rv64i,
    rv64m,
    svinval,
    zacas,
    zawrs,
    zba,
    zbb,
    zbc,
    zbs,
    zfa,
    zfh,
    zfhmin,
    zicbo,
    zicond,
    zicsr,
    zifencei,
    zihint,
    zimop,
)
from machine.isa.catalogue import INSTRUCTIONS, REPLACEMENTS, Instruction, Meaning, brought
from machine.isa.operands import OperandValues, extract
from machine.isa.rvc import FORMS, Compressed
from machine.isa.vocabulary import Operands

__all__ = ["BY_NAME", "EXTENSIONS", "Decoded", "Decoder", "decode", "is_compressed"]

DECLARING = (
    *(rv64i, rv64m, rv64a, rv64f, rv64d, zicsr, zifencei, zicond, zba, zbb, zbc, zbs),
    *(zfhmin, zfh, zfa, zacas, zawrs, zicbo, zihint, zimop),
    *(privileged, hypervisor, svinval),
)
"""The modules whose import declares the machine's instructions."""

BY_NAME = {instruction.name: instruction for instruction in INSTRUCTIONS}

EXTENSIONS = frozenset(
    part
    for declared in ([i.extension for i in INSTRUCTIONS], [form.extension for form in FORMS])
    for extension in declared
    for part in extension.split("+")
)
"""Every extension that the machine has instructions of, by the manual's names."""

CACHED_WORDS = 1 << 16


@dataclass(frozen=True, slots=True)
class Decoded:
    """An instruction with its operands: run it with ``meaning(hart, operands)``.

    Attributes:
        length: bytes in memory, 2 or 4.
        form: the compressed form that the bits are, or None.
    """

    instruction: Instruction
    operands: Operands
    length: int
    meaning: Meaning
    form: Compressed | None = None


def is_compressed(word: int) -> bool:
    """Whether an instruction whose low bits are ``word``'s has 16 bits."""
    return word & 3 != 3


class Decoder:
    """Decodes for a machine that has only some of the extensions; the others' encodings are none.

    Args:
        extensions: manual names, see `EXTENSIONS`.
        proposals: names of proposals whose meanings replace ratified ones (`machine.isa.catalogue.replaces`).

    Attributes:
        instructions, forms: all that it knows; where several match, the first one is meant.

    >>> Decoder(frozenset({"I"})).decode(0x02B50533) is None  # mul a0, a0, a1
    True
    """

    def __init__(self, extensions: frozenset[str] = EXTENSIONS, proposals: Iterable[str] = ()) -> None:
        self.extensions = extensions
        replaced = {name: new for proposal in proposals for name, new in REPLACEMENTS.get(proposal, {}).items()}
        present = [known for known in INSTRUCTIONS if brought(known.extension, extensions)]
        self.instructions = sorted((replaced.get(known.name, known) for known in present), key=_plainness)
        names = {known.name for known in present}
        forms = (form for form in FORMS if form.base in names and brought(form.extension, extensions))
        self.forms = sorted(forms, key=_plainness)
        self._words = _by_opcode_and_mask(self.instructions)
        self._halves = _by_corner(self.forms)
        self.decode: Callable[[int], Decoded | None] = lru_cache(CACHED_WORDS)(self._decode)
        """The instruction that the 32 bits (of a compressed one, the low 16) are, or None."""

    def _decode(self, word: int) -> Decoded | None:
        return self._decode_half(word & 0xFFFF) if is_compressed(word) else self._decode_word(word)

    def _decode_word(self, word: int) -> Decoded | None:
        for mask, by_match in self._words.get(word & 0x7F, {}).items():
            found = by_match.get(word & mask)
            if found:
                operands = OperandValues(word, extract(found.pattern, word))
                return Decoded(found, operands, 4, found.meaning)
        return None

    def _decode_half(self, half: int) -> Decoded | None:
        for form in self._halves.get(half & 0xE003, ()):
            if form.matches(half):
                base = BY_NAME[form.base]
                operands = OperandValues(half, form.operands(base.syntax, half))
                return Decoded(base, operands, 2, base.meaning, form)
        return None


def _plainness(declared: Instruction | Compressed) -> int:
    """Less for more constant bits: first comes an extension's use of what is a hint, or reserved, without it."""
    return -declared.pattern.mask.bit_count()


def _by_opcode_and_mask(instructions: Iterable[Instruction]) -> dict[int, dict[int, dict[int, Instruction]]]:
    """opcode → mask → match → instruction, in the given order of masks."""
    table: dict[int, dict[int, dict[int, Instruction]]] = {}
    for instruction in instructions:
        match, mask = instruction.pattern.match, instruction.pattern.mask
        table.setdefault(match & 0x7F, {}).setdefault(mask, {})[match] = instruction
    return table


def _by_corner(forms: Iterable[Compressed]) -> dict[int, list[Compressed]]:
    """funct3 and quadrant → the forms there."""
    table: dict[int, list[Compressed]] = {}
    for form in forms:
        table.setdefault(form.pattern.match & 0xE003, []).append(form)
    return table


decode = Decoder().decode
"""Decode with every extension present."""
