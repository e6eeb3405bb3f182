"""Who called whom: an image's call frame information (DWARF, chapter 6.4) as one rule per address.

pyelftools reads it. Registers have DWARF's numbers, which on RISC-V are x0 to x31.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from elftools.dwarf.callframe import FDE
from elftools.elf.elffile import ELFFile

from machine.board.elf import MALFORMED

__all__ = ["CallFrames", "FrameRule"]


@dataclass(frozen=True)
class FrameRule:
    """How to leave a frame.

    Attributes:
        register, offset: the canonical frame address (the caller's stack pointer) is the register's value + offset.
        saved: by number of a register, where from the canonical frame address its caller's value is.
        outermost: there is no caller.
    """

    register: int
    offset: int
    saved: Mapping[int, int]
    outermost: bool = False


class CallFrames:
    """The frames of one image.

    Args:
        path: the ELF; one without frame information knows no rule.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _entries(self) -> list[tuple[int, int, Any]]:
        """(first address, address behind, entry) of every function, ascending."""
        try:
            with self._path.open("rb") as file:
                found = _read(ELFFile(file))
        except (OSError, *MALFORMED):
            return []
        return sorted(found, key=lambda entry: entry[0])

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _, _ in self._entries]

    def rule(self, address: int) -> FrameRule | None:
        """The rule at an instruction, or None where nothing is known."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._entries[index][1]:
            return None
        rows = [row for row in self._entries[index][2].get_decoded().table if row["pc"] <= address]
        return _rule(rows[-1]) if rows else None


RETURN_ADDRESS = 1


def _read(elf: ELFFile) -> list[tuple[int, int, Any]]:
    if not elf.has_dwarf_info():
        return []
    dwarf = elf.get_dwarf_info()
    frames = dwarf.CFI_entries() if dwarf.has_CFI() else []
    more = dwarf.EH_CFI_entries() if dwarf.has_EH_CFI() else []
    functions = [entry for entry in [*frames, *more] if isinstance(entry, FDE)]
    return [(f["initial_location"], f["initial_location"] + f["address_range"], f) for f in functions]


def _rule(row: Mapping[Any, Any]) -> FrameRule | None:
    """A row of the decoded table; None when it computes the frame by an expression."""
    cfa = row["cfa"]
    if cfa.reg is None:
        return None
    rules = {number: rule for number, rule in row.items() if isinstance(number, int)}
    saved = {number: rule.arg for number, rule in rules.items() if rule.type == "OFFSET"}
    outermost = RETURN_ADDRESS in rules and rules[RETURN_ADDRESS].type == "UNDEFINED"
    return FrameRule(cfa.reg, cfa.offset, saved, outermost)
