"""RV64M: rows at the boundaries, and generated operands against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import trunc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine.isa.decode import BY_NAME
from machine.isa.operands import OperandValues

ONES = (1 << 64) - 1
TOP = 1 << 63
LOW = 0xFFFF_FFFF

ROWS = [
    ("mul", ONES, ONES, 1),
    ("mulh", TOP, TOP, 1 << 62),
    ("mulh", ONES, ONES, 0),
    ("mulhsu", ONES, ONES, ONES),
    ("mulhu", ONES, ONES, ONES - 1),
    ("div", 7, ONES - 1, ONES - 2),
    ("div", 7, 0, ONES),
    ("div", TOP, ONES, TOP),
    ("divu", 7, 0, ONES),
    ("divu", ONES, 2, TOP - 1),
    ("rem", ONES - 6, 2, ONES),
    ("rem", ONES - 6, 0, ONES - 6),
    ("rem", TOP, ONES, 0),
    ("remu", 7, 0, 7),
    ("mulw", 0x1_0000_0003, 0x7FFF_FFFF, 0x7FFF_FFFD),
    ("divw", 0x8000_0000, LOW, 0xFFFF_FFFF_8000_0000),
    ("divw", 9, 0x1_0000_0000, ONES),
    ("divuw", 0x8000_0000, 1, 0xFFFF_FFFF_8000_0000),
    ("divuw", 9, 0, ONES),
    ("remw", 0x8000_0000, LOW, 0),
    ("remw", 0x8000_0001, 0, 0xFFFF_FFFF_8000_0001),
    ("remuw", 0x8000_0001, 0, 0xFFFF_FFFF_8000_0001),
    ("remuw", ONES, 16, 15),
]

words = st.one_of(st.sampled_from([0, 1, 2, LOW, 0x8000_0000, TOP, TOP - 1, ONES, ONES - 1]), st.integers(0, ONES))


class Registers:
    """The only word that these meanings use."""

    def __init__(self, left: int, right: int) -> None:
        self.x = {1: left, 2: right}


def run(name: str, left: int, right: int) -> int:
    """The stanza on two values, truncated as a register would."""
    hart = Registers(left, right)
    BY_NAME[name].meaning(hart, OperandValues(0, {"rd": 3, "rs1": 1, "rs2": 2}))
    return hart.x[3] & ONES


def signed(value: int, width: int) -> int:
    return int.from_bytes((value & (1 << width) - 1).to_bytes(width // 8, "little"), "little", signed=True)


@pytest.mark.parametrize(("name", "left", "right", "result"), ROWS)
def test_rows(bench, name, left, right, result):
    assert bench.after(f"{name} a0,a1,a2", {"a1": left, "a2": right}, {"a0": 0}) == {"a0": result}


@given(words, words)
def test_products_are_exact(left, right):
    product = signed(left, 64) * signed(right, 64)
    assert signed(run("mulh", left, right), 64) << 64 | run("mul", left, right) == product
    assert run("mulhu", left, right) << 64 | run("mul", left, right) == left * right
    assert signed(run("mulhsu", left, right), 64) << 64 | run("mul", left, right) == signed(left, 64) * right
    assert run("mulw", left, right) == signed(product, 32) & ONES


@given(words, words, st.sampled_from([("div", "rem", 64), ("divw", "remw", 32)]))
def test_signed_division_rounds_toward_zero(left, right, names):
    quotient, remainder, width = names
    dividend, divisor = signed(left, width), signed(right, width)
    if divisor == 0:
        expected = (-1, dividend)
    else:
        exact = trunc(Fraction(dividend, divisor))
        expected = (signed(exact, width), dividend - exact * divisor)
    assert (run(quotient, left, right), run(remainder, left, right)) == (expected[0] & ONES, expected[1] & ONES)


@given(words, words, st.sampled_from([("divu", "remu", 64), ("divuw", "remuw", 32)]))
def test_unsigned_division(left, right, names):
    quotient, remainder, width = names
    dividend, divisor = left & (1 << width) - 1, right & (1 << width) - 1
    expected = divmod(dividend, divisor) if divisor else (-1, dividend)
    assert (run(quotient, left, right), run(remainder, left, right)) == tuple(
        signed(value, width) & ONES for value in expected
    )
