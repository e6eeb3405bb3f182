"""The machine as a whole: determinism, turns of harts, waiting, the end of a run."""

from __future__ import annotations

import ctypes
import hashlib
import random
from pathlib import Path

import pytest

import gdbstub
from machine.board.elf import load_image
from machine.config import Config
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.startup.boot import Boot

GUESTS = Path(gdbstub.__file__).parent / "guests"


class Run:
    """A guest program from reset, and everything that can be seen of it."""

    def __init__(self, guest: str, harts: int = 1, builtin: bool = False) -> None:
        self.output = bytearray()
        self.machine = Machine(Config(memory=64 << 20, harts=harts), self.output.extend)
        Boot(load_image(GUESTS / f"{guest}.elf", None), builtin=builtin).install(self.machine)
        self.machine.reset()

    def to_the_end(self, slices: random.Random | None = None) -> Run:
        while True:
            ended = self.machine.run(slices.choice((1, 2, 3, 7, 100, 999, 1001, 20_000)) if slices else 10_000_000)
            if ended.reason is not ExitReason.BUDGET:
                assert ended.reason is ExitReason.SHUTDOWN, ended
                return self

    def fingerprint(self) -> tuple[object, ...]:
        states = [ctypes.string_at(ctypes.addressof(h.state), ctypes.sizeof(h.state)) for h in self.machine.harts]
        memory = hashlib.sha256(self.machine.ram.data).hexdigest()
        return self.machine.clock.cycles, states, memory, bytes(self.output)


@pytest.mark.parametrize(("guest", "harts", "builtin"), [("hypervisor", 1, True), ("two_harts", 2, False)])
def test_how_a_run_is_cut_changes_nothing(guest: str, harts: int, builtin: bool) -> None:
    whole = Run(guest, harts, builtin).to_the_end()
    cut = Run(guest, harts, builtin).to_the_end(random.Random(5))
    assert whole.fingerprint() == cut.fingerprint()


def test_reset_begins_again_exactly() -> None:
    run = Run("two_harts", 2).to_the_end()
    first = run.fingerprint()
    run.output.clear()
    run.machine.reset()
    assert run.to_the_end().fingerprint() == first


def test_the_hypervisor_passes_its_own_checks() -> None:
    run = Run("hypervisor", builtin=True).to_the_end()
    assert run.machine.finish is not None
    assert run.machine.finish.exit_status == 0
    assert b" 0 failed" in run.output


def test_a_failing_guest_says_its_code() -> None:
    run = Run("fail").to_the_end()
    assert run.machine.finish is not None
    assert run.machine.finish.exit_status == 7


def test_memory_costs_what_is_touched() -> None:
    """A machine of 8 GiB is made and reset in an ordinary process."""
    machine = Machine(Config(memory=8 << 30))
    machine.reset()
    with open("/proc/self/statm") as statm:
        resident_pages = int(statm.read().split()[1])
    assert resident_pages * 4096 < 1 << 30
    assert machine.ram.size == 8 << 30


def test_interrupt_from_another_thread_ends_a_run() -> None:
    run = Run("loop")
    run.machine.interrupt()
    assert run.machine.run(10_000_000).reason is ExitReason.INTERRUPTED
    assert run.machine.run(1_000).reason is ExitReason.BUDGET


def test_waiting_for_nothing_is_reported() -> None:
    machine = Machine(Config(memory=1 << 20))
    machine.boot = lambda made: made.ram.write(0, 4, 0x10500073)  # wfi
    machine.reset()
    assert machine.run(1000).reason is ExitReason.IDLE
