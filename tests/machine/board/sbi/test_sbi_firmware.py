from __future__ import annotations

import pytest

from machine.board.sbi.firmware import EXTENSIONS
from tests.machine.board.sbi.sbi_world import World

NOT_SUPPORTED = (-2, 0)


@pytest.mark.parametrize("eid", [0x04, 0x07, 0x09, 0x0F, 0x11, 0x504D55, 0x53535345, 2**64 - 1, 0x1_0000_0010])
def test_an_unknown_extension_is_not_supported(world: World, eid: int) -> None:
    assert world.call(eid, 0) == NOT_SUPPORTED


@pytest.mark.parametrize("eid", [0x10, 0x54494D45, 0x735049, 0x52464E43, 0x48534D, 0x53525354, 0x4442434E])
def test_an_unknown_function_is_not_supported(world: World, eid: int) -> None:
    for fid in (7, 2**32, 2**64 - 1):
        assert world.call(eid, fid) == NOT_SUPPORTED
    assert world.harts[0].done == []


def test_function_numbers_are_the_specifications() -> None:
    counts = {EXTENSIONS[eid].name: sorted(EXTENSIONS[eid].functions) for eid in EXTENSIONS if eid >= 0x10}
    assert counts == {
        "BASE": [0, 1, 2, 3, 4, 5, 6],
        "TIME": [0],
        "sPI": [0],
        "RFNC": [0, 1, 2, 3, 4, 5, 6],
        "HSM": [0, 1, 2, 3],
        "SRST": [0],
        "DBCN": [0, 1, 2],
    }
