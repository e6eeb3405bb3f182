"""A program to be placed in memory: its bytes, its entry, its symbols."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from machine.board.virt import DRAM
from machine.errors import MachineError
from machine.memory.ram import Ram

__all__ = ["Image", "Segment", "Symbol", "place", "starts_in_m_mode"]

FIRMWARE_ROOM = 2 << 20
"""Bytes at the start of DRAM that firmware keeps: what it starts is linked above, by RISC-V's boot convention."""

MAPPING_SYMBOLS = ("$x", "$d", ".L")
"""Beginnings of names that tools make, which say nothing to a person."""


class Segment(NamedTuple):
    """Bytes at a physical address; ``size`` counts the zeros after them too."""

    address: int
    virtual: int
    content: bytes
    size: int

    @property
    def end(self) -> int:
        """The physical address after the last byte."""
        return self.address + self.size


class Symbol(NamedTuple):
    """A name for an address; ``kind`` is the ELF symbol type (0 none, 1 object, 2 function)."""

    name: str
    address: int
    size: int
    kind: int


@dataclass(frozen=True)
class Image:
    """A program.

    Attributes:
        name: how messages call it.
        entry: physical address of its first instruction.
        segments: by ascending address.
        table: every named symbol, in the file's order.
    """

    name: str
    entry: int
    segments: tuple[Segment, ...]
    table: tuple[Symbol, ...]

    @cached_property
    def symbols(self) -> dict[str, int]:
        """Name → address; of equal names the file's first."""
        return {symbol.name: symbol.address for symbol in reversed(self.table)}

    def symbol(self, name: str) -> int:
        """The address of a symbol. Raises MachineError when the image has none of this name."""
        if name not in self.symbols:
            raise MachineError(f"{self.name} has no symbol {name!r}; link it with its symbol table")
        return self.symbols[name]

    @cached_property
    def _labels(self) -> tuple[list[int], list[Symbol]]:
        # Where several names share an address the function's wins, so it is sorted last.
        readable = (symbol for symbol in self.table if not symbol.name.startswith(MAPPING_SYMBOLS))
        ordered = sorted(readable, key=lambda symbol: (symbol.address, symbol.kind == 2))
        return [symbol.address for symbol in ordered], ordered

    def symbolise(self, address: int) -> tuple[str, int] | None:
        """The nearest symbol at or below ``address`` that covers it, and the offset from it; else None.

        A symbol without a size reaches to the next one.
        """
        addresses, ordered = self._labels
        index = bisect_right(addresses, address) - 1
        if index < 0 or (ordered[index].size and address >= addresses[index] + ordered[index].size):
            return None
        return ordered[index].name, address - addresses[index]

    @property
    def start(self) -> int:
        """The lowest physical address."""
        return min(segment.address for segment in self.segments)

    @property
    def end(self) -> int:
        """The physical address after the last byte."""
        return max(segment.end for segment in self.segments)


def starts_in_m_mode(image: Image) -> bool:
    """Whether the image is linked where a machine starts (DRAM's first bytes), not where firmware enters a payload."""
    return image.start < DRAM + FIRMWARE_ROOM


def place(ram: Ram, images: Iterable[Image]) -> None:
    """Copy the images to memory that is zero. Raises MachineError when one lies outside memory or two overlap."""
    placed: list[tuple[Segment, str]] = []
    for image in images:
        for segment in image.segments:
            _check_place(ram, segment, image.name, placed)
            placed.append((segment, image.name))
    for segment, _ in placed:
        ram.load(segment.address, segment.content)


def _check_place(ram: Ram, segment: Segment, name: str, placed: list[tuple[Segment, str]]) -> None:
    where = f"{segment.address:#x} to {segment.end:#x}"
    if not ram.contains(segment.address, segment.size):
        raise MachineError(
            f"{name} needs memory at {where}, and memory is {ram.base:#x} to {ram.base + ram.size:#x}; "
            "link it there or give more --memory"
        )
    for other, other_name in placed:
        if segment.address < other.end and other.address < segment.end:
            raise MachineError(
                f"{name} at {where} overlaps {other_name} at {other.address:#x} to {other.end:#x}; load one elsewhere"
            )
