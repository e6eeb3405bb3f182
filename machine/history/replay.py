"""A recorded run done again, to an exact cycle: the same start, the same inputs, the same end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from machine.errors import MachineError
from machine.inputs import Halting, Recorded, Stepped
from machine.run_exit import ExitReason

if TYPE_CHECKING:
    from machine.machine import Machine

__all__ = ["digest", "replay", "run_to"]

UNLIMITED = 1 << 62
PASSED = (ExitReason.BUDGET, ExitReason.CAUGHT, ExitReason.TIMER)


def digest(machine: Machine) -> str:
    """A fingerprint of what software can see: every hart's block, time and memory. The engine does not matter."""
    found = hashlib.sha256(machine.clock.cycles.to_bytes(8, "little"))
    for hart in machine.harts:
        found.update(bytes(hart.state))
    for offset, page in sorted(machine.ram.pages.keep().items()):
        found.update(offset.to_bytes(8, "little"))
        found.update(page)
    return found.hexdigest()


def replay(machine: Machine, recorded: Iterable[Recorded], cycle: int) -> None:
    """Reset ``machine`` and do what was recorded again, up to ``cycle``.

    Raises MachineError when the machine does not come there: the run was another one.
    """
    machine.reset()
    for entries, step in _stretches(recorded):
        run_to(machine, cycle if step is None else step.cycle, entries)
        if step is not None:
            machine.step(step.hart, step.cycles)


def _stretches(recorded: Iterable[Recorded]) -> Iterator[tuple[list[Recorded], Stepped | None]]:
    """What is given while all harts run, and the step behind it; the last has none."""
    entries: list[Recorded] = []
    for entry in recorded:
        if isinstance(entry, Stepped):
            yield entries, entry
            entries = []
        else:
            entries.append(entry)
    yield entries, None


def run_to(machine: Machine, cycle: int, entries: Iterable[Recorded] = ()) -> None:
    """Run until ``cycle`` exactly, with what is given on the way. Catches are passed over.

    Raises MachineError when the cycle cannot be reached.
    """
    machine.inputs.replay([*entries, Halting(cycle)])
    ended = machine.run(UNLIMITED)
    while ended.reason in PASSED:
        ended = machine.run(UNLIMITED)
    if ended.reason is not ExitReason.INTERRUPTED and machine.clock.cycles == cycle:
        ended = machine.run(1)  # it ended by itself, just there: what came then is still to be given
    machine.inputs.replay(())
    if machine.clock.cycles != cycle:
        raise MachineError(
            f"the run ended at cycle {machine.clock.cycles} ({ended.reason.value}) where it had come to {cycle}: "
            "the image, the configuration or an input is not the recorded one"
        )
