"""The document for ``qXfer:memory-map:read`` (GDB manual, "Memory Map Format")."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree as ET

from gdbstub.target import Region

__all__ = ["build"]

DOCTYPE = (
    '<?xml version="1.0"?>\n<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" '
    '"http://sourceware.org/gdb/gdb-memory-map.dtd">\n'
)


def build(regions: Sequence[Region]) -> str:
    """Regions as XML. Raises ValueError when two overlap, which gdb would answer by ignoring the whole map.

    >>> from gdbstub.target import RegionKind
    >>> print(build([Region(RegionKind.RAM, 0x80000000, 0x1000)]).splitlines()[-2].strip())
    <memory type="ram" start="0x80000000" length="0x1000" />
    """
    ordered = sorted(regions, key=lambda region: region.start)
    for low, high in pairwise(ordered):
        if low.start + low.length > high.start:
            raise ValueError(f"memory regions overlap: {low} and {high}")
    memory_map = ET.Element("memory-map")
    for region in ordered:
        ET.SubElement(
            memory_map, "memory", type=region.kind.value, start=f"{region.start:#x}", length=f"{region.length:#x}"
        )
    ET.indent(memory_map)
    return DOCTYPE + ET.tostring(memory_map, encoding="unicode")
