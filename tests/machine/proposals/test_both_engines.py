"""Proposals and what measures them, on the reference engine and on the native one: the same to the cycle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gdbstub.riscv.commands.timer_latency import latency_data
from machine.board.elf import load_image
from machine.config import Config
from machine.engines import make_engine
from machine.machine import Machine
from machine.observe.compare import TrapRecorder
from machine.proposals import parse
from machine.startup.boot import Boot

GUESTS = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"


def run(guest: str, engine: str, proposals: tuple[str, ...]) -> tuple[Any, ...]:
    """Everything that a run leaves: cycles, state, traps, latencies, costs."""
    config = Config(memory=32 << 20, proposals=tuple(map(parse, proposals)))
    machine = Machine(config)
    machine.engine = make_engine(engine, config)
    Boot(load_image(GUESTS / f"{guest}.elf"), builtin=True).install(machine)
    machine.reset()
    recorder = TrapRecorder(machine.harts)
    machine.timer_latency.start()
    machine.virtual_instructions.start()
    ended = machine.run(400_000)
    paid = machine.virtual_instructions.paid
    state = bytes(machine.harts[0].state)
    return ended.reason, machine.clock.cycles, state, recorder.records, latency_data(machine), paid


@pytest.mark.parametrize(
    ("guest", "proposals"),
    [
        ("timer", ()),
        ("timer", ("vgti",)),
        ("idle", ()),
        ("idle", ("virtual-instruction-2020",)),
        ("nested", ()),
        ("nested", ("hnested",)),
        ("hypervisor", ("virtual-instruction-2020", "vgti=48")),
    ],
)
def test_the_same_to_the_cycle(guest: str, proposals: tuple[str, ...]) -> None:
    for one, other in zip(run(guest, "reference", proposals), run(guest, "native", proposals), strict=True):
        assert one == other
