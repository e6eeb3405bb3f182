"""RV64C: all 49152 halfwords, the expansions one by one, and the forms at work."""

from __future__ import annotations

from collections import Counter

import pytest

from machine.isa.assemble import assemble
from machine.isa.decode import Decoder, decode
from machine.isa.disassemble import disassemble
from machine.isa.encode import expand
from machine.isa.rvc import FORMS

HALVES = [half for half in range(1 << 16) if half & 3 != 3]


def test_no_halfword_is_two_forms():
    """A hint with a name of its own has more constant bits than the form whose encoding it uses."""
    for half in HALVES:
        constant = [form.pattern.mask.bit_count() for form in FORMS if form.matches(half)]
        assert constant.count(max(constant, default=0)) <= 1, hex(half)


def test_every_form_occurs():
    seen = Counter(decode(half).form.name for half in HALVES if decode(half))
    assert set(seen) == {form.name for form in FORMS}


def test_a_form_means_what_its_expansion_means():
    for half in HALVES:
        decoded = decode(half)
        if decoded is None:
            continue
        word = decode(expand(decoded.form, half))
        if word.instruction.name.startswith("ntl."):
            continue  # c.mv to x0, a HINT, expands to a HINT with a name of its own
        names = ("rd", "rs1", "rs2", "rs3", "rm", "imm", "csr", "aqrl")
        assert decoded.instruction is word.instruction
        assert [getattr(decoded.operands, n) for n in names] == [getattr(word.operands, n) for n in names], hex(half)
        assert (decoded.length, decoded.operands.word) == (2, half)


RESERVED = [
    0x0000,  # defined illegal
    0x0004,  # c.addi4spn with a zero immediate
    0x2001,  # c.addiw to x0
    0x6101,  # c.addi16sp by 0
    0x6001,  # c.lui of 0, and no c.mop
    0x6881,
    0x4002,  # c.lwsp to x0
    0x6002,  # c.ldsp to x0
    0x8002,  # c.jr x0
    0x9C79,  # reserved beside c.not
    0x9C7D,
    0x9C00,  # quadrant 0, funct6 100111
]


@pytest.mark.parametrize("half", RESERVED, ids=hex)
def test_reserved_halfwords_are_no_instruction(half):
    assert decode(half) is None


HINTS = [
    (0x0005, "addi zero,zero,1"),  # c.nop 1
    (0x0501, "addi a0,a0,0"),
    (0x4005, "addi zero,zero,1"),  # c.li x0
    (0x6005, "lui zero,0x1"),  # c.lui x0
    (0x0006, "slli zero,zero,0x1"),  # c.slli x0
    (0x0502, "slli a0,a0,0x0"),
    (0x8101, "srli a0,a0,0x0"),
    (0x802A, "add zero,zero,a0"),  # c.mv x0
    (0x902A, "add zero,zero,a0"),  # c.add x0
]


@pytest.mark.parametrize(("half", "text"), HINTS)
def test_hints_execute_as_what_they_expand_to(half, text):
    assert disassemble(half, 0) == text


EXPANSIONS = [
    ("c.addi4spn a0,sp,1020", "addi a0,sp,1020"),
    ("c.fld fa0,248(a1)", "fld fa0,248(a1)"),
    ("c.lw a0,124(a1)", "lw a0,124(a1)"),
    ("c.ld a0,248(a1)", "ld a0,248(a1)"),
    ("c.fsd fs0,8(a1)", "fsd fs0,8(a1)"),
    ("c.sw a0,64(a1)", "sw a0,64(a1)"),
    ("c.sd a5,192(s0)", "sd a5,192(s0)"),
    ("c.addi t6,-32", "addi t6,t6,-32"),
    ("c.addiw t6,31", "addiw t6,t6,31"),
    ("c.li t6,-1", "addi t6,zero,-1"),
    ("c.addi16sp sp,-512", "addi sp,sp,-512"),
    ("c.addi16sp sp,496", "addi sp,sp,496"),
    ("c.lui t6,0xfffe0", "lui t6,0xfffe0"),
    ("c.lui t6,0x1f", "lui t6,0x1f"),
    ("c.srli a0,0x3f", "srli a0,a0,0x3f"),
    ("c.srai a0,0x20", "srai a0,a0,0x20"),
    ("c.andi a0,-32", "andi a0,a0,-32"),
    ("c.sub a0,a1", "sub a0,a0,a1"),
    ("c.xor a0,a1", "xor a0,a0,a1"),
    ("c.or a0,a1", "or a0,a0,a1"),
    ("c.and a0,a1", "and a0,a0,a1"),
    ("c.subw a0,a1", "subw a0,a0,a1"),
    ("c.addw a0,a1", "addw a0,a0,a1"),
    ("c.j 0x7fe", "jal zero,0x7fe"),
    ("c.beqz a0,0xfe", "beq a0,zero,0xfe"),
    ("c.bnez a0,0xaa", "bne a0,zero,0xaa"),
    ("c.slli t6,0x3f", "slli t6,t6,0x3f"),
    ("c.fldsp ft11,504(sp)", "fld ft11,504(sp)"),
    ("c.lwsp t6,252(sp)", "lw t6,252(sp)"),
    ("c.ldsp t6,504(sp)", "ld t6,504(sp)"),
    ("c.jr t6", "jalr zero,0(t6)"),
    ("c.mv t6,t5", "add t6,zero,t5"),
    ("c.ebreak", "ebreak"),
    ("c.jalr t6", "jalr ra,0(t6)"),
    ("c.add t6,t5", "add t6,t6,t5"),
    ("c.fsdsp ft11,504(sp)", "fsd ft11,504(sp)"),
    ("c.swsp t6,252(sp)", "sw t6,252(sp)"),
    ("c.sdsp t6,504(sp)", "sd t6,504(sp)"),
    ("c.nop", "addi zero,zero,0"),
]


@pytest.mark.parametrize(("short", "long"), EXPANSIONS)
def test_expansions(short, long):
    half = 1 if short == "c.nop" else assemble(short)
    assert disassemble(half, 0) == long
    assert expand(decode(half).form, half) == assemble(long)


def test_without_d_its_compressed_forms_are_no_instruction():
    without = Decoder(frozenset({"I", "C"}))
    assert without.decode(assemble("c.fld fa0,8(a1)")) is None
    assert without.decode(assemble("c.ld a0,8(a1)")) is not None


def test_links_and_falls_through_by_two(bench):
    assert bench.after("c.jalr a0", {"a0": bench.base + 0x100}, {"pc": 0, "ra": 0}) == {
        "pc": 0x100,
        "ra": bench.base + 2,
    }
    assert bench.after("c.addi a0,-1", {"a0": 0}, {"pc": 0, "a0": 0}) == {"pc": 2, "a0": (1 << 64) - 1}


def test_illegal_halfword_reports_its_16_bits(bench):
    trap = bench.run(0x9C79)
    assert (trap.cause, trap.tval) == (2, 0x9C79)
