"""The shortcuts through the host's floating point against the soft-float routines that they stand for, bit for bit.

A guest loop does one operation on a table of operands; the routines, run on numbers, say what it must have left there.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from random import Random
from typing import Any

import pytest

from machine.config import Config
from machine.isa import softfloat
from machine.isa.assemble import assemble
from machine.isa.softfloat.format import F32, F64, Format
from machine.machine import Machine
from machine.native.host_float import SHORTCUTS, window
from machine.spec import status

CODE, TABLE = 0x8000_1000, 0x8010_0000
ROW = struct.Struct("<5Q")
MODES = ("rne", "rtz", "rdn", "rup", "rmm")
NEAREST, OTHERS = 24_000, 2_000
"""Rows in the mode that has shortcuts, and in each other."""
OPERATIONS = {"add": 2, "sub": 2, "mul": 2, "div": 2, "sqrt": 1, "fma": 3}
UPWARD = 0x800
"""FE_UPWARD of this processor's fenv.h."""


def operands(fmt: Format, random: Random, rows: int) -> Iterator[tuple[int, int, int]]:
    """Three related numbers each: about the window's edges, near one another, with few bits, half-way cases."""
    for _ in range(rows):
        a, b = number(fmt, random), number(fmt, random)
        if random.random() < 0.4:
            b = near(fmt, random, a)
        c = number(fmt, random) if random.random() < 0.4 else near(fmt, random, softfloat_of(fmt, "mul")(a, b, 0)[0])
        yield a, b, c


def number(fmt: Format, random: Random) -> int:
    least, behind = window(fmt)
    edges = (0, 1, least - 1, least, least + 1, behind - 1, behind, fmt.special_exponent - 1, fmt.special_exponent)
    middle = random.randrange(fmt.bias - 3, fmt.bias + 4)
    anywhere = random.randrange(least, behind)
    exponent = random.choices((middle, anywhere, random.choice(edges)), (6, 4, 1))[0]
    return pack(fmt, random.getrandbits(1), exponent, fraction(fmt, random))


def fraction(fmt: Format, random: Random) -> int:
    bits = fmt.fraction_bits
    few = random.getrandbits(random.randrange(1, 30)) << bits >> random.randrange(1, bits) & (1 << bits) - 1
    return random.choice((random.getrandbits(bits), few, 0, (1 << bits) - 1, 1, 1 << bits - 1))


def near(fmt: Format, random: Random, other: int) -> int:
    """A number whose sum with another one cancels, or ends about half-way between two numbers."""
    exponent = other >> fmt.fraction_bits & fmt.special_exponent
    distance = random.choice((0, 0, 1, fmt.precision - 1, fmt.precision, fmt.precision + 1, random.randrange(120)))
    exponent = min(max(exponent + random.choice((-1, 1)) * distance, 0), fmt.special_exponent)
    low = other & (1 << fmt.fraction_bits) - 1
    low = random.choice((low, low ^ 1, low + 1 & (1 << fmt.fraction_bits) - 1, fraction(fmt, random)))
    return pack(fmt, random.getrandbits(1), exponent, low)


def pack(fmt: Format, sign: int, exponent: int, low: int) -> int:
    return sign << fmt.width - 1 | exponent << fmt.fraction_bits | low


def softfloat_of(fmt: Format, name: str) -> Callable[..., Any]:
    routine: Callable[..., Any] = getattr(softfloat, f"{fmt.name}_{name}")
    return routine


def loop(fmt: Format, name: str, mode: str) -> list[str]:
    suffix = "d" if fmt is F64 else "s"
    sources = ", ".join(f"f{n + 1}" for n in range(OPERATIONS[name]))
    operation = f"f{'madd' if name == 'fma' else name}.{suffix} f4, {sources}, {mode}"
    loads = [f"fld f{n + 1}, {8 * n}(x5)" for n in range(3)]
    stores = ["csrrw x7, 1, zero", "fsd f4, 24(x5)", "sd x7, 32(x5)", "addi x5, x5, 40"]
    return [*loads, operation, *stores, f"jal zero, {CODE:#x}"]


def results(machine: Machine, fmt: Format, name: str, mode: str, rows: list[tuple[int, int, int]]) -> list[Any]:
    """Pattern and flags of each row, as the guest's instruction leaves them."""
    box = (1 << 64) - (1 << fmt.width)
    data, base = machine.ram.data, TABLE - machine.ram.base
    code = loop(fmt, name, mode)
    machine.reset()
    for n, row in enumerate(rows):
        ROW.pack_into(data, base + n * ROW.size, *(each | box for each in row), 0, 0)
    for n, text in enumerate(code):
        machine.ram.write(CODE - machine.ram.base + 4 * n, 4, assemble(text, CODE + 4 * n))
    hart = machine.harts[0]
    hart.guard.forget_code()
    hart.state.pc, hart.x[5] = CODE, TABLE
    hart.state.mstatus |= 1 << status.FS
    machine.run(len(code) * len(rows))
    assert hart.x[5] == TABLE + ROW.size * len(rows)
    found = (ROW.unpack_from(data, base + n * ROW.size) for n in range(len(rows)))
    return [(pattern & ~box, flags) for _, _, _, pattern, flags in found]


@pytest.fixture(scope="module")
def machine(make_engine):
    config = Config(memory=16 << 20)
    made = Machine(config)
    made.engine = make_engine(config)
    return made


def compare(machine: Machine, fmt: Format, name: str, number: int, rows: int) -> None:
    random = Random(f"{fmt.name} {name} {number}")
    table = list(operands(fmt, random, rows))
    routine, count = softfloat_of(fmt, name), OPERATIONS[name]
    for row, found in zip(table, results(machine, fmt, name, MODES[number], table), strict=True):
        expected = routine(*row[:count], number)
        assert found == expected, f"{name} {MODES[number]} {[hex(each) for each in row]}: {found} not {expected}"


@pytest.mark.parametrize("fmt", [F32, F64], ids=lambda fmt: fmt.name)
@pytest.mark.parametrize("name", OPERATIONS)
def test_as_the_routine(machine, fmt, name):
    compare(machine, fmt, name, 0, NEAREST)
    for number in range(1, len(MODES)):
        compare(machine, fmt, name, number, OTHERS)


def test_every_operation_but_subtraction_has_one():
    """Subtraction adds."""
    expected = {softfloat_of(fmt, name) for fmt in (F32, F64) for name in OPERATIONS if name != "sub"}
    assert set(SHORTCUTS) == expected


@pytest.mark.parametrize("fmt", [F32, F64], ids=lambda fmt: fmt.name)
def test_the_error_of_a_product_of_operands_in_the_window_is_normal(fmt):
    least, behind = window(fmt)
    assert 2 * (least - fmt.bias - fmt.fraction_bits) >= 1 - fmt.bias
    assert 2 * (behind - fmt.bias) < fmt.bias - 2
    assert least < fmt.bias - 40 < fmt.bias + 40 <= behind or fmt is F32


def test_a_host_that_rounds_otherwise_is_not_asked(machine):
    library = ctypes.CDLL(find_library("m"))
    before = library.fegetround()
    assert library.fesetround(UPWARD) == 0
    try:
        for name in OPERATIONS:
            compare(machine, F64, name, 0, 500)
    finally:
        library.fesetround(before)
