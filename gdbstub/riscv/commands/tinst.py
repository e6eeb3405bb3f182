"""What htinst or mtinst says (hypervisor extension, "Transformed Instruction or Pseudoinstruction …")."""

from __future__ import annotations

from gdbstub.riscv.commands.words import instruction
from machine.memory.faults import PSEUDO_READ, PSEUDO_WRITE

__all__ = ["tinst_text"]

PSEUDO = {
    0: "no information",
    PSEUDO_READ: "the hardware's own read of a VS-stage PTE (pseudoinstruction)",
    PSEUDO_WRITE: "the hardware's own write of a VS-stage PTE, for A and D (pseudoinstruction)",
}
NOT_COMPRESSED = 2
"""Cleared in the transformation of an instruction of 16 bits."""
OFFSET = 15
"""Address Offset takes the place of rs1, five bits from here."""


def tinst_text(value: int) -> str:
    """A sentence.

    >>> tinst_text(0x3000)
    "the hardware's own read of a VS-stage PTE (pseudoinstruction)"
    >>> tinst_text(0x3503)
    "transformed 'ld a0,0(-)'"
    """
    if value in PSEUDO:
        return PSEUDO[value]
    text = instruction((value | NOT_COMPRESSED) & ~(0x1F << OFFSET), 0).replace("(zero)", "(-)")
    size = "" if value & NOT_COMPRESSED else " of 16 bits"
    offset = value >> OFFSET & 0x1F
    where = f", its part at offset {offset}" if offset else ""
    return f"transformed '{text}'{size}{where}"
