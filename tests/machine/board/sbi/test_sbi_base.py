from __future__ import annotations

import pytest

from tests.machine.board.sbi.sbi_world import World

BASE = 0x10


def test_version_2_0_of_an_unassigned_implementation(world: World) -> None:
    assert world.call(BASE, 0) == (0, 0x0200_0000)
    assert world.call(BASE, 1) == (0, 0x4842)
    assert world.call(BASE, 2) == (0, 0x100)


def test_machine_ids_are_zero(world: World) -> None:
    assert [world.call(BASE, fid) for fid in (4, 5, 6)] == [(0, 0)] * 3


@pytest.mark.parametrize(
    ("eid", "present"),
    [
        *(
            (eid, 1)
            for eid in (0x10, 0x54494D45, 0x735049, 0x52464E43, 0x48534D, 0x53525354, 0x4442434E, 0, 1, 2, 3, 8)
        ),
        *((eid, 0) for eid in (4, 5, 6, 7, 9, 0x504D55, -1)),
    ],
)
def test_probe(world: World, eid: int, present: int) -> None:
    assert world.call(BASE, 3, eid) == (0, present)
