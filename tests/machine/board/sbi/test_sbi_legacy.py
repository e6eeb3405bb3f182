from __future__ import annotations

import pytest

from machine.devices.finish import Finish, FinishKind
from tests.machine.board.sbi.sbi_world import World

SECOND = 0x1234


@pytest.mark.parametrize("fid", [0, 99])
def test_the_function_id_is_ignored_and_a1_is_kept(world: World, fid: int) -> None:
    assert world.call(1, fid, ord("A"), SECOND) == (0, SECOND)
    assert world.shown == b"A"


def test_set_timer(world: World) -> None:
    assert world.call(0, 0, 500, SECOND) == (0, SECOND)
    assert world.harts[0].done == [("timer", 500)]


def test_getchar(world: World) -> None:
    world.typed = b"\xfe"
    assert world.call(2, 0, 0, SECOND) == (0xFE, SECOND)
    assert world.call(2, 0, 0, SECOND) == (-1, SECOND)


def test_clear_ipi_says_whether_one_was_pending(world: World) -> None:
    world.harts[0].ssip = True
    assert world.call(3, 0, 0, SECOND) == (1, SECOND)
    assert world.call(3, 0, 0, SECOND) == (0, SECOND)
    assert not world.harts[0].ssip


def test_shutdown_does_not_return(world: World) -> None:
    assert world.call(8, 0, 55, SECOND) == (55, SECOND)
    assert world.finishes == [Finish(FinishKind.PASS)]
