"""add, sub, mul, div, sqrt and fma against exact rationals: value and flags, all five rounding modes."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from machine.isa import softfloat

from . import exact, operands
from .exact import SHAPES, Shape

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def routine(shape: Shape, name: str) -> Any:
    return getattr(softfloat, f"{shape.name}_{name}")


def check(shape: Shape, name: str, *arguments: int) -> None:
    *values, rm = arguments
    found, expected = routine(shape, name)(*arguments), getattr(exact, name)(shape, *arguments)
    assert found == expected, f"{shape.name}_{name}({', '.join(map(hex, values))}) rm {rm}"


@pytest.mark.rule("ieee_std_subnormal")
@every_shape
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_random_pairs_round_the_exact_result(shape: Shape, name: str) -> None:
    for a, b, rm in operands.pairs(shape, 2000, Random(f"{shape.name} {name}")):
        check(shape, name, a, b, rm)


@every_shape
@pytest.mark.parametrize("name", ["add", "mul", "div"])
def test_every_pair_of_boundaries(shape: Shape, name: str) -> None:
    edges = operands.boundaries(shape)
    for n, a in enumerate(edges):
        for k, b in enumerate(edges):
            check(shape, name, a, b, (n + k) % 5)


@pytest.mark.rule("fsqrt-s_op")
@every_shape
def test_sqrt_rounds_the_exact_root(shape: Shape) -> None:
    random = Random(shape.name)
    for a in [*operands.boundaries(shape), *(operands.operand(shape, random) for _ in range(1500))]:
        check(shape, "sqrt", a, random.randrange(5))


@every_shape
def test_sqrt_of_perfect_squares_and_their_neighbours(shape: Shape) -> None:
    random = Random(shape.name)
    for _ in range(300):
        root = random.getrandbits(shape.p // 2) | 1
        square = exact.encode(shape, Fraction(root * root))
        for a in (square - 1, square, square + 1):
            check(shape, "sqrt", a, random.randrange(5))


@pytest.mark.rule("fmadd-s_op")
@every_shape
def test_fma_rounds_once(shape: Shape) -> None:
    for a, b, c, rm in operands.triples(shape, 4000, Random(shape.name)):
        check(shape, "fma", a, b, c, rm)


@every_shape
def test_fma_of_boundaries(shape: Shape) -> None:
    random = Random(shape.name)
    edges = operands.boundaries(shape)
    for _ in range(2000):
        check(shape, "fma", *(random.choice(edges) for _ in range(3)), random.randrange(5))


@pytest.mark.rule("ieee_std_tininess")
@every_shape
def test_products_around_the_least_normal_number(shape: Shape) -> None:
    for a, b, rm in operands.near_least_normal(shape, 1000, Random(shape.name)):
        check(shape, "mul", a, b, rm)
        check(shape, "fma", a, b, 0, rm)
