"""B, Zbc and Zicond: each instruction against its definition on strings of bits, which shares nothing with ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine.config import Config, parse_isa
from machine.isa.decode import BY_NAME, Decoder
from machine.isa.operands import OperandValues

ONES = (1 << 64) - 1
BOUNDARIES = [0, 1, 2, 0x80, 0xFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 63, (1 << 63) - 1, ONES]
words = st.one_of(st.sampled_from(BOUNDARIES), st.integers(0, ONES))


def text(value: int, width: int = 64) -> str:
    """Bits, most significant first."""
    return format(value & (1 << width) - 1, f"0{width}b")


def extended(value: int, width: int) -> int:
    return int(text(value, width)[0] * (64 - width) + text(value, width), 2)


def signed(value: int) -> int:
    return int.from_bytes(value.to_bytes(8, "little"), "little", signed=True)


def turned(value: int, amount: int, width: int) -> int:
    """Rotated right: characters from the end come to the front."""
    bits = text(value, width)
    amount %= width
    return (
        extended(int(bits[width - amount :] + bits[: width - amount], 2), width) if amount else extended(value, width)
    )


def polynomial(a: int, b: int) -> int:
    product = 0
    for position, digit in enumerate(reversed(text(b))):
        product ^= (a << position) * int(digit)
    return product


def leading(bits: str) -> int:
    return len(bits) - len(bits.lstrip("0"))


def trailing(bits: str) -> int:
    return len(bits) - len(bits.rstrip("0"))


def replaced(value: int, at: int, digit: Callable[[str], str]) -> int:
    bits = list(text(value))
    bits[63 - at] = digit(bits[63 - at])
    return int("".join(bits), 2)


LOW = 0xFFFF_FFFF
TWO: dict[str, Callable[[int, int], int]] = {
    "sh1add": lambda a, b: 2 * a + b,
    "sh2add": lambda a, b: 4 * a + b,
    "sh3add": lambda a, b: 8 * a + b,
    "sh1add.uw": lambda a, b: 2 * (a % 2**32) + b,
    "sh2add.uw": lambda a, b: 4 * (a % 2**32) + b,
    "sh3add.uw": lambda a, b: 8 * (a % 2**32) + b,
    "add.uw": lambda a, b: a % 2**32 + b,
    "andn": lambda a, b: a & (ONES ^ b),
    "orn": lambda a, b: a | (ONES ^ b),
    "xnor": lambda a, b: ONES ^ a ^ b,
    "max": lambda a, b: max(a, b, key=signed),
    "maxu": max,
    "min": lambda a, b: min(a, b, key=signed),
    "minu": min,
    "ror": lambda a, b: turned(a, b, 64),
    "rol": lambda a, b: turned(a, 64 - b % 64, 64),
    "rorw": lambda a, b: turned(a, b, 32),
    "rolw": lambda a, b: turned(a, 32 - b % 32, 32),
    "bclr": lambda a, b: replaced(a, b % 64, lambda digit: "0"),
    "bset": lambda a, b: replaced(a, b % 64, lambda digit: "1"),
    "binv": lambda a, b: replaced(a, b % 64, lambda digit: "10"[int(digit)]),
    "bext": lambda a, b: int(text(a)[63 - b % 64]),
    "clmul": lambda a, b: polynomial(a, b) % 2**64,
    "clmulr": lambda a, b: polynomial(a, b) // 2**63 % 2**64,
    "clmulh": lambda a, b: polynomial(a, b) // 2**64,
    "czero.eqz": lambda a, b: a if b else 0,
    "czero.nez": lambda a, b: 0 if b else a,
}
ONE: dict[str, Callable[[int], int]] = {
    "clz": lambda a: leading(text(a)),
    "clzw": lambda a: leading(text(a, 32)),
    "ctz": lambda a: trailing(text(a)),
    "ctzw": lambda a: trailing(text(a, 32)),
    "cpop": lambda a: text(a).count("1"),
    "cpopw": lambda a: text(a, 32).count("1"),
    "sext.b": lambda a: extended(a, 8),
    "sext.h": lambda a: extended(a, 16),
    "zext.h": lambda a: int(text(a)[48:], 2),
    "orc.b": lambda a: int.from_bytes(bytes(255 if byte else 0 for byte in a.to_bytes(8, "big")), "big"),
    "rev8": lambda a: int.from_bytes(a.to_bytes(8, "little"), "big"),
}
SHIFTED: dict[str, Callable[[int, int], int]] = {
    "rori": TWO["ror"],
    "bclri": TWO["bclr"],
    "bseti": TWO["bset"],
    "binvi": TWO["binv"],
    "bexti": TWO["bext"],
    "slli.uw": lambda a, b: a % 2**32 << b,
}


class Registers:
    """The only word that these meanings use."""

    def __init__(self, left: int, right: int) -> None:
        self.x = {1: left, 2: right}


def run(name: str, left: int, right: int, imm: int = 0) -> int:
    hart = Registers(left, right)
    BY_NAME[name].meaning(hart, OperandValues(0, {"rd": 3, "rs1": 1, "rs2": 2, "imm": imm}))
    return hart.x[3] & ONES


@given(words, words)
def test_two_registers(left, right):
    for name, expected in TWO.items():
        assert run(name, left, right) == expected(left, right) & ONES, name


@given(words)
def test_one_register(value):
    for name, expected in ONE.items():
        assert run(name, value, 0) == expected(value), name


@given(words, st.integers(0, 63))
def test_a_register_and_an_immediate(value, amount):
    for name, expected in SHIFTED.items():
        assert run(name, value, 0, amount) == expected(value, amount) & ONES, name
    assert run("roriw", value, 0, amount % 32) == turned(value, amount, 32)


def test_every_instruction_is_judged():
    ours = {i.name for i in BY_NAME.values() if i.extension in {"Zba", "Zbb", "Zbc", "Zbs", "Zicond"}}
    assert ours == {*TWO, *ONE, *SHIFTED, "roriw"}


@pytest.mark.parametrize("extension", ["zba", "zbb", "zbc", "zbs", "zicond"])
def test_without_the_extension_its_encodings_are_none(extension):
    isa = parse_isa(f"default,-{extension}")
    assert not isa.has("B") or extension in ("zbc", "zicond")
    decoder = Decoder(isa.extensions)
    for instruction in BY_NAME.values():
        if instruction.extension.lower() == extension:
            assert decoder.decode(instruction.pattern.match) is None


@pytest.mark.parametrize(
    ("name", "left", "right", "result"), [("clmulh", ONES, ONES, 0x5555555555555555), ("cpop", 7, 0, 3)]
)
def test_on_a_hart(bench, name, left, right, result):
    text = f"{name} a0,a1" if name in ONE else f"{name} a0,a1,a2"
    assert bench.after(text, {"a1": left, "a2": right}, {"a0": 0}) == {"a0": result}


def test_misa_has_b_when_all_three_are_there():
    assert Config().isa.has("B")
    assert parse_isa("rv64gchb").extensions >= {"Zba", "Zbb", "Zbs", "B"}
    assert not parse_isa("rv64gch_zba_zbs").has("B")
