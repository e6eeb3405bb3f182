from __future__ import annotations

import pytest

from machine.errors import MachineError
from machine.memory.ram import Ram
from machine.observe.signature import signature

BASE = 0x8000_0000


@pytest.fixture
def ram() -> Ram:
    made = Ram(BASE, 4096)
    made.load(BASE + 16, bytes(range(1, 33)))
    return made


@pytest.mark.parametrize(
    ("granularity", "lines"),
    [
        (4, ["04030201", "08070605", "0c0b0a09", "100f0e0d"]),
        (8, ["0807060504030201", "100f0e0d0c0b0a09"]),
        (16, ["100f0e0d0c0b0a090807060504030201"]),
    ],
)
def test_words_are_little_endian(ram: Ram, granularity: int, lines: list[str]) -> None:
    assert list(signature(ram, BASE + 16, BASE + 32, granularity)) == lines


def test_the_last_word_is_completed_with_zeros(ram: Ram) -> None:
    assert list(signature(ram, BASE + 16, BASE + 22)) == ["04030201", "00000605"]


@pytest.mark.parametrize(("begin", "end"), [(BASE + 8, BASE), (BASE, BASE + 4097), (0, 16)])
def test_a_range_that_is_none(ram: Ram, begin: int, end: int) -> None:
    with pytest.raises(MachineError, match=f"{begin:#x} to {end:#x}, is not in memory"):
        list(signature(ram, begin, end))
