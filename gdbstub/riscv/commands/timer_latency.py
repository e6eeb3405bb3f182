"""``monitor timer latency``: how long a guest's timer waits for the guest, and for the hypervisor."""

from __future__ import annotations

from collections.abc import Iterator
from errno import ENOENT
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Group
from rich.text import Text

from gdbstub.errors import TargetError
from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.histogram import bins, histogram_svg
from machine.board.virt import TIMEBASE
from machine.machine import Machine
from machine.observe.statistics import percentile
from machine.observe.timer_latency import Fate, Guest, TimerLatency, Wait

__all__ = ["UNTIL", "latency_data", "latency_table", "nanoseconds", "timer_latency"]

HEADERS = ["vmid", "until", "times", "instr p50", "p99", "max", "us p50", "p99", "max", "longest spent at"]
UNTIL = {Fate.READ: "hip read", Fate.DELIVERED: "delivered", Fate.SWITCHED: "switched out"}
OFF = "Nothing is measured: 'monitor timer latency on' begins."
QUIET = "Measuring: no guest's timer has rung yet."


@command(
    "timer latency",
    click.Argument(["action"], type=click.Choice(["on", "off", "clear"]), required=False, metavar="[on|off|clear]"),
    click.Option(["--svg"], type=click.Path(path_type=Path, dir_okay=False), help="Write a histogram to this file."),
)
def timer_latency(context: MonitorContext, action: str | None, svg: Path | None) -> Report:
    """How long VSTIP waits, by VMID: from its rise to what comes of it.

    Measuring begins with 'on' and ends with 'off'; 'clear' begins anew. Timed are the hypervisor's first read of hip
    with V=0, delivery in VS-mode, and the vCPU switched out (another VMID in hgatp, or another vstimecmp) with VSTIP
    still pending. Instructions are the hart's own, time is the machine's. The last column is the pc at which most of
    the longest wait was spent.

    Example: monitor timer latency on

    Example: monitor timer latency
    """
    latency = context.machine.timer_latency
    if action is not None:
        {"on": latency.start, "off": latency.stop, "clear": latency.clear}[action]()
    if svg is not None:
        _draw(latency, svg)
    return Report(latency_data(context.machine), latency_table(context.machine))


def latency_table(machine: Machine) -> Group | Text:
    """What was measured, for people."""
    latency = machine.timer_latency
    if not latency.guests:
        return Text(QUIET if latency.on else OFF)
    body = table(HEADERS, [row for vmid, guest in _sorted(latency) for row in _rows(machine, vmid, guest)])
    return Group(body, *(Text(_fates(vmid, guest)) for vmid, guest in _sorted(latency)))


def latency_data(machine: Machine) -> dict[str, Json]:
    """What was measured, for programs; times in nanoseconds."""
    latency = machine.timer_latency
    guests: list[Json] = [_facts(machine, vmid, guest) for vmid, guest in _sorted(latency)]
    return {"on": latency.on, "guests": guests}


def _sorted(latency: TimerLatency) -> list[tuple[int, Guest]]:
    return sorted(latency.guests.items())


def nanoseconds(machine: Machine, cycles: int) -> int:
    """Time of the machine's clock in ``cycles`` of all its harts."""
    return cycles * 1_000_000_000 // (TIMEBASE * machine.clock.divisor)


# --- for people -------------------------------------------------------------------------------------------------


def _rows(machine: Machine, vmid: int, guest: Guest) -> Iterator[list[str]]:
    for fate, name in UNTIL.items():
        waits = guest.waits[fate]
        longest = guest.longest(fate)
        if longest is None:
            yield [str(vmid), name, "0", *["-"] * 7]
            continue
        instructions = [wait.instructions for wait in waits]
        times = [nanoseconds(machine, wait.cycles) for wait in waits]
        yield [
            *(str(vmid), name, str(len(waits))),
            *(str(percentile(instructions, p)) for p in (50, 99, 100)),
            *(f"{percentile(times, p) / 1000:.2f}" for p in (50, 99, 100)),
            f"{longest.spent_at[0]:#x}",
        ]


def _fates(vmid: int, guest: Guest) -> str:
    risen = ", ".join(f"{count} in {mode.label}" for mode, count in sorted(guest.risen.items()))
    ends = ", ".join(f"{count} {fate.value}" for fate, count in guest.fates.items())
    return f"vmid {vmid}: VSTIP rose {guest.risen.total()} times ({risen}); {ends or 'none has ended'}"


# --- for programs -----------------------------------------------------------------------------------------------


def _facts(machine: Machine, vmid: int, guest: Guest) -> Json:
    return {
        "vmid": vmid,
        "risen": {mode.label: count for mode, count in guest.risen.items()},
        "fates": {fate.name.lower(): count for fate, count in guest.fates.items()},
        "waits": {fate.name.lower(): _distribution(machine, guest, fate) for fate in UNTIL},
    }


def _distribution(machine: Machine, guest: Guest, fate: Fate) -> Json:
    waits, longest = guest.waits[fate], guest.longest(fate)
    instructions = [wait.instructions for wait in waits]
    times = [nanoseconds(machine, wait.cycles) for wait in waits]
    return {
        "count": len(waits),
        "instructions": _percentiles(instructions),
        "nanoseconds": _percentiles(times),
        "histogram": bins(instructions) if waits else {},
        "longest": _longest(machine, longest) if longest else None,
    }


def _percentiles(values: list[int]) -> Json:
    return {"p50": percentile(values, 50), "p99": percentile(values, 99), "max": percentile(values, 100)}


def _longest(machine: Machine, wait: Wait) -> Json:
    pc, cycles = wait.spent_at
    return {
        "instructions": wait.instructions,
        "nanoseconds": nanoseconds(machine, wait.cycles),
        "mode": wait.mode.label,
        "risen_at": wait.risen_at,
        "ended_at": wait.ended_at,
        "spent_at": pc,
        "spent_nanoseconds": nanoseconds(machine, cycles),
    }


# --- as a picture -----------------------------------------------------------------------------------------------


def _draw(latency: TimerLatency, path: Path) -> None:
    """Raises TargetError when the file cannot be written, or the library that draws is not installed."""
    if find_spec("pygal") is None:
        raise TargetError(ENOENT, "--svg needs the library pygal: pip install 'hartbreak[pictures]'")
    series = {
        f"vmid {vmid}, {name}": [wait.instructions for wait in guest.waits[fate]]
        for vmid, guest in _sorted(latency)
        for fate, name in UNTIL.items()
        if guest.waits[fate]
    }
    picture = histogram_svg("VSTIP rising to what came of it", "instructions of the hart", series)
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise TargetError(
            error.errno or 0, f"cannot write {path}: {error.strerror}; give --svg another file"
        ) from error
