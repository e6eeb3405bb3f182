"""RV64I: boundary rows of every instruction."""

from __future__ import annotations

import pytest

ONES = (1 << 64) - 1
TOP = 1 << 63


ARITHMETIC = [
    ("lui a0,0x80000", {}, {"a0": 0xFFFF_FFFF_8000_0000}),
    ("lui a0,0x7ffff", {}, {"a0": 0x7FFF_F000}),
    ("auipc a0,0x1", {}, {"a0": 0x8000_1000}),
    ("auipc a0,0xfffff", {}, {"a0": 0x7FFF_F000}),
    ("addi a0,a1,-1", {"a1": 0}, {"a0": ONES}),
    ("addi zero,a1,5", {"a1": 1}, {"zero": 0}),
    ("slti a0,a1,-1", {"a1": TOP}, {"a0": 1}),
    ("slti a0,a1,-1", {"a1": ONES}, {"a0": 0}),
    ("sltiu a0,a1,-1", {"a1": TOP}, {"a0": 1}),
    ("sltiu a0,a1,1", {"a1": 0}, {"a0": 1}),
    ("xori a0,a1,-1", {"a1": 0xF0}, {"a0": ONES - 0xF0}),
    ("ori a0,a1,-2048", {"a1": 1}, {"a0": ONES - 2046}),
    ("andi a0,a1,-16", {"a1": 0xFF}, {"a0": 0xF0}),
    ("slli a0,a1,0x3f", {"a1": 3}, {"a0": TOP}),
    ("srli a0,a1,0x3f", {"a1": TOP}, {"a0": 1}),
    ("srai a0,a1,0x3f", {"a1": TOP}, {"a0": ONES}),
    ("add a0,a1,a2", {"a1": ONES, "a2": 1}, {"a0": 0}),
    ("sub a0,a1,a2", {"a1": 0, "a2": 1}, {"a0": ONES}),
    ("sll a0,a1,a2", {"a1": 1, "a2": 64 + 5}, {"a0": 32}),
    ("srl a0,a1,a2", {"a1": TOP, "a2": 64 + 62}, {"a0": 2}),
    ("sra a0,a1,a2", {"a1": TOP, "a2": ONES}, {"a0": ONES}),
    ("slt a0,a1,a2", {"a1": TOP, "a2": 0}, {"a0": 1}),
    ("slt a0,a1,a2", {"a1": 0, "a2": TOP}, {"a0": 0}),
    ("sltu a0,a1,a2", {"a1": 0, "a2": TOP}, {"a0": 1}),
    ("xor a0,a1,a2", {"a1": 0b1100, "a2": 0b1010}, {"a0": 0b0110}),
    ("or a0,a1,a2", {"a1": 0b1100, "a2": 0b1010}, {"a0": 0b1110}),
    ("and a0,a1,a2", {"a1": 0b1100, "a2": 0b1010}, {"a0": 0b1000}),
]

WORDS = [
    ("addiw a0,a1,1", {"a1": 0x7FFF_FFFF}, {"a0": 0xFFFF_FFFF_8000_0000}),
    ("addiw a0,a1,0", {"a1": 0xDEAD_0000_0001}, {"a0": 1}),
    ("slliw a0,a1,0x1f", {"a1": 1}, {"a0": 0xFFFF_FFFF_8000_0000}),
    ("srliw a0,a1,0x4", {"a1": 0x1_8000_0000}, {"a0": 0x0800_0000}),
    ("srliw a0,a1,0x0", {"a1": 0x8000_0000}, {"a0": 0xFFFF_FFFF_8000_0000}),
    ("sraiw a0,a1,0x4", {"a1": 0x8000_0000}, {"a0": 0xFFFF_FFFF_F800_0000}),
    ("addw a0,a1,a2", {"a1": 0xFFFF_FFFF, "a2": 1}, {"a0": 0}),
    ("subw a0,a1,a2", {"a1": 0x1_0000_0000, "a2": 1}, {"a0": ONES}),
    ("sllw a0,a1,a2", {"a1": 1, "a2": 32 + 31}, {"a0": 0xFFFF_FFFF_8000_0000}),
    ("srlw a0,a1,a2", {"a1": 0xFF_8000_0000, "a2": 32 + 31}, {"a0": 1}),
    ("sraw a0,a1,a2", {"a1": 0xFF_8000_0000, "a2": 31}, {"a0": ONES}),
]

