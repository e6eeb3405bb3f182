"""What nested virtualization costs: traps and instructions per nested exit, by each way of helping.

The counts are the guests' own (scripts/guests/nested/statistics.c) and exact: the machine is deterministic, so that a
figure is the same on every run and every machine. Wall-clock time plays no part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from machine.board.elf import load_image
from machine.config import Config, Proposed
from machine.machine import Machine
from machine.proposals import parse
from machine.run_exit import ExitReason
from machine.startup.boot import Boot

__all__ = ["Cost", "benchmark", "unmodified"]

GUESTS = Path(__file__).resolve().parents[2] / "gdbstub" / "guests"
PATIENCE = 50_000_000
BENCH_LINE = re.compile(r"nested bench: (\w+), (.+): exits (\d+), traps (\d+), instructions (\d+)")
TOTAL_LINE = re.compile(r"nested (.+): (\d+) nested exits, .* per nested exit (\d+)\.(\d) traps and (\d+) instructions")
HNESTED = "hnested"
WORKLOADS = {
    "exit": "hypercall",
    "switch": "vCPU switch",
    "hypervisor": "hypervisor.elf",
}


@dataclass(frozen=True)
class Cost:
    """One workload by one way.

    Attributes:
        traps: into the host per nested exit, the exit itself included, until the nested guest runs again.
        instructions: of the host and the guest hypervisor together, in the same time.
    """

    workload: str
    way: str
    exits: int
    traps: float
    instructions: float


def _run(name: str, *proposals: Proposed) -> str:
    """What a guest prints. Raises click.ClickException when it does not pass."""
    printed = bytearray()
    machine = Machine(Config(proposals=proposals), printed.extend)
    Boot(load_image(GUESTS / f"{name}.elf"), builtin=True).install(machine)
    machine.reset()
    ended = machine.run(PATIENCE)
    text = printed.decode()
    if ended.reason is not ExitReason.SHUTDOWN or machine.finish is None or machine.finish.exit_status:
        raise click.ClickException(f"{name}.elf did not pass; its last words: {text[-300:]}")
    return text


def benchmark() -> Iterator[Cost]:
    """The guest hypervisor that is there to be measured: both workloads, all three ways."""
    for workload, way, *counts in BENCH_LINE.findall(_run("nested_bench", parse(HNESTED))):
        exits, traps, instructions = map(int, counts)
        yield Cost(workload, way, exits, traps / exits, instructions / exits)


def unmodified() -> Iterator[Cost]:
    """The shipped hypervisor, which knows no acceleration: HNESTED helps it unasked, NACL cannot."""
    for proposals in ((), (parse(HNESTED),)):
        found = TOTAL_LINE.search(_run("nested", *proposals))
        assert found is not None
        way = "HNESTED" if proposals else "trap-and-emulate"
        yield Cost("hypervisor", way, int(found[2]), float(f"{found[3]}.{found[4]}"), float(found[5]))


@click.command()
@click.option("--quick", is_flag=True, help="Without the run of the unmodified hypervisor, which takes longest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def main(quick: bool, as_json: bool) -> None:
    """Traps into the host and instructions per nested exit: trap-and-emulate, SBI NACL, HNESTED."""
    costs = [*benchmark(), *(() if quick else unmodified())]
    if as_json:
        click.echo(json.dumps([asdict(cost) for cost in costs]))
        return
    table = Table("workload", "way", box=None, pad_edge=False)
    for title in ("nested exits", "traps each", "instructions each"):
        table.add_column(title, justify="right")
    for cost in costs:
        figures = (str(cost.exits), f"{cost.traps:.1f}", f"{cost.instructions:.0f}")
        table.add_row(WORKLOADS[cost.workload], cost.way, *figures)
    Console().print(table)


if __name__ == "__main__":
    main(prog_name="scripts/bench_nested")
