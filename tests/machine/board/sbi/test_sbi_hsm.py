from __future__ import annotations

import pytest

from machine.board.sbi.abi import HartStatus
from tests.machine.board.sbi.sbi_world import RAM, RAM_SIZE, World

HSM = 0x48534D
START, STOP, STATUS, SUSPEND = range(4)
OPAQUE = 0xFEED_0000_0000_0001


def test_start_a_stopped_hart(world: World) -> None:
    assert world.call(HSM, STATUS, 1) == (0, 1)
    assert world.call(HSM, START, 1, RAM + 0x200, OPAQUE) == (0, 0)
    assert world.harts[1].done == [("start", RAM + 0x200, OPAQUE)]
    assert world.call(HSM, STATUS, 1) == (0, 0)


@pytest.mark.parametrize(
    ("hart", "address", "error"),
    [
        (2, RAM, -3),
        (2**64 - 1, RAM, -3),
        (1, RAM - 2, -5),
        (1, RAM + RAM_SIZE, -5),
        (1, 0x1000_0000, -5),
        (1, RAM + 1, -5),
        (0, RAM, -6),
    ],
)
def test_start_refused(world: World, hart: int, address: int, error: int) -> None:
    assert world.call(HSM, START, hart, address, OPAQUE) == (error, 0)
    assert [hart.done for hart in world.harts] == [[], []]


def test_a_suspended_hart_is_available(world: World) -> None:
    world.harts[1].status = HartStatus.SUSPENDED
    assert world.call(HSM, START, 1, RAM) == (-6, 0)
    assert world.call(HSM, STATUS, 1) == (0, 4)


def test_status_of_an_absent_hart(world: World) -> None:
    assert world.call(HSM, STATUS, 2) == (-3, 0)


def test_stop_does_not_return(world: World) -> None:
    assert world.call(HSM, STOP, 111, 222) == (111, 222), "a0 and a1 are as the caller left them"
    assert world.harts[0].done == [("stop",)]
    assert world.call(HSM, STATUS, 0, hart=1) == (0, 1)


def test_retentive_suspend_returns_success(world: World) -> None:
    assert world.call(HSM, SUSPEND, 0, 0xBAD, OPAQUE) == (0, 0)
    assert world.harts[0].done == [("suspend", None)]


def test_non_retentive_suspend_resumes_elsewhere(world: World) -> None:
    kind = 0xFFFF_FFFF_8000_0000  # sign-extended, as RV64 code loads a 32-bit constant
    error, value = world.call(HSM, SUSPEND, kind, RAM + 4, 7)
    assert (error % 2**64, value) == (kind, RAM + 4)
    assert world.harts[0].done == [("suspend", (RAM + 4, 7))]


@pytest.mark.parametrize("address", [0, RAM + RAM_SIZE, RAM + 3])
def test_non_retentive_suspend_checks_where(world: World, address: int) -> None:
    assert world.call(HSM, SUSPEND, 0x8000_0000, address) == (-5, 0)
    assert world.harts[0].done == []


@pytest.mark.parametrize("kind", [1, 0x0FFF_FFFF, 0x1000_0000, 0x7FFF_FFFF, 0x8000_0001, 0x9000_0000, 0xFFFF_FFFF])
def test_other_suspend_types_are_invalid(world: World, kind: int) -> None:
    assert world.call(HSM, SUSPEND, kind, RAM) == (-3, 0)
    assert world.harts[0].done == []
