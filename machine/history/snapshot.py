"""A whole machine kept, and given back: registers, devices, memory, the inputs so far, and what observers have seen.

Each part names its own state (``STATE``). What is flat is copied as it is; what observers and bitmaps hold refers to
each other, so it is copied deeply and at once, with the harts themselves left alone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from machine.errors import MachineError
from machine.memory.pages import PAGE, Content

if TYPE_CHECKING:
    from machine.machine import Machine

__all__ = ["Follower", "Snapshot", "parts"]

Values = dict[str, Any]


class Follower(Protocol):
    """Has something to keep."""

    @property
    def STATE(self) -> tuple[str, ...]:
        """Names of its attributes; each holds a value, or a flat collection of values that never change."""


@dataclass(frozen=True)
class Snapshot:
    """One moment of one machine. It stays valid however often it is given back, and beside others.

    Attributes:
        cycle: of the machine.
        harts: the flat blocks.
        memory: the pages that are not zero.
    """

    machine: Machine
    cycle: int
    harts: tuple[bytes, ...]
    memory: Content
    flat: list[Values]
    linked: list[Values]
    ledger: list[Values]
    listened: tuple[object, ...]

    @classmethod
    def of(cls, machine: Machine) -> Snapshot:
        """Keep it; see `Machine.snapshot`."""
        machine.inputs.fence()
        return cls(
            machine,
            machine.clock.cycles,
            tuple(bytes(hart.state) for hart in machine.harts),
            machine.ram.pages.keep(),
            [_copied(_values(part)) for part in parts(machine)],
            _deeply(machine, [_values(part) for part in _linked(machine)]),
            _deeply(machine, [_values(part) for part in _ledger(machine)]),
            _listening(machine),
        )

    def put_back(self, machine: Machine) -> None:
        """Make ``machine`` what it was; see `Machine.restore`."""
        if machine is not self.machine or len(self.flat) != len(parts(machine)):
            raise MachineError(
                "this snapshot is of another machine, or of one that was booted anew since: take another"
            )
        self._put_back_memory(machine)
        for part, values in zip(parts(machine), self.flat, strict=True):
            vars(part).update(_copied(values))
        for part, values in zip(_linked(machine), _deeply(machine, self.linked), strict=True):
            vars(part).update(values)
        for hart, block in zip(machine.harts, self.harts, strict=True):
            hart.restore(block)
        machine.inputs.recall()
        self._put_back_listeners(machine)

    def _put_back_listeners(self, machine: Machine) -> None:
        """Who listens now and did not then knows nothing of what was before."""
        ledger, *listening = _listening(machine)
        for hart, now, before in zip(machine.harts, listening, self.listened[1:], strict=True):
            if now and not before:
                hart.vstip.begin()
        if ledger != self.listened[0]:
            machine.ledger.reset()
            return
        for part, values in zip(_ledger(machine), _deeply(machine, self.ledger), strict=True):
            vars(part).update(values)

    def _put_back_memory(self, machine: Machine) -> None:
        """Only a decoded instruction that is another one now makes decoded code stale."""
        ram, guard = machine.ram, machine.guard
        looked_at = [page for page in ram.pages.differing(self.memory) if guard.guarded(page)]
        before = [bytes(ram.data[page : page + PAGE]) for page in looked_at]
        ram.pages.give_back(self.memory)
        for page, content in zip(looked_at, before, strict=True):
            guard.replaced(page, content, bytes(ram.data[page : page + PAGE]))


def parts(machine: Machine) -> list[Follower]:
    """Whoever's state is flat."""
    board = machine.board
    devices: list[Any] = [board.aclint, board.plic, board.uart]
    around: list[Any] = [machine, machine.clock, machine.wiring, machine.inputs, machine.user, machine._levels]
    seen: list[Any] = [machine.traps, *(hart.vstip for hart in machine.harts)]
    return [*around, *devices, *seen, *machine.followers]


def _linked(machine: Machine) -> list[Any]:
    """Whoever's state refers to objects that change."""
    pending = [bitmaps for hart in machine.harts for bitmaps in (hart.outside, hart.wires)]
    return [*pending, machine.virtual_instructions, machine.timer_latency, machine.worlds]


def _ledger(machine: Machine) -> list[Any]:
    """The same for the ledger and what it was told of, which share their entries."""
    return [machine.ledger, *machine.ledger.described.values()]


def _listening(machine: Machine) -> tuple[object, ...]:
    """Who listens: the ledger, with the bitmaps that it follows; and for each hart whether somebody hears its VSTIP."""
    ledger = machine.ledger
    followed = tuple(ledger.described.items())
    return (ledger.on, followed), *(hart.vstip.listening for hart in machine.harts)


def _values(part: Any) -> Values:
    return {name: getattr(part, name) for name in part.STATE}


def _copied(values: Values) -> Values:
    return {name: copy.copy(value) for name, value in values.items()}


def _deeply(machine: Machine, values: list[Values]) -> list[Values]:
    lasting = {id(hart): hart for hart in machine.harts}
    return copy.deepcopy(values, lasting)
