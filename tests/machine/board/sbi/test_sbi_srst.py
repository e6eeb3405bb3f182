from __future__ import annotations

import pytest

from machine.devices.finish import Finish, FinishKind
from tests.machine.board.sbi.sbi_world import World

SRST = 0x53525354


@pytest.mark.parametrize(
    ("kind", "reason", "finish"),
    [
        (0, 0, Finish(FinishKind.PASS)),
        (0, 1, Finish(FinishKind.FAIL, 1)),
        (1, 0, Finish(FinishKind.RESET)),
        (2, 1, Finish(FinishKind.RESET)),
        (1 << 32, 1 << 32, Finish(FinishKind.PASS)),
    ],
)
def test_types_and_reasons(world: World, kind: int, reason: int, finish: Finish) -> None:
    assert world.call(SRST, 0, kind, reason) == (kind, reason), "it does not return"
    assert world.finishes == [finish]


@pytest.mark.parametrize(
    ("kind", "reason"), [(3, 0), (0xEFFF_FFFF, 0), (0xF000_0000, 0), (0, 2), (0, 0xE000_0000), (0, 0xF000_0000)]
)
def test_reserved_and_platform_specific_are_invalid(world: World, kind: int, reason: int) -> None:
    assert world.call(SRST, 0, kind, reason) == (-3, 0)
    assert world.finishes == []
