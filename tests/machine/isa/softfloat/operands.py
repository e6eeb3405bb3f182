"""Operands that find faults: every boundary of a format, sparse and dense significands, near-cancelling pairs."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from . import exact
from .exact import Shape


def boundaries(shape: Shape) -> list[int]:
    """Positive and negative: zero, subnormal ends, normal ends, one and its neighbours, infinity, NaNs."""
    least_normal, one = 1 << (shape.p - 1), shape.emax << (shape.p - 1)
    near = (0, least_normal, one, one + (1 << (shape.p - 1)), shape.infinity)
    positive = {edge + delta for edge in near for delta in (-2, -1, 0, 1, 2) if edge + delta >= 0}
    positive |= {
        shape.nan,
        shape.nan | 5,
        shape.infinity | 1,
        shape.sign - 1,
        least_normal >> 1,
        one + (least_normal >> 1),
    }
    return sorted(positive | {pattern | shape.sign for pattern in positive})


def operand(shape: Shape, random: Random) -> int:
    """One pattern of a randomly chosen sort."""
    sort = random.random()
    if sort < 0.15:
        return random.choice(boundaries(shape))
    sign, fraction_bits = random.getrandbits(1) * shape.sign, shape.p - 1
    fraction = random.getrandbits(fraction_bits)
    if sort < 0.6:  # few significant bits, or a long run of ones: exact results and ties
        fraction &= -1 << random.randrange(fraction_bits)
        fraction ^= random.choice((0, (1 << fraction_bits) - 1)) >> random.randrange(fraction_bits)
    spread = random.choice((3, shape.p, 2 * shape.emax))
    middle = random.choice((shape.emax, shape.emax, 1, shape.p, 2 * shape.emax))
    exponent = min(max(middle + random.randint(-spread, spread), 0), 2 * shape.emax)
    return sign | exponent << fraction_bits | fraction


def pairs(shape: Shape, count: int, random: Random) -> Iterator[tuple[int, int, int]]:
    """``(a, b, rm)``; one in four nearly cancels or nearly equals."""
    for _ in range(count):
        a, b = operand(shape, random), operand(shape, random)
        if random.random() < 0.25:
            b = a ^ random.getrandbits(random.randrange(1, 5)) ^ random.getrandbits(1) * shape.sign
        yield a, b, random.randrange(5)


def triples(shape: Shape, count: int, random: Random) -> Iterator[tuple[int, int, int, int]]:
    """``(a, b, c, rm)``; one in four has c close to −a·b, one in four c close to the product's last bits."""
    for a, b, rm in pairs(shape, count, random):
        c, sort = operand(shape, random), random.random()
        product = exact.mul(shape, a, b, random.choice((exact.RTZ, exact.RUP)))[0]
        if sort < 0.25:
            c = product ^ shape.sign ^ random.getrandbits(random.randrange(1, 4))
        elif sort < 0.5:
            exponent = (product & (shape.sign - 1)) >> (shape.p - 1)
            lower = min(max(exponent + random.randint(-2 * shape.p - 4, shape.p + 6), 0), 2 * shape.emax)
            c = c & ~(shape.infinity) | lower << (shape.p - 1)
        yield a, b, c, rm


def near_least_normal(shape: Shape, count: int, random: Random) -> Iterator[tuple[int, int, int]]:
    """``(a, b, rm)`` whose product lies around the least normal number, where tininess is decided."""
    one = shape.emax << (shape.p - 1)
    for _ in range(count):
        a = one | random.getrandbits(shape.p - 1)
        reciprocal = exact.div(shape, one, a, exact.RNE)[0]
        # both are divided by about half of 1/least, so that both are normal
        least, half = shape.emax - 1, shape.emax // 2
        b = reciprocal - (least - half << (shape.p - 1))
        yield a - (half << (shape.p - 1)), b + random.randint(-2, 2), random.randrange(5)
