"""Sentences of the manual and of IEEE 754 that surprise, each with an example worked by hand."""

from __future__ import annotations

import pytest

from machine.isa import softfloat
from machine.isa.softfloat import box32, unbox32

from .exact import DZ, NV, NX, OF, RDN, RMM, RNE, RTZ, RUP, UF

ONE, MINUS_ONE, INFINITY, MINUS = 0x3FF0000000000000, 0xBFF0000000000000, 0x7FF0000000000000, 1 << 63
NAN, PAYLOAD, SIGNALLING = 0x7FF8000000000000, 0xFFF8000000000123, 0x7FF0000000000001
LARGEST, LEAST_NORMAL, LEAST = INFINITY - 1, 1 << 52, 1
HALF, TWO = 0x3FE0000000000000, 0x4000000000000000


@pytest.mark.rule("canonical_NaN")
def test_nan_results_are_canonical_and_only_signalling_operands_are_invalid() -> None:
    for nan, flags in ((PAYLOAD, 0), (SIGNALLING, NV)):
        for name in ("add", "sub", "mul", "div"):
            operation = getattr(softfloat, f"f64_{name}")
            assert operation(nan, ONE, RNE) == operation(INFINITY, nan, RNE) == (NAN, flags)
        assert softfloat.f64_sqrt(nan, RNE) == (NAN, flags)
        assert softfloat.f64_fma(ONE, nan, INFINITY, RNE) == softfloat.f64_fma(ONE, ONE, nan, RNE) == (NAN, flags)
        assert softfloat.f64_to_f32(nan, RNE) == (0x7FC00000, flags)


def test_invalid_operations() -> None:
    assert softfloat.f64_sub(INFINITY, INFINITY, RNE) == (NAN, NV)
    assert softfloat.f64_add(INFINITY, INFINITY | MINUS, RNE) == (NAN, NV)
    assert softfloat.f64_mul(MINUS, INFINITY, RNE) == (NAN, NV)
    assert softfloat.f64_div(INFINITY, INFINITY, RNE) == softfloat.f64_div(MINUS, 0, RNE) == (NAN, NV)
    assert softfloat.f64_sqrt(MINUS_ONE, RNE) == softfloat.f64_sqrt(INFINITY | MINUS, RNE) == (NAN, NV)
    assert softfloat.f64_sqrt(MINUS, RNE) == (MINUS, 0)


def test_division_by_zero_is_exact_infinity() -> None:
    assert softfloat.f64_div(MINUS_ONE, 0, RTZ) == (INFINITY | MINUS, DZ)
    assert softfloat.f64_div(INFINITY, MINUS, RNE) == (INFINITY | MINUS, 0)


@pytest.mark.rule("fma_nv_flag")
def test_infinity_times_zero_is_invalid_even_with_a_quiet_nan_addend() -> None:
    assert softfloat.f64_fma(INFINITY, 0, PAYLOAD, RNE) == softfloat.f64_fma(0, INFINITY, ONE, RNE) == (NAN, NV)
    assert softfloat.f32_fma(0x80000000, 0x7F800000, 0x7FC00000, RNE) == (0x7FC00000, NV)


def test_fma_of_infinities() -> None:
    assert softfloat.f64_fma(INFINITY, ONE, INFINITY | MINUS, RNE) == (NAN, NV)
    assert softfloat.f64_fma(INFINITY, MINUS_ONE, INFINITY | MINUS, RNE) == (INFINITY | MINUS, 0)
    # infinity times a NaN is no infinity: nothing is subtracted from nothing
    assert softfloat.f64_fma(INFINITY, PAYLOAD, INFINITY | MINUS, RNE) == (NAN, 0)


def test_a_product_that_overflows_alone_may_still_have_a_finite_sum() -> None:
    assert softfloat.f64_fma(LARGEST, TWO, LARGEST | MINUS, RNE) == (LARGEST, 0)