JUMPS = [
    ("jal ra,0x80000800", {}, {"pc": 0x800, "ra": 0x8000_0004}),
    ("jal zero,0x80000000", {}, {"pc": 0, "zero": 0}),
    ("jalr ra,3(a0)", {"a0": 0x8000_0400}, {"pc": 0x402, "ra": 0x8000_0004}),
    ("jalr a0,-1(a0)", {"a0": 0x8000_0401}, {"pc": 0x400, "a0": 0x8000_0004}),
    ("jalr zero,8(a0)", {"a0": ONES - 3}, {"pc": 4 - 0x8000_0000}),
]

BRANCHES = [
    ("beq", 1, 1, True),
    ("beq", 1, 2, False),
    ("bne", 1, 2, True),
    ("bne", TOP, TOP, False),
    ("blt", ONES, 0, True),
    ("blt", 0, ONES, False),
    ("bge", 0, ONES, True),
    ("bge", 5, 5, True),
    ("bge", TOP, 0, False),
    ("bltu", 0, ONES, True),
    ("bltu", ONES, 0, False),
    ("bgeu", ONES, 0, True),
    ("bgeu", 0, 1, False),
]

LOADS = [
    ("lb a0,0(a1)", 0xFFFF_FFFF_FFFF_FF88),
    ("lbu a0,0(a1)", 0x88),
    ("lb a0,7(a1)", 0xFFFF_FFFF_FFFF_FF81),
    ("lh a0,0(a1)", 0xFFFF_FFFF_FFFF_8788),
    ("lhu a0,0(a1)", 0x8788),
    ("lw a0,0(a1)", 0xFFFF_FFFF_8586_8788),
    ("lwu a0,0(a1)", 0x8586_8788),
    ("lw a0,4(a1)", 0xFFFF_FFFF_8182_8384),
    ("ld a0,0(a1)", 0x8182_8384_8586_8788),
]

STORES = [
    ("sb a0,0(a1)", 0xEF),
    ("sh a0,0(a1)", 0xCDEF),
    ("sw a0,0(a1)", 0x89AB_CDEF),
    ("sd a0,0(a1)", 0x0123_4567_89AB_CDEF),
]


@pytest.mark.parametrize(("text", "before", "after"), [*ARITHMETIC, *WORDS])
def test_arithmetic(bench, text, before, after):
    assert bench.after(text, before, after) == after
    assert bench.get("pc") == 4


@pytest.mark.parametrize(("text", "before", "after"), JUMPS)
def test_jumps(bench, text, before, after):
    assert bench.after(text, before, after) == after


@pytest.mark.parametrize(("name", "left", "right", "taken"), BRANCHES)
@pytest.mark.parametrize("target", [-0x1000, 0xFFE])
def test_branches(bench, name, left, right, taken, target):
    bench.run(f"{name} a0,a1,{bench.base + target:#x}", a0=left, a1=right)
    assert bench.get("pc") == (target if taken else 4)


@pytest.mark.parametrize(("text", "value"), LOADS)
def test_loads(bench, text, value):
    bench.poke(bench.data, 8, 0x8182_8384_8586_8788)
    assert bench.after(text, {"a1": bench.data}, {"a0": 0}) == {"a0": value}


def test_load_address_wraps_around_the_address_space(bench):
    bench.poke(bench.data, 8, 0x11)
    assert bench.after("ld a0,-1(a1)", {"a1": bench.data + 1}, {"a0": 0}) == {"a0": 0x11}
    trap = bench.run("ld a0,1(a1)", a1=ONES)
    assert (trap.cause, trap.tval) == (5, 0)


@pytest.mark.parametrize(("text", "value"), STORES)
def test_stores_write_only_their_bytes(bench, text, value):
    size = {"sb": 1, "sh": 2, "sw": 4, "sd": 8}[text[:2]]
    bench.poke(bench.data, 8, ONES)
    bench.run(text, a0=0x0123_4567_89AB_CDEF, a1=bench.data)
    assert bench.peek(bench.data, 8) == ONES >> 8 * size << 8 * size | value


@pytest.mark.parametrize("text", ["fence rw,rw", "fence iorw,iorw", "fence w,0", "fence.tso", "fence.i"])
def test_fences_change_nothing_but_pc(bench, text):
    before = bytes(bench.hart.state.x)
    assert bench.run(text) is None
    assert (bench.get("pc"), bytes(bench.hart.state.x)) == (4, before)


def test_a_load_that_faults_leaves_its_destination(bench):
    trap = bench.run("ld a0,0(a1)", a0=7, a1=0x10)
    assert (trap.cause, trap.tval, bench.get("a0")) == (5, 0x10, 7)
