"""With every proposal off the machine is, cycle by cycle, the machine from which their hooks have been taken out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.board.image import starts_in_m_mode
from machine.config import Config
from machine.csr import access, file
from machine.csr.h_mode import Hstatus
from machine.hart.hart import Hart
from machine.isa import decode
from machine.machine import Machine
from machine.proposals import PROPOSALS, parse
from machine.startup.boot import Boot

GUESTS = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"
NAMES = ["hello", "fail", "htif", "two_harts", "worlds", "idle", "timer", "hypervisor"]
LENGTH, STEP = 300_000, 5_003


def checked_as_ratified(hart: Hart, number: int, write: bool) -> None:
    hart.settle()
    access.check(hart, number, write)


def without_hooks(patch: pytest.MonkeyPatch) -> None:
    """Take out what proposals have put into the machine: replaced meanings, rules, registers, installation."""
    patch.setattr(Hart, "csr_check", checked_as_ratified)
    patch.setattr(decode, "REPLACEMENTS", {})
    patch.setattr("machine.machine.install", lambda config, harts: None)
    patch.setattr(Hstatus, "plain_mask", Hstatus.plain_mask | Hstatus.VTW.mask)
    patch.setattr(Hstatus, "legal_fields", tuple(f for f in Hstatus.legal_fields if f is not Hstatus.VTW))
    for register in [register for register in file.BY_NUMBER.values() if register.proposal]:
        patch.delitem(file.BY_NUMBER, register.number)
        patch.delitem(file.BY_NAME, register.name)


def course(name: str) -> Iterator[tuple[int, bytes]]:
    """The cycle and a digest of every hart at each step of a guest's run, and of memory at its end."""
    image = load_image(GUESTS / f"{name}.elf")
    builtin = not starts_in_m_mode(image)
    machine = Machine(Config(memory=32 << 20, harts=2 if name == "two_harts" else 1))
    assert machine.config.custom_interrupts == ()  # so that the choice among interrupts is the manual's
    Boot(image, builtin=builtin).install(machine)
    machine.reset()
    done = 0
    while done < LENGTH and machine.finish is None:
        done += max(1, machine.run(STEP).cycles)
        yield machine.clock.cycles, b"".join(bytes(hart.state) for hart in machine.harts)
    yield machine.clock.cycles, hashlib.sha256(machine.ram.data).digest()


@pytest.mark.parametrize("name", NAMES)
def test_in_lockstep_without_the_hooks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_hooks = list(course(name))
    without_hooks(monkeypatch)
    for number, (one, other) in enumerate(zip(with_hooks, course(name), strict=True)):
        assert one == other, f"step {number}, cycle {one[0]}"


def test_the_comparison_sees_a_proposal() -> None:
    """It would be worth nothing if it found no difference where there is one."""
    assert "virtual-instruction-2020" in PROPOSALS
    runs = []
    for proposals in ((), (parse("virtual-instruction-2020"),)):
        machine = Machine(Config(memory=32 << 20, proposals=proposals))
        Boot(load_image(GUESTS / "idle.elf"), builtin=True).install(machine)
        machine.reset()
        machine.run(20_000)
        runs.append(bytes(machine.harts[0].state))
    assert runs[0] != runs[1]