def test_exact_zero_sums_are_negative_only_when_rounding_down() -> None:
    for rm in (RNE, RTZ, RUP, RMM):
        assert softfloat.f64_sub(ONE, ONE, rm) == softfloat.f64_fma(ONE, ONE, MINUS_ONE, rm) == (0, 0)
    assert softfloat.f64_sub(ONE, ONE, RDN) == softfloat.f64_fma(ONE, ONE, MINUS_ONE, RDN) == (MINUS, 0)
    assert softfloat.f64_add(MINUS, MINUS, RUP) == (MINUS, 0)
    assert softfloat.f64_fma(MINUS, ONE, MINUS, RUP) == (MINUS, 0)
    assert softfloat.f64_add(0, 0, RDN) == (0, 0)


def test_overflow_gives_infinity_or_the_largest_number() -> None:
    for rm in (RNE, RUP, RMM):
        assert softfloat.f64_add(LARGEST, LARGEST, rm) == (INFINITY, OF | NX)
    for rm in (RTZ, RDN):
        assert softfloat.f64_add(LARGEST, LARGEST, rm) == (LARGEST, OF | NX)
    assert softfloat.f64_mul(LARGEST | MINUS, TWO, RDN) == (INFINITY | MINUS, OF | NX)
    assert softfloat.f64_mul(LARGEST | MINUS, TWO, RUP) == (LARGEST | MINUS, OF | NX)


@pytest.mark.rule("ieee_std_tininess")
def test_a_number_that_full_precision_rounds_up_to_the_least_normal_is_not_tiny() -> None:
    # (1 - 2^-53) · (1 + 2^-52)·2^-1022 = (1 + 2^-53 - 2^-105)·2^-1022: above the least normal number
    just_below_one, just_above = ONE - 1, LEAST_NORMAL + 1
    assert softfloat.f64_mul(just_below_one, just_above, RNE) == (LEAST_NORMAL, NX)
    # (1 - 2^-53) · 2^-1022: 53 bits hold it exactly, so after rounding it is below, and tiny
    assert softfloat.f64_mul(just_below_one, LEAST_NORMAL, RNE) == (LEAST_NORMAL, UF | NX)
    # 2^-1022 - 2^-1076, half a unit of those 53 bits higher: a tie that goes to the least normal number, not tiny
    two_minus_54, negative_scale = 0x3C90000000000000, 0x8010000000000000  # 2^-54 and -2^-1022
    assert softfloat.f64_fma(two_minus_54, negative_scale, LEAST_NORMAL, RNE) == (LEAST_NORMAL, NX)
    assert softfloat.f64_fma(two_minus_54, negative_scale, LEAST_NORMAL, RMM) == (LEAST_NORMAL, NX)
    # toward zero the same number stays below in either precision: tiny
    assert softfloat.f64_fma(two_minus_54, negative_scale, LEAST_NORMAL, RTZ) == (LEAST_NORMAL - 1, UF | NX)


def test_an_exact_subnormal_does_not_underflow() -> None:
    assert softfloat.f64_mul(LEAST_NORMAL, HALF, RNE) == (LEAST_NORMAL >> 1, 0)
    assert softfloat.f64_mul(LEAST, HALF, RNE) == (0, UF | NX)
    assert softfloat.f64_mul(LEAST, HALF, RMM) == softfloat.f64_mul(LEAST, HALF, RUP) == (LEAST, UF | NX)


def test_ties_away_from_zero() -> None:
    two_52_plus_half = (0x4330000000000000, HALF)
    assert softfloat.f64_add(*two_52_plus_half, RNE) == (0x4330000000000000, NX)
    assert softfloat.f64_add(*two_52_plus_half, RMM) == (0x4330000000000001, NX)


@pytest.mark.rule("fp_nan-boxing")
@pytest.mark.rule("FP_nontransfer_instrs_improper_nan-boxed_input")
def test_boxes() -> None:
    assert box32(0x80000001) == 0xFFFFFFFF80000001
    assert unbox32(0xFFFFFFFF80000001) == 0x80000001
    for improper in (0, 0xFFFFFFFE80000001, 0x7FFFFFFF80000001, 0x3FF0000000000000):
        assert unbox32(improper) == 0x7FC00000
