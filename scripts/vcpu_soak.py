#!/usr/bin/env python3
"""The long run of the vCPU guests under the interrupt ledger: many quanta, so that two harts meet in every way.

Each run prints its build, quantum, cycles (scheduled steps of both harts), the fates of its interrupts and what the
ledger calls wrong. Status 1 when the correct build is not clean, or a planted bug is never caught.
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from machine.board.elf import load_image
from machine.config import Config
from machine.machine import Machine
from machine.observe.ledger import Ledger
from machine.startup.boot import Boot

GUESTS = Path(__file__).resolve().parent.parent / "gdbstub" / "guests"
BUILDS = ("vcpu", "vcpu_mask_first", "vcpu_stale_hvip", "vcpu_no_sync")
PENDING, MASK = 36 * 8, 37 * 8
"""Offsets in struct vcpu (scripts/guests/vcpu/vcpu.h)."""


def run(build: str, quantum: int, rounds: int) -> tuple[Machine, Ledger]:
    """One guest from reset to its end, the vCPU's bitmaps described."""
    machine = Machine(Config(memory=1 << 20, harts=2, quantum=quantum))
    image = load_image(GUESTS / f"{build}.elf")
    Boot(image).install(machine)
    machine.reset()
    machine.ram.write(image.symbol("rounds") - machine.ram.base, 8, rounds)
    vcpu = image.symbol("vcpu")
    machine.ledger.describe(1, vcpu + PENDING, vcpu + MASK)
    while machine.finish is None:
        machine.run(1_000_000)
    return machine, machine.ledger


@click.command(help=__doc__)
@click.option("--rounds", default=1100, show_default=True, help="Interrupts per run; 1100 are a million steps.")
@click.option("--quanta", default="1-40", show_default=True, help="First and last quantum, in cycles.")
@click.argument("builds", nargs=-1, type=click.Choice(BUILDS))
def main(rounds: int, quanta: str, builds: tuple[str, ...]) -> None:
    first, _, last = quanta.partition("-")
    caught = dict.fromkeys(builds or BUILDS, 0)
    steps = 0
    for build in caught:
        for quantum in range(int(first), int(last or first) + 1):
            started = time.monotonic()
            machine, ledger = run(build, quantum, rounds)
            caught[build] += sum(count for fate, count in ledger.fates.items() if fate.wrong)
            steps += machine.clock.cycles
            fates = ", ".join(f"{count} {fate.value}" for fate, count in ledger.fates.items() if count)
            took = time.monotonic() - started
            click.echo(f"{build} quantum {quantum}: {machine.clock.cycles} steps, {took:.1f} s: {fates}")
    click.echo(f"{steps} steps; caught: {caught}")
    raise SystemExit(int(any((build == "vcpu") == bool(count) for build, count in caught.items())))


if __name__ == "__main__":
    main()
