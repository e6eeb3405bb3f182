"""Rounding to an integer in floating point, and the modular conversion, against exact rationals."""

from __future__ import annotations

import ctypes
import struct
from random import Random
from typing import Any

import pytest

from machine.isa import softfloat

from . import exact, operands
from .exact import DOUBLE, HALF, NX, RDN, RTZ, RUP, SHAPES, Shape

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def routine(shape: Shape, name: str) -> Any:
    return getattr(softfloat, f"{shape.name}_{name}")


def around_integers(shape: Shape, random: Random) -> int:
    """A number whose units, halves and lower bits are among its significant ones, or just not."""
    power = random.randrange(-3, min(shape.p + 2, shape.emax + 1))
    fraction = random.choice((0, (1 << (shape.p - 1)) - 1, random.getrandbits(shape.p - 1)))
    fraction &= -1 << random.randrange(shape.p) if random.random() < 0.5 else -1
    fraction ^= 1 << random.randrange(shape.p - 1) if random.random() < 0.3 else 0
    return random.getrandbits(1) * shape.sign | (shape.emax + power) << (shape.p - 1) | fraction


def check(shape: Shape, a: int, rm: int) -> None:
    pattern, flags = exact.integral(shape, a, rm)
    assert routine(shape, "integral_exact")(a, rm) == (pattern, flags), (hex(a), rm)
    assert routine(shape, "integral")(a, rm) == (pattern, flags & ~NX), (hex(a), rm)


@pytest.mark.rule("fround-s")
@pytest.mark.rule("fround-s_zero_inf")
@pytest.mark.rule("fround-s_nan_nv")
@pytest.mark.rule("froundnx-s")
@pytest.mark.rule("fround_double")
@every_shape
def test_boundaries_and_random_numbers_in_every_mode(shape: Shape) -> None:
    random = Random(shape.name)
    values = [*operands.boundaries(shape), *(operands.operand(shape, random) for _ in range(300))]
    values += [around_integers(shape, random) for _ in range(1000)]
    for a in values:
        for rm in range(5):
            check(shape, a, rm)


@pytest.mark.rule("fround_half")
def test_halves_of_every_exponent_and_many_fractions() -> None:
    for exponent in range(32):
        for fraction in (*range(0, 1024, 37), 1, 512, 511, 513, 1023):
            a = exponent << 10 | fraction
            check(HALF, a, fraction % 5)
            check(HALF, a | HALF.sign, exponent % 5)


LIBM = {RTZ: "trunc", RDN: "floor", RUP: "ceil"}


def test_doubles_as_the_host_rounds_them() -> None:
    libm, random = ctypes.CDLL("libm.so.6"), Random(3)
    for rm, name in LIBM.items():
        function = getattr(libm, name)
        function.argtypes, function.restype = [ctypes.c_double], ctypes.c_double
        for _ in range(1000):
            a = around_integers(DOUBLE, random)
            expected = struct.pack("<d", function(struct.unpack("<d", a.to_bytes(8, "little"))[0]))
            assert softfloat.f64_integral(a, rm)[0] == int.from_bytes(expected, "little"), (hex(a), rm)


@pytest.mark.rule("fcvtmod-w-d")
@pytest.mark.rule("fcvtmod_flags")
def test_modular_conversion() -> None:
    random = Random("modular")
    values = [*operands.boundaries(DOUBLE), *(operands.operand(DOUBLE, random) for _ in range(500))]
    values += [around_integers(DOUBLE, random) for _ in range(500)]
    for power in (*range(28, 90), 127, 1023):
        for _ in range(20):
            edge = random.choice((0, 1, (1 << 52) - 1, random.getrandbits(52)))
            values.append(random.getrandbits(1) << 63 | (1023 + power) << 52 | edge)
    for a in values:
        assert softfloat.f64_to_w_modular(a) == exact.to_integer_modular(DOUBLE, a, 32), hex(a)
