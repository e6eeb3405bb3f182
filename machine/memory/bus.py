"""The physical address space: which memory or device answers at an address."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol

from machine.errors import MachineError
from machine.memory.ram import Ram

__all__ = ["Bus", "BusError", "Peripheral", "Region"]


class BusError(Exception):
    """Nothing answers an access, or not with this width or alignment: the hart raises an access fault.

    Attributes:
        address: the physical address.
    """

    def __init__(self, address: int) -> None:
        super().__init__(f"no memory or device answers this access at physical address {address:#x}")
        self.address = address


class Peripheral(Protocol):
    """What the bus needs of a device; offsets count bytes from the device's base."""

    name: str
    size: int
    widths: tuple[int, ...]
    """The access sizes that it accepts, in bytes, ascending; accesses are naturally aligned."""

    def read(self, offset: int, size: int, /) -> int:
        """A guest's load, with its side effects."""

    def write(self, offset: int, size: int, value: int, /) -> None:
        """A guest's store."""

    def peek(self, offset: int, size: int, /) -> int:
        """What `read` would return, without side effects."""


@dataclass(frozen=True)
class Region:
    """One stretch of the address space, ``base`` to ``end`` exclusive; ``target`` answers there."""

    base: int
    end: int
    target: Ram | Peripheral

    @property
    def is_ram(self) -> bool:
        """Whether it is main memory: any width, any alignment, atomics, instruction fetch."""
        return isinstance(self.target, Ram)

    def accepts(self, offset: int, size: int) -> bool:
        """Whether the target answers an access of ``size`` bytes at ``offset``."""
        return isinstance(self.target, Ram) or (size in self.target.widths and offset % size == 0)


class Bus:
    """Memory and devices, by physical address."""

    def __init__(self) -> None:
        self.regions: list[Region] = []
        self._bases: list[int] = []

    def add_ram(self, ram: Ram) -> None:
        """Place ``ram`` at its base. Raises MachineError when it overlaps what is there."""
        self._add(Region(ram.base, ram.base + ram.size, ram))

    def add_device(self, base: int, device: Peripheral) -> None:
        """Place ``device`` at ``base``. Raises MachineError when it overlaps what is there."""
        self._add(Region(base, base + device.size, device))

    def _add(self, new: Region) -> None:
        for old in self.regions:
            if new.base < old.end and old.base < new.end:
                raise MachineError(
                    f"{new.target.name} at {new.base:#x} to {new.end:#x} overlaps {old.target.name} at "
                    f"{old.base:#x} to {old.end:#x}; change its address or size"
                )
        self.regions = sorted([*self.regions, new], key=lambda region: region.base)
        self._bases = [region.base for region in self.regions]

    def find(self, address: int, size: int = 1) -> Region | None:
        """The region that holds all ``size`` bytes at ``address``, or None."""
        index = bisect_right(self._bases, address) - 1
        if index < 0:
            return None
        region = self.regions[index]
        return region if address + size <= region.end else None

    def ram_at(self, address: int, size: int = 1) -> Ram | None:
        """The main memory that holds all ``size`` bytes at ``address``, or None."""
        region = self.find(address, size)
        return region.target if region is not None and isinstance(region.target, Ram) else None

    def answers(self, address: int, size: int) -> bool:
        """Whether memory or a device takes an access of ``size`` bytes at ``address``."""
        region = self.find(address, size)
        return region is not None and region.accepts(address - region.base, size)

    def _answering(self, address: int, size: int) -> tuple[Ram | Peripheral, int]:
        region = self.find(address, size)
        if region is None or not region.accepts(address - region.base, size):
            raise BusError(address)
        return region.target, address - region.base

    def read(self, address: int, size: int) -> int:
        """A load of ``size`` bytes, little-endian. Raises BusError when nothing answers."""
        target, offset = self._answering(address, size)
        return target.read(offset, size)

    def write(self, address: int, size: int, value: int) -> None:
        """A store of the low ``size`` bytes of ``value``. Raises BusError when nothing answers."""
        target, offset = self._answering(address, size)
        target.write(offset, size, value)

    def peek(self, address: int, size: int) -> int:
        """What `read` would return, without side effects. Raises BusError as `read` does."""
        target, offset = self._answering(address, size)
        return target.peek(offset, size)

    def peek_bytes(self, address: int, size: int) -> bytes:
        """Bytes as a debugger dumps them: any range, no side effects, across neighbouring regions.

        A device's bytes are cut out of registers of the narrowest width that it accepts. Raises BusError at the first
        address where nothing answers.
        """
        content = bytearray()
        while len(content) < size:
            at = address + len(content)
            region = self.find(at)
            if region is None:
                raise BusError(at)
            content += _peek_region(region, at - region.base, min(size - len(content), region.end - at))
        return bytes(content)


def _peek_region(region: Region, offset: int, size: int) -> bytes:
    target = region.target
    if isinstance(target, Ram):
        return bytes(target.data[offset : offset + size])
    width = target.widths[0]
    first = offset - offset % width
    words = (target.peek(at, width).to_bytes(width, "little") for at in range(first, offset + size, width))
    return b"".join(words)[offset - first :][:size]
