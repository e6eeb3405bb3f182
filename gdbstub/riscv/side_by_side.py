"""Two runs' latencies of a guest's timer in one table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from gdbstub.monitor import table
from gdbstub.riscv.commands.timer_latency import UNTIL, nanoseconds
from machine.machine import Machine
from machine.observe.statistics import percentile
from machine.observe.timer_latency import Fate, Wait

__all__ = ["latency_side_by_side"]

HEADERS = ["vmid", "until", "times", "instr p50", "p99", "max", "us max"]


def latency_side_by_side(first: Machine, second: Machine) -> Table:
    """A row for each VMID and each end of a wait; in a cell the first run's number, and the second's."""
    vmids = sorted({*first.timer_latency.guests, *second.timer_latency.guests})
    rows = [
        [
            str(vmid),
            until,
            *(" | ".join(pair) for pair in zip(_numbers(first, vmid, fate), _numbers(second, vmid, fate), strict=True)),
        ]
        for vmid in vmids
        for fate, until in UNTIL.items()
    ]
    return table(HEADERS, rows)


def _numbers(machine: Machine, vmid: int, fate: Fate) -> Iterator[str]:
    waits = _waits(machine, vmid, fate)
    instructions = [wait.instructions for wait in waits]
    yield str(len(waits))
    yield from (str(percentile(instructions, percent)) if waits else "-" for percent in (50, 99, 100))
    longest = max((nanoseconds(machine, wait.cycles) for wait in waits), default=0)
    yield f"{longest / 1000:.2f}" if waits else "-"


def _waits(machine: Machine, vmid: int, fate: Fate) -> list[Wait]:
    guest = machine.timer_latency.guests.get(vmid)
    return guest.waits[fate] if guest else []
