"""Conversions against exact rationals, and the manual's table of invalid inputs."""

from __future__ import annotations

import struct
from itertools import combinations, permutations
from math import isnan
from random import Random
from typing import Any

import pytest

from machine.isa import softfloat

from . import exact, operands
from .exact import DOUBLE, HALF, NV, NX, RDN, RMM, RNE, RTZ, RUP, SHAPES, Shape

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
kinds = pytest.mark.parametrize(
    ("kind", "width", "signed"), [("w", 32, True), ("wu", 32, False), ("l", 64, True), ("lu", 64, False)]
)


def routine(shape: Shape, name: str) -> Any:
    return getattr(softfloat, f"{shape.name}_{name}")


def near_integers(shape: Shape, random: Random) -> int:
    """A number of moderate size, often within a few units in the last place of an integer type's limit."""
    power = random.choice((0, 1, 15, 31, 32, 33, 62, 63, 64, 65, random.randrange(66)))
    pattern = (shape.emax + min(power, shape.emax) - random.randrange(3)) << (shape.p - 1)
    pattern += random.choice((random.randint(-4, 4), random.getrandbits(shape.p - 1)))
    return pattern | random.getrandbits(1) * shape.sign


@pytest.mark.rule("fcvt_unrepresentable_nv")
@every_shape
@kinds
def test_to_integer(shape: Shape, kind: str, width: int, signed: bool) -> None:
    random = Random(f"{shape.name} {kind}")
    values = [*operands.boundaries(shape), *(operands.operand(shape, random) for _ in range(300))]
    values += [near_integers(shape, random) for _ in range(500)]
    for a in values:
        rm = random.randrange(5)
        expected = exact.to_integer(shape, a, rm, width, signed)
        assert routine(shape, f"to_{kind}")(a, rm) == expected, (hex(a), rm)


@pytest.mark.rule("fcvt_round")
@every_shape
@kinds
def test_from_integer(shape: Shape, kind: str, width: int, signed: bool) -> None:
    random = Random(f"{shape.name} {kind}")
    for _ in range(400):
        integer = random.getrandbits(64) >> random.randrange(64) ^ random.choice((0, (1 << 64) - 1))
        integer ^= random.choice((0, (1 << random.randrange(1, 64)) - 1))
        value = integer % (1 << width)
        value -= (1 << width) if signed and value >> (width - 1) else 0
        rm = random.randrange(5)
        expected = exact.from_integer(shape, value, rm)
        assert routine(shape, f"from_{kind}")(integer, rm) == expected, (hex(integer), rm)


@pytest.mark.rule("fcvt-s-d_fcvt-d-s_op")
@pytest.mark.parametrize(("source", "target"), list(permutations(SHAPES, 2)))
def test_between_formats(source: Shape, target: Shape) -> None:
    random = Random(source.name)
    values = [*operands.boundaries(source), *(operands.operand(source, random) for _ in range(1000))]
    if source.p > target.p:  # around the target's numbers, subnormal ones and the largest included
        values += [exact.convert(target, source, operands.operand(target, random), RNE)[0] for _ in range(500)]
        values += [a + random.randint(-2, 2) if 2 < a < source.infinity else a for a in values]
        low = source.p - target.p + 1
        values += [a ^ random.getrandbits(low) for a in values if a & (source.sign - 1) < source.infinity]
    for a in (value % (1 << source.width) for value in values):
        rm = random.randrange(5)
        assert routine(source, f"to_{target.name}")(a, rm) == exact.convert(source, target, a, rm), (hex(a), rm)


@pytest.mark.rule("fcvt_float_rounding")
@pytest.mark.parametrize(("narrow", "wide"), list(combinations(SHAPES, 2)))
def test_widening_never_rounds_and_narrowing_gives_it_back(narrow: Shape, wide: Shape) -> None:
    random = Random(1)
    for _ in range(1000):
        a = operands.operand(narrow, random)
        widened, flags = routine(narrow, f"to_{wide.name}")(a, random.randrange(5))
        if exact.decode(narrow, a).nan:
            assert widened == wide.nan
        else:
            assert flags == 0
            assert routine(wide, f"to_{narrow.name}")(widened, random.randrange(5)) == (a, 0)


