from __future__ import annotations

import pytest

from machine.board.sbi.abi import HartStatus
from tests.machine.board.sbi.sbi_world import ALL, World

IPI = 0x735049


@pytest.fixture
def started(world: World) -> World:
    world.harts[1].status = HartStatus.STARTED
    return world


@pytest.mark.parametrize(
    ("mask", "base", "raised"),
    [
        (0b01, 0, [True, False]),
        (0b10, 0, [False, True]),
        (0b11, 0, [True, True]),
        (0b1, 1, [False, True]),
        (0, 0, [False, False]),
        (0, 77, [False, False]),
        (0, ALL, [True, True]),
        (ALL, ALL, [True, True]),
    ],
)
def test_the_mask_counts_from_the_base(started: World, mask: int, base: int, raised: list[bool]) -> None:
    assert started.call(IPI, 0, mask, base) == (0, 0)
    assert [hart.ssip for hart in started.harts] == raised


@pytest.mark.parametrize(("mask", "base"), [(0b100, 0), (0b111, 0), (0b10, 1), (1, 2), (1, ALL - 1), (ALL, 0)])
def test_an_absent_hart_is_invalid_and_nobody_is_interrupted(started: World, mask: int, base: int) -> None:
    assert started.call(IPI, 0, mask, base) == (-3, 0)
    assert [hart.ssip for hart in started.harts] == [False, False]


def test_a_suspended_hart_is_interrupted_and_a_stopped_one_is_not(world: World) -> None:
    assert world.call(IPI, 0, 0b11, 0) == (0, 0)
    assert [hart.ssip for hart in world.harts] == [True, False]
    world.harts[1].status = HartStatus.SUSPENDED
    assert world.call(IPI, 0, 0b10, 0) == (0, 0)
    assert world.harts[1].ssip
