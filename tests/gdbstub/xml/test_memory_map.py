from __future__ import annotations

import pytest

from gdbstub.target import Region, RegionKind
from gdbstub.xml import memory_map

ROM = Region(RegionKind.ROM, 0x1000, 0x1000)
RAM = Region(RegionKind.RAM, 0x2000, 0x4000)


def test_regions_are_in_order_of_address() -> None:
    lines = memory_map.build([RAM, ROM]).splitlines()
    assert [line.strip() for line in lines[3:5]] == [
        '<memory type="rom" start="0x1000" length="0x1000" />',
        '<memory type="ram" start="0x2000" length="0x4000" />',
    ]


def test_regions_do_not_overlap() -> None:
    with pytest.raises(ValueError, match="memory regions overlap"):
        memory_map.build([RAM, Region(RegionKind.ROM, 0x1000, 0x1001)])