def test_every_half_is_the_number_that_python_reads() -> None:
    for a in range(1 << HALF.width):
        wide = softfloat.f16_to_f64(a, RNE)[0]
        value = struct.unpack("<e", a.to_bytes(2, "little"))[0]
        assert wide == (DOUBLE.nan if isnan(value) else int.from_bytes(struct.pack("<d", value), "little")), hex(a)


def test_doubles_become_the_half_that_python_writes() -> None:
    random = Random(2)
    for _ in range(5000):
        exponent = random.uniform(-26, 16)
        value = random.choice((-1, 1)) * 2.0**exponent
        value = round(value, random.randrange(1, 8)) if random.random() < 0.5 else value
        try:
            expected = int.from_bytes(struct.pack("<e", value), "little")
        except OverflowError:
            expected = HALF.infinity | (HALF.sign if value < 0 else 0)
        pattern = int.from_bytes(struct.pack("<d", value), "little")
        assert softfloat.f64_to_f16(pattern, RNE)[0] == expected, value


NEGATIVE_ONE, MINUS_INFINITY, INFINITY, QNAN = 0xBF800000, 0xFF800000, 0x7F800000, 0x7FC00000
MINUS_QNAN = 0xFFC00000


@pytest.mark.rule("fcvt_int_float_valid_input")
@pytest.mark.parametrize(
    ("name", "least", "greatest"),
    [
        ("f32_to_w", 0x80000000, 0x7FFFFFFF),
        ("f32_to_wu", 0, 0xFFFFFFFF),
        ("f32_to_l", 0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
        ("f32_to_lu", 0, 0xFFFFFFFFFFFFFFFF),
    ],
)
def test_invalid_inputs_clip_and_nan_counts_as_positive(name: str, least: int, greatest: int) -> None:
    convert = getattr(softfloat, name)
    assert convert(MINUS_INFINITY, RNE) == (least, NV)
    assert convert(0xF0000000, RNE) == (least, NV)  # out of range, negative
    for pattern in (INFINITY, QNAN, MINUS_QNAN, 0xFF800001, 0x7F000000):
        assert convert(pattern, RNE) == (greatest, NV)


@pytest.mark.rule("fcvt_nx")
@pytest.mark.parametrize(
    ("pattern", "rm", "expected"),
    [
        (0xBF000000, RTZ, (0, NX)),  # -0.5 rounds to 0, which an unsigned integer has
        (0xBF000000, RNE, (0, NX)),
        (0xBF000000, RUP, (0, NX)),
        (0xBF000000, RDN, (0, NV)),  # and to -1, which it lacks
        (0xBF000000, RMM, (0, NV)),
        (NEGATIVE_ONE, RTZ, (0, NV)),
        (0x80000000, RDN, (0, 0)),  # -0
    ],
)
def test_unsigned_range_is_checked_after_rounding(pattern: int, rm: int, expected: tuple[int, int]) -> None:
    assert softfloat.f32_to_wu(pattern, rm) == expected
    assert softfloat.f32_to_lu(pattern, rm) == expected


def test_signed_range_is_checked_after_rounding() -> None:
    just_above_largest = 0x41DFFFFFFFE00000  # 2^31 - 0.5
    assert softfloat.f64_to_w(just_above_largest, RTZ) == (0x7FFFFFFF, NX)
    assert softfloat.f64_to_w(just_above_largest, RNE) == (0x7FFFFFFF, NV)
    assert softfloat.f64_to_w(0xC1E0000000100000, RTZ) == (0x80000000, NX)  # -2^31 - 0.5
    assert softfloat.f64_to_w(0xC1E0000000100000, RDN) == (0x80000000, NV)


def test_zero_converts_without_flags() -> None:
    for rm in range(5):
        assert softfloat.f32_from_w(0, rm) == softfloat.f64_from_lu(0, rm) == (0, 0)
