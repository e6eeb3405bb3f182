"""A machine's state at one instruction boundary, to go back to as often as one likes.

A snapshot holds everything that a run depends on: harts, memory, devices, time, interrupts under way, whose turn it
is; and what has been told of the run so far: the inputs that were recorded and the last traps. So the same inputs lead
to the same run again, instruction for instruction. Breakpoints, watchpoints and catches are a debugger's and stay as
they are; what measures (ledger, latencies, statistics) begins anew.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from machine.devices.finish import Finish
from machine.hart.hart import Hart
from machine.hart.pending import Bitmap, Request
from machine.hart.vstip import VstipWatch
from machine.memory.ram import Ram
from machine.user_space import MmioAccess

if TYPE_CHECKING:
    from machine.machine import Machine

__all__ = ["Snapshot"]

PAGE = 4096
BLOCK = 256 * PAGE
"""Bytes that are compared with zero at once: most of memory is."""
ATOMS = (int, str, bytes, Enum, type(None), Finish, MmioAccess, Bitmap, Request)
"""Classes whose instances are data through and through."""
COLLECTIONS = (list, tuple, deque, set, frozenset)
CHOSEN: dict[type, tuple[str, ...]] = {
    Hart: ("stop_reason",),  # its registers are kept as bytes
    VstipWatch: ("level", "_compared", "_settings"),  # and not who listens
}
"""Of these classes the attributes named; of every other all that are data."""
KEEP_ALL = 1 << 30
Attributes = dict[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """What `of` has seen; `restore` puts it back."""

    machine: Machine
    pages: dict[int, bytes]
    """The pages of memory that are not zero, by offset."""
    harts: tuple[bytes, ...]
    parts: tuple[Attributes, ...]
    inputs: tuple[Any, ...]
    traps: tuple[Any, ...]

    @classmethod
    def of(cls, machine: Machine) -> Snapshot:
        """The machine's state; it stands between two runs."""
        return cls(
            machine,
            dict(_pages(machine.ram)),
            tuple(bytes(hart.state) for hart in machine.harts),
            tuple(_data(part) for part in _parts(machine)),
            tuple(machine.inputs.recorded),
            tuple(machine.traps.last(KEEP_ALL)),
        )

    def restore(self) -> None:
        """The machine is as it was."""
        machine = self.machine
        _forget(machine)
        for offset, content in self.pages.items():
            machine.ram.data[offset : offset + PAGE] = content
        for part, data in zip(_parts(machine), self.parts, strict=True):
            vars(part).update(deepcopy(data))
        for hart, content in zip(machine.harts, self.harts, strict=True):
            _put_back(hart, content)
            for pending in (hart.outside, hart.wires):
                if pending.changed:
                    pending.ring()
        machine.inputs.recorded.extend(self.inputs)
        for record in self.traps:
            machine.traps.trapped(machine.harts[record.hart], record)


def _forget(machine: Machine) -> None:
    """Reset, without starting anything."""
    boot = machine.boot
    machine.boot = lambda machine: None
    try:
        machine.reset()
    finally:
        machine.boot = boot


def _put_back(hart: Hart, content: bytes) -> None:
    """The registers, and what a hart derives from them; nobody is told of a change of world."""
    asked, hart.stop_reason = hart.stop_reason, None
    ctypes.memmove(ctypes.addressof(hart.state), content, len(content))
    observers, hart.mode_observers = hart.mode_observers, [lambda hart, source, target: None]
    hart.context_changed()
    hart.mode_observers = observers
    hart.reconsider_interrupts()
    hart.stop_reason = asked


def _parts(machine: Machine) -> list[Any]:
    """Everything with a state of its own beside memory and the harts' registers."""
    board = machine.board
    own = [machine, machine.clock, machine.wiring, machine.user, machine.levels]
    devices = [board.aclint, board.plic, board.uart, board.finisher, *machine.keepers]
    harts = [part for hart in machine.harts for part in (hart, hart.outside, hart.wires, hart.vstip)]
    return [*own, *devices, *harts]


def _data(part: object) -> Attributes:
    """Its attributes that are data: what it is wired to is left out. Copied at once: some refer to one another."""
    held = vars(part)
    names = CHOSEN.get(type(part), held)
    return deepcopy({name: held[name] for name in names if _is_data(held[name])})


def _is_data(value: object) -> bool:
    if isinstance(value, ATOMS):
        return True
    if isinstance(value, dict):
        return all(_is_data(key) and _is_data(held) for key, held in value.items())
    if isinstance(value, COLLECTIONS):
        return all(_is_data(item) for item in value)
    return False


def _pages(ram: Ram) -> list[tuple[int, bytes]]:
    """The pages that are not zero, each with its offset."""
    full = [start for start, _ in _not_zero(ram, 0, ram.size, BLOCK)]
    return [page for start in full for page in _not_zero(ram, start, min(start + BLOCK, ram.size), PAGE)]


def _not_zero(ram: Ram, start: int, end: int, size: int) -> Iterator[tuple[int, bytes]]:
    zero = bytes(size)
    for offset in range(start, end, size):
        content = bytes(ram.data[offset : min(offset + size, end)])
        if content != zero[: len(content)]:
            yield offset, content
