from __future__ import annotations

import pytest

from tests.machine.board.sbi.sbi_world import ALL, World

RFENCE = 0x52464E43
FENCES = {
    0: "fence.i",
    1: "sfence.vma",
    2: "sfence.vma",
    3: "hfence.gvma",
    4: "hfence.gvma",
    5: "hfence.vvma",
    6: "hfence.vvma",
}
HYPERVISOR = [3, 4, 5, 6]


@pytest.mark.parametrize("fid", FENCES)
@pytest.mark.parametrize(("start", "size"), [(0, 0), (0x1000, 0x2000), (0, ALL), (ALL, ALL)])
def test_every_hart_of_the_mask_fences_once(world: World, fid: int, start: int, size: int) -> None:
    assert world.call(RFENCE, fid, 0b11, 0, start, size, 1) == (0, 0)
    assert [hart.done for hart in world.harts] == [[(FENCES[fid],)]] * 2


@pytest.mark.parametrize("fid", FENCES)
def test_the_mask_is_obeyed(world: World, fid: int) -> None:
    assert world.call(RFENCE, fid, 1, 1) == (0, 0)
    assert world.harts[0].done == []
    assert world.harts[1].done == [(FENCES[fid],)]
    assert world.call(RFENCE, fid, 0b100, 0) == (-3, 0)
    assert len(world.harts[1].done) == 1


@pytest.mark.parametrize(("fid", "last"), [(2, 0xFFFF), (5, 0xFFFF), (3, 0x3FFF)])
def test_an_impossible_asid_or_vmid_is_invalid(world: World, fid: int, last: int) -> None:
    assert world.call(RFENCE, fid, 1, 0, 0, 0, last) == (0, 0)
    assert world.call(RFENCE, fid, 1, 0, 0, 0, last + 1) == (-3, 0)
    assert len(world.harts[0].done) == 1


def test_functions_without_an_identifier_ignore_a4(world: World) -> None:
    for fid in (0, 1, 4, 6):
        assert world.call(RFENCE, fid, 1, 0, 0, 0, ALL) == (0, 0)


@pytest.mark.parametrize("fid", HYPERVISOR)
def test_hypervisor_fences_need_the_extension(world: World, fid: int) -> None:
    world.has_hypervisor = False
    assert world.call(RFENCE, fid, 1, 0) == (-2, 0)
    assert world.harts[0].done == []
