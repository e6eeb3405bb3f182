"""RV64A: every operation in both sizes, and the life of a reservation."""

from __future__ import annotations

import pytest

ONES = (1 << 64) - 1
TOP = 1 << 63
MINUS_TWO = ONES - 1

ROWS = [
    ("amoswap", 5, 7, 7),
    ("amoadd", ONES, 2, 1),
    ("amoxor", 0b1100, 0b1010, 0b0110),
    ("amoand", 0b1100, 0b1010, 0b1000),
    ("amoor", 0b1100, 0b1010, 0b1110),
    ("amomin", MINUS_TWO, 1, MINUS_TWO),
    ("amomin", 1, MINUS_TWO, MINUS_TWO),
    ("amomax", MINUS_TWO, 1, 1),
    ("amomax", 1, MINUS_TWO, 1),
    ("amominu", MINUS_TWO, 1, 1),
    ("amominu", 1, MINUS_TWO, 1),
    ("amomaxu", MINUS_TWO, 1, MINUS_TWO),
    ("amomaxu", 1, MINUS_TWO, MINUS_TWO),
]


@pytest.mark.parametrize(("name", "old", "operand", "new"), ROWS)
@pytest.mark.parametrize("ordering", ["", ".aq", ".rl", ".aqrl"])
def test_doublewords(bench, name, old, operand, new, ordering):
    bench.poke(bench.data, 8, old)
    text = f"{name}.d{ordering} a0,a1,(a2)"
    assert bench.after(text, {"a1": operand, "a2": bench.data}, {"a0": 0}) == {"a0": old}
    assert bench.peek(bench.data, 8) == new


@pytest.mark.parametrize(("name", "old", "operand", "new"), ROWS)
def test_words_use_and_change_four_bytes(bench, name, old, operand, new):
    bench.poke(bench.data, 8, 0xAAAA_AAAA << 32 | old & 0xFFFF_FFFF)
    rubbish = 0x5555_5555 << 32 | operand & 0xFFFF_FFFF
    assert bench.after(f"{name}.w a0,a1,(a2)", {"a1": rubbish, "a2": bench.data}, {"a0": 0}) == {"a0": old}
    assert bench.peek(bench.data, 8) == 0xAAAA_AAAA << 32 | new & 0xFFFF_FFFF


def test_the_source_may_be_the_destination(bench):
    bench.poke(bench.data, 8, 3)
    assert bench.after("amoadd.d a1,a1,(a2)", {"a1": 4, "a2": bench.data}, {"a1": 0}) == {"a1": 3}
    assert bench.peek(bench.data, 8) == 7


@pytest.mark.parametrize("text", ["amoadd.w a0,a1,(a2)", "sc.w a0,a1,(a2)"])
def test_misaligned_is_a_store_fault(bench, text):
    trap = bench.run(text, a0=9, a2=bench.data + 2)
    assert (trap.cause, trap.tval, bench.get("a0")) == (6, bench.data + 2, 9)


def test_misaligned_load_reserved_is_a_load_fault(bench):
    trap = bench.run("lr.d a0,(a2)", a2=bench.data + 4)
    assert (trap.cause, trap.tval) == (4, bench.data + 4)


def test_amo_on_no_memory_is_a_store_access_fault(bench):
    trap = bench.run("amoadd.w a0,a1,(a2)", a2=0x1000)
    assert (trap.cause, trap.tval) == (7, 0x1000)


@pytest.mark.parametrize(("suffix", "size", "value"), [("w", 4, 0xFFFF_FFFF_8000_0001), ("d", 8, 0x1234_8000_0001)])
def test_conditional_store_succeeds_once(bench, suffix, size, value):
    bench.poke(bench.data, 8, 0x1234_8000_0001)
    load, store = f"lr.{suffix} a0,(a2)", f"sc.{suffix} a0,a1,(a2)"
    assert bench.after(load, {"a2": bench.data}, {"a0": 0}) == {"a0": value}
    assert bench.after(store, {"a1": 99}, {"a0": 0}) == {"a0": 0}
    assert bench.peek(bench.data, size) == 99
    assert bench.after(store, {"a1": 5}, {"a0": 0}) == {"a0": 1}
    assert bench.peek(bench.data, size) == 99


def test_conditional_store_elsewhere_fails(bench):
    bench.run("lr.d a0,(a2)", a2=bench.data)
    assert bench.after("sc.d a0,a1,(a2)", {"a1": 1, "a2": bench.data + 0x800}, {"a0": 0}) == {"a0": 1}
