"""Decoding and encoding: every pattern both ways, no overlap, and what is no instruction."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from machine.isa.catalogue import INSTRUCTIONS, Pattern
from machine.isa.decode import BY_NAME, EXTENSIONS, Decoder, decode
from machine.isa.encode import encode
from machine.isa.operands import deposit, extract

by_name = pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)


HINTS = ("Zihintpause", "Zihintntl", "Zicbop")
"""Extensions that name special cases of other encodings."""


@by_name
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_operands_survive_encoding_and_decoding(instruction, data):
    free = ((1 << 32) - 1) & ~instruction.pattern.mask
    word = instruction.pattern.match | data.draw(st.integers(0, (1 << 32) - 1)) & free
    decoded = decode(word)
    assume(decoded.instruction.extension not in HINTS or decoded.instruction is instruction)
    assert decoded.instruction is instruction
    assert (decoded.length, decoded.form, decoded.operands.word) == (4, None, word)
    values = extract(instruction.pattern, word)
    assert {name: getattr(decoded.operands, name) for name in values} == values
    assert encode(instruction.name, **values) == deposit(instruction.pattern, values) == word


def test_names_are_unique():
    assert len(BY_NAME) == len(INSTRUCTIONS)


def test_no_two_patterns_overlap():
    """But for a hint with a name of its own, which is a special case of what encodes it."""
    for one, other in combinations(INSTRUCTIONS, 2):
        common = one.pattern.mask & other.pattern.mask
        special = common in (one.pattern.mask, other.pattern.mask) and one.pattern.mask != other.pattern.mask
        assert special or one.pattern.match & common != other.pattern.match & common, (one.name, other.name)


def test_every_instruction_says_what_it_does():
    assert [instruction.name for instruction in INSTRUCTIONS if not instruction.summary.endswith((".", "!"))] == []


NOTHING = [
    0x0000_0000,  # defined illegal
    0xFFFF_FFFF,
    0x0000_0057,  # vector
    0x0000_7003,  # a load without a size
    0x0000_4023,
    0x0200_1013 | 1 << 30,  # slli with a reserved upper field
    0x0200_101B,  # slliw by 32 or more
    0x0000_0073 | 1 << 7,  # ecall with rd
    0x1010_202F | 1 << 20,  # lr.w with rs2
    0x3000_4073 | 1 << 31,  # funct3 of hlv, but no such
    0x2000_0073,  # uret
]


@pytest.mark.parametrize("word", NOTHING, ids=hex)
def test_reserved_encodings_are_no_instruction(word):
    assert decode(word) is None


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        ("M", [encode("mul", rd=1), encode("remuw", rd=1)]),
        ("A", [encode("lr.w", rd=1), encode("amoadd.d", rd=1)]),
        ("H", [encode("hlv.w", rd=1), encode("hfence.gvma")]),
        ("C", [0x4505, 0x9002]),
    ],
)
def test_an_absent_extension_takes_its_encodings_along(extension, words):
    without = Decoder(EXTENSIONS - {extension})
    for word in words:
        assert decode(word) is not None
        assert without.decode(word) is None
    assert without.decode(encode("addi", rd=1)) is not None


@pytest.mark.parametrize(
    ("name", "operands", "complaint"),
    [
        ("adddi", {}, "no instruction is named 'adddi'"),
        ("addi", {"imm": 2048}, "addi cannot hold imm=2048"),
        ("jal", {"imm": 3}, "jal cannot hold imm=3"),
        ("add", {"imm": 1}, "add cannot hold imm=1"),
        ("add", {"rd": 32}, "add cannot hold rd=32"),
        ("c.mv", {"rd": 1, "rs2": 0}, "c.mv with .* is reserved or another instruction"),
    ],
)
def test_encoding_refuses_what_does_not_fit(name, operands, complaint):
    with pytest.raises(ValueError, match=complaint):
        encode(name, **operands)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("imm[11:0] rs1 000 rd 001001", "has 31 bits"), ("imm[11:0] rs9 000 rd 0010011", "unknown field 'rs9'")],
)
def test_a_wrong_pattern_is_named(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        Pattern.of(text)
