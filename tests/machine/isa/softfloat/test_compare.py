"""Comparisons, minimum and maximum, classes and signs."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from machine.isa import softfloat

from . import exact, operands
from .exact import NV, SHAPES, SINGLE, Shape

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def routine(shape: Shape, name: str) -> Any:
    return getattr(softfloat, f"{shape.name}_{name}")


def pairs(shape: Shape) -> list[tuple[int, int]]:
    edges = operands.boundaries(shape)
    random = operands.pairs(shape, 1000, Random(shape.name))
    return [(a, b) for a in edges for b in edges] + [(a, b) for a, b, _ in random]


def order(number: exact.Number) -> Any:
    """What a number that is no NaN is ordered by; infinities lie beyond everything finite."""
    if number.kind == "inf":
        return -(2**2000) if number.negative else 2**2000
    return number.value


@pytest.mark.rule("feq-s_flt-s_fle-s_op")
@every_shape
def test_comparisons(shape: Shape) -> None:
    for a, b in pairs(shape):
        x, y = exact.decode(shape, a), exact.decode(shape, b)
        nan, signalling = x.nan or y.nan, "snan" in (x.kind, y.kind)
        assert routine(shape, "eq")(a, b) == (not nan and order(x) == order(y), NV if signalling else 0)
        assert routine(shape, "lt")(a, b) == (not nan and order(x) < order(y), NV if nan else 0)
        assert routine(shape, "le")(a, b) == (not nan and order(x) <= order(y), NV if nan else 0)


def expected_extremum(shape: Shape, a: int, b: int, largest: bool) -> tuple[int, int]:
    x, y = exact.decode(shape, a), exact.decode(shape, b)
    flags = NV if "snan" in (x.kind, y.kind) else 0
    numbers = [(order(number), not number.negative, pattern) for number, pattern in ((x, a), (y, b)) if not number.nan]
    if not numbers:
        return shape.nan, flags
    return (max if largest else min)(numbers)[2], flags


@pytest.mark.rule("fmin-s_fmax-s_op")
@every_shape
def test_minimum_and_maximum(shape: Shape) -> None:
    for a, b in pairs(shape):
        assert routine(shape, "min")(a, b) == expected_extremum(shape, a, b, largest=False), (hex(a), hex(b))
        assert routine(shape, "max")(a, b) == expected_extremum(shape, a, b, largest=True), (hex(a), hex(b))


@pytest.mark.rule("fltq-s_fltq-s")
@pytest.mark.rule("fltq-d_fltq-d")
@pytest.mark.rule("fltq-h_fltq-h")
@every_shape
def test_quiet_comparisons_signal_for_signalling_nans_only(shape: Shape) -> None:
    for a, b in pairs(shape):
        x, y = exact.decode(shape, a), exact.decode(shape, b)
        nan, flags = x.nan or y.nan, NV if "snan" in (x.kind, y.kind) else 0
        assert routine(shape, "lt_quiet")(a, b) == (not nan and order(x) < order(y), flags)
        assert routine(shape, "le_quiet")(a, b) == (not nan and order(x) <= order(y), flags)


@pytest.mark.rule("fminm-s_fminm-s")
@pytest.mark.rule("fminm-d_fminm-d")
@pytest.mark.rule("fminm-h_fminm-h")
@every_shape
def test_a_nan_wins_against_a_number(shape: Shape) -> None:
    for a, b in pairs(shape):
        nan = exact.decode(shape, a).nan or exact.decode(shape, b).nan
        for name, largest in (("minimum", False), ("maximum", True)):
            value, flags = expected_extremum(shape, a, b, largest)
            assert routine(shape, name)(a, b) == (shape.nan if nan else value, flags), (hex(a), hex(b))


@pytest.mark.rule("fmin-s_fmax-s_zero_compare")
def test_minus_zero_is_below_plus_zero() -> None:
    minus = 1 << 63
    assert softfloat.f64_min(0, minus) == softfloat.f64_min(minus, 0) == (minus, 0)
    assert softfloat.f64_max(0, minus) == softfloat.f64_max(minus, 0) == (0, 0)
    assert softfloat.f64_eq(0, minus) == (1, 0)


@pytest.mark.rule("fmin-s_fmax-s_one_nan_input")
@pytest.mark.rule("fmin-s_fmax-s_both_nan_input")
@pytest.mark.rule("fmin-s_fmax-s_signaling_nan_nv")
def test_a_nan_loses_and_a_signalling_one_raises_invalid() -> None:
    one, quiet, signalling = 0x3F800000, 0xFFC00123, 0x7F800001
    assert softfloat.f32_min(one, quiet) == softfloat.f32_max(quiet, one) == (one, 0)
    assert softfloat.f32_min(signalling, one) == (one, NV)
    assert softfloat.f32_max(quiet, quiet) == (SINGLE.nan, 0)
    assert softfloat.f32_max(quiet, signalling) == (SINGLE.nan, NV)


CLASSES = [
    ("infinity", True, 0),
    ("normal", True, 1),
    ("subnormal", True, 2),
    ("zero", True, 3),
    ("zero", False, 4),
    ("subnormal", False, 5),
    ("normal", False, 6),
    ("infinity", False, 7),
    ("signalling", False, 8),
    ("signalling", True, 8),
    ("quiet", False, 9),
    ("quiet", True, 9),
]


@pytest.mark.rule("fclass-s_op")
@every_shape
@pytest.mark.parametrize(("sort", "negative", "position"), CLASSES)
def test_classes(shape: Shape, sort: str, negative: bool, position: int) -> None:
    least_normal = 1 << (shape.p - 1)
    ranges = {
        "zero": (0, 0),
        "subnormal": (1, least_normal - 1),
        "normal": (least_normal, shape.infinity - 1),
        "infinity": (shape.infinity, shape.infinity),
        "signalling": (shape.infinity + 1, shape.nan - 1),
        "quiet": (shape.nan, shape.sign - 1),
    }
    for pattern in ranges[sort]:
        assert routine(shape, "classify")(pattern | (shape.sign if negative else 0)) == 1 << position


@pytest.mark.rule("fsgnj-s_fsgnjn-s_fsgnjx-s_op")
@every_shape
def test_signs_are_injected_without_touching_a_nan(shape: Shape) -> None:
    signalling, minus = shape.infinity | 1, shape.sign
    for a, b in ((a, b) for a in (signalling, signalling | minus) for b in (0, minus)):
        assert routine(shape, "sign")(a, b) == signalling | b
        assert routine(shape, "sign_not")(a, b) == signalling | (b ^ minus)
        assert routine(shape, "sign_xor")(a, b) == signalling | ((a ^ b) & minus)
