"""Two machines that differ in their engine only, to be compared at any instruction boundary."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from machine.config import Config
from machine.hart.state import FIELDS
from machine.machine import Machine


class Twin:
    """The machines ``reference`` and ``native``, in the same state."""

    def __init__(self, config: Config, engine: Any) -> None:
        self.consoles: list[list[bytes]] = [[], []]
        self.reference, self.native = (Machine(config, console.append) for console in self.consoles)
        self.native.engine = engine
        self.each(lambda machine: machine.reset())

    def each(self, act: Callable[[Machine], Any]) -> None:
        """Do the same to both."""
        for machine in (self.reference, self.native):
            act(machine)

    def run(self, budget: int) -> Any:
        """Run both, compare how they ended and what state they are in."""
        expected, found = self.reference.run(budget), self.native.run(budget)
        assert (found.reason, found.hart, found.cycles) == (expected.reason, expected.hart, expected.cycles)
        self.compare()
        return found

    def compare(self, memory: bool = False) -> None:
        """Fail naming the first differences."""
        assert self.native.clock.cycles == self.reference.clock.cycles
        for expected, found in zip(self.reference.harts, self.native.harts, strict=True):
            if bytes(found.state) != bytes(expected.state):
                raise AssertionError("; ".join(differences(expected.state, found.state)))
        assert self.consoles[1] == self.consoles[0]
        assert self.native.traps.last(100) == self.reference.traps.last(100)
        if memory:
            digests = [hashlib.sha256(machine.ram.data).digest() for machine in (self.reference, self.native)]
            assert digests[0] == digests[1]


def differences(expected: Any, found: Any) -> list[str]:
    """What differs, as ``name: expected / found``."""
    pairs = [(f"{file}{n}", getattr(expected, file)[n], getattr(found, file)[n]) for file in "xf" for n in range(32)]
    pairs += [(name, getattr(expected, name), getattr(found, name)) for name in FIELDS]
    return [f"{name}: {a:#x} / {b:#x}" for name, a, b in pairs if a != b]
