from __future__ import annotations

import pytest

from tests.machine.board.sbi.sbi_world import World


@pytest.mark.parametrize("time", [0, 12345, 2**64 - 1])
def test_set_timer(world: World, time: int) -> None:
    assert world.call(0x54494D45, 0, time) == (0, 0)
    assert world.harts[0].done == [("timer", time)]
    assert world.harts[1].done == []
