from __future__ import annotations

import pytest

from machine.devices.aclint import Aclint

MSIP, MTIMECMP, MTIME = 0, 0x4000, 0xBFF8
NEVER = 2**64 - 1


class Board:
    """A clock that the test turns, and what the device called."""

    def __init__(self) -> None:
        self.ticks = 0
        self.msip: list[tuple[int, bool]] = []
        self.timer_changes = 0

    def now(self) -> int:
        return self.ticks

    def set_msip(self, hart: int, level: bool) -> None:
        self.msip.append((hart, level))

    def timer_changed(self) -> None:
        self.timer_changes += 1


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def clint(board: Board) -> Aclint:
    return Aclint(2, board, board.set_msip, board.timer_changed)


def test_msip_raises_and_lowers_each_harts_line_once(clint: Aclint, board: Board) -> None:
    clint.write(MSIP + 4, 4, 0xFFFF_FFFF)
    assert (clint.read(MSIP, 4), clint.read(MSIP + 4, 4), clint.read(MSIP, 8)) == (0, 1, 1 << 32)
    clint.write(MSIP + 4, 4, 1)
    clint.write(MSIP, 8, 1)
    assert board.msip == [(1, True), (0, True), (1, False)]


def test_an_absent_harts_registers_ignore_writes(clint: Aclint, board: Board) -> None:
    clint.write(MSIP + 8, 4, 1)
    clint.write(MTIMECMP + 16, 8, 0)
    assert board.msip == []
    assert board.timer_changes == 0
    assert clint.read(MSIP + 8, 4) == clint.read(MTIMECMP + 16, 8) == clint.read(0x9000, 4) == 0


def test_timer_pends_from_mtimecmp_on(clint: Aclint, board: Board) -> None:
    assert not clint.timer_pending(1)
    clint.write(MTIMECMP + 8, 8, 100)
    assert board.timer_changes == 1
    assert clint.deadline(1) == 100
    board.ticks = 99
    assert not clint.timer_pending(1)
    board.ticks = 100
    assert clint.timer_pending(1)
    assert not clint.timer_pending(0)


def test_halves_of_mtimecmp(clint: Aclint) -> None:
    clint.write(MTIMECMP, 4, 0x1111)
    assert clint.mtimecmp[0] == 0xFFFF_FFFF_0000_1111
    clint.write(MTIMECMP + 4, 4, 0x2222)
    assert clint.read(MTIMECMP, 8) == 0x2222_0000_1111
    assert (clint.read(MTIMECMP, 4), clint.read(MTIMECMP + 4, 4)) == (0x1111, 0x2222)


def test_mtime_follows_the_clock_and_can_be_set(clint: Aclint, board: Board) -> None:
    board.ticks = 0x1_0000_0005
    assert clint.read(MTIME, 8) == clint.mtime == 0x1_0000_0005
    assert (clint.read(MTIME, 4), clint.peek(MTIME + 4, 4)) == (5, 1)
    clint.write(MTIME, 8, 50)
    clint.write(MTIMECMP, 8, 70)
    board.ticks += 10
    assert clint.mtime == 60
    assert clint.deadline(0) == board.ticks + 10
    assert board.timer_changes == 2


def test_mtime_wraps_at_64_bits(clint: Aclint, board: Board) -> None:
    clint.write(MTIME, 8, NEVER)
    board.ticks += 2
    assert clint.mtime == 1


def test_reset(clint: Aclint, board: Board) -> None:
    clint.write(MSIP, 4, 1)
    clint.write(MTIMECMP, 8, 0)
    clint.write(MTIME, 8, 1000)
    clint.reset()
    assert board.msip == [(0, True), (0, False)]
    assert clint.mtime == board.ticks
    assert not clint.timer_pending(0)
