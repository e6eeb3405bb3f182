"""The same operations on the host's floating-point unit: values and flags, the four modes that hosts have.

A second opinion on `exact`, which shares the author's reading of the standard. x86-64 with glibc only: there the
flags' and modes' numbers are known, and tininess is detected after rounding as RISC-V asks.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import platform
import struct
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from machine.isa import softfloat

from . import exact, operands
from .exact import DOUBLE, DZ, NV, NX, OF, RDN, RNE, RTZ, RUP, SINGLE, UF, Shape

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or platform.libc_ver()[0] != "glibc",
    reason="the numbers of fenv.h below are those of x86-64 glibc",
)

MODES = {RNE: 0, RDN: 0x400, RUP: 0x800, RTZ: 0xC00}
FLAGS = {0x01: NV, 0x04: DZ, 0x08: OF, 0x10: UF, 0x20: NX}
EVERY = 0x3D


def to_float(shape: Shape, pattern: int) -> float:
    code = "<f" if shape is SINGLE else "<d"
    value: float = struct.unpack(code, pattern.to_bytes(shape.width // 8, "little"))[0]
    return value


def to_pattern(shape: Shape, value: float) -> int:
    pattern = int.from_bytes(struct.pack("<f" if shape is SINGLE else "<d", value), "little")
    return shape.nan if value != value else pattern


@pytest.fixture(name="libm")
def load_libm() -> Iterator[ctypes.CDLL]:
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    for name, count, kind in (
        ("fma", 3, ctypes.c_double),
        ("sqrt", 1, ctypes.c_double),
        ("fmaf", 3, ctypes.c_float),
        ("sqrtf", 1, ctypes.c_float),
    ):
        function = getattr(libm, name)
        function.restype, function.argtypes = kind, [kind] * count
    yield libm
    libm.fesetround(0)


def on_host(libm: ctypes.CDLL, shape: Shape, rm: int, operation: Callable[[], float]) -> exact.Result:
    """Pattern and flags of ``operation`` under the host's mode; nothing but it runs in between."""
    libm.fesetround(MODES[rm])
    libm.feclearexcept(EVERY)
    value = operation()
    raised = libm.fetestexcept(EVERY)
    libm.fesetround(0)
    return to_pattern(shape, value), sum(flag for number, flag in FLAGS.items() if raised & number)


def has_signalling(shape: Shape, *patterns: int) -> bool:
    """Loading a signalling NaN into a Python float may quieten it before the operation sees it."""
    return any(exact.decode(shape, pattern).kind == "snan" for pattern in patterns)


def agree(libm: ctypes.CDLL, shape: Shape, name: str, arguments: tuple[int, ...], operation: Any) -> None:
    *patterns, rm = arguments
    if rm not in MODES or has_signalling(shape, *patterns):
        return
    values = [to_float(shape, pattern) for pattern in patterns]
    found = getattr(softfloat, f"{shape.name}_{name}")(*arguments)
    assert found == on_host(libm, shape, rm, lambda: operation(*values)), (list(map(hex, patterns)), rm)


OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_doubles(libm: ctypes.CDLL, name: str) -> None:
    for a, b, rm in operands.pairs(DOUBLE, 3000, Random(f"host {name}")):
        if name == "div" and b & (DOUBLE.sign - 1) == 0:
            continue  # Python itself answers with ZeroDivisionError
        agree(libm, DOUBLE, name, (a, b, rm), OPERATIONS[name])


def test_doubles_around_the_least_normal(libm: ctypes.CDLL) -> None:
    for a, b, rm in operands.near_least_normal(DOUBLE, 2000, Random("host")):
        agree(libm, DOUBLE, "mul", (a, b, rm), OPERATIONS["mul"])


@pytest.mark.parametrize("shape", [SINGLE, DOUBLE], ids=lambda shape: shape.name)
def test_fma_and_sqrt(libm: ctypes.CDLL, shape: Shape) -> None:
    suffix = "f" if shape is SINGLE else ""
    fma, root = getattr(libm, f"fma{suffix}"), getattr(libm, f"sqrt{suffix}")
    for a, b, c, rm in operands.triples(shape, 3000, Random(f"host {shape.name}")):
        agree(libm, shape, "fma", (a, b, c, rm), fma)
        agree(libm, shape, "sqrt", (a, rm), root)


def test_singles_by_way_of_fma(libm: ctypes.CDLL) -> None:
    for a, b, rm in operands.pairs(SINGLE, 3000, Random("host")):
        agree(libm, SINGLE, "add", (a, b, rm), lambda x, y: libm.fmaf(x, 1.0, y))
        agree(libm, SINGLE, "sub", (a, b, rm), lambda x, y: libm.fmaf(y, -1.0, x))
        zero = -0.0 if (a ^ b) & SINGLE.sign else 0.0
        agree(libm, SINGLE, "mul", (a, b, rm), lambda x, y, zero=zero: libm.fmaf(x, y, zero))


def test_narrowing(libm: ctypes.CDLL) -> None:
    random = Random("host")
    narrow = ctypes.c_float  # storing a Python float is the C conversion
    for _ in range(3000):
        a, rm = operands.operand(DOUBLE, random), random.choice(list(MODES))
        if random.random() < 0.5:
            a = softfloat.f32_to_f64(operands.operand(SINGLE, random), RNE)[0] ^ random.getrandbits(30)
        if not exact.decode(DOUBLE, a).nan:
            value = to_float(DOUBLE, a)
            expected = on_host(libm, SINGLE, rm, lambda value=value: narrow(value).value)  # type: ignore[misc]
            assert softfloat.f64_to_f32(a, rm) == expected, (hex(a), rm)
