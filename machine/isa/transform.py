"""The transformed instruction that mtinst and htinst receive (hypervisor extension, "Transformed Instruction or
Pseudoinstruction for mtinst or htinst"; rules H_trap_xtinst_exception_list, H_tinst_addr_offset)."""

from __future__ import annotations

from machine.bits import bits, u
from machine.isa.decode import BY_NAME
from machine.isa.encode import expand
from machine.isa.rvc import FORMS

__all__ = ["transform"]

LOAD, LOAD_FP, STORE, STORE_FP, AMO, SYSTEM = 0x03, 0x07, 0x23, 0x27, 0x2F, 0x73
GUEST_ACCESS = 0b100
"""funct3 of HLV, HLVX and HSV."""

ADDRESS_OFFSET = 15
"""Position of Addr. Offset: it replaces rs1."""

KEEP_LOAD = 0x0000_7FFF
"""funct3, rd, opcode; the immediate is cleared."""
KEEP_STORE = 0x01F0_707F
"""rs2, funct3, opcode; the immediate is cleared."""
KEEP_ALL = 0xFFF0_7FFF
"""All but rs1."""

COMPRESSED = 2
"""The bit that is cleared when the instruction has 16 bits."""

MEMORY_FORMS = [form for form in FORMS if u(BY_NAME[form.base].pattern.match, 7) in (LOAD, LOAD_FP, STORE, STORE_FP)]


def transform(word: int, offset: int = 0) -> int:
    """The transformation of an instruction of 16 or 32 bits, or 0 when none is defined for it; staged-able.

    Args:
        word: the instruction as fetched.
        offset: the faulting address minus the instruction's address, in bytes; nonzero only for a misaligned access.
    """
    if word & 3 == 3:
        return transform_word(word, offset)
    for form in MEMORY_FORMS:
        if form.matches(word):
            return transform_word(expand(form, word), offset) & ~COMPRESSED
    return 0


def transform_word(word: int, offset: int) -> int:
    """The same for a 32-bit instruction."""
    opcode = u(word, 7)
    replaced = offset << ADDRESS_OFFSET
    if opcode in (LOAD, LOAD_FP):
        return word & KEEP_LOAD | replaced
    if opcode in (STORE, STORE_FP):
        return word & KEEP_STORE | replaced
    if opcode == AMO:
        return word & KEEP_ALL | replaced
    if opcode == SYSTEM and bits(word, 14, 12) == GUEST_ACCESS:
        return word & KEEP_ALL | replaced
    return 0
