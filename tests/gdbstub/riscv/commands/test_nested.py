"""Three levels by VMID on the shipped host of a guest hypervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.machine import Machine
from machine.startup.boot import Boot
from tests.gdbstub.riscv.commands.conftest import Guest, Terminal

NESTED = Path(__file__).resolve().parents[4] / "gdbstub" / "guests" / "nested.elf"
PATIENCE = 4_000_000


@pytest.fixture
def nested() -> Terminal:
    machine = Machine(Config())
    Boot(load_image(NESTED), builtin=True).install(machine)
    machine.reset()
    return Terminal(machine)


def run_to_level(nested: Terminal, level: int) -> dict[str, int | str]:
    for _ in range(PATIENCE // 500):
        nested.machine.run(500)
        worlds = nested.json("worlds")
        if any(world["running"] and world["level"] == level for world in worlds):
            return {world["level"]: world for world in worlds}[level]
    raise AssertionError(f"level {level} never had the hart")


def test_three_levels_when_told(nested: Terminal) -> None:
    nested.text("nested describe 1 16-19")
    assert run_to_level(nested, 1)["vmid"] == 1
    guest = run_to_level(nested, 2)
    assert guest["vmid"] in (16, 17)  # VM 7's and VM 9's shadow
    assert (guest["who"], guest["mode"]) == ("its guest", "VS")
    assert guest["entered"] > 0
    worlds = nested.json("worlds")
    assert [(world["level"], world["vmid"]) for world in worlds][:3] == [(0, None), (1, 1), (2, 16)]
    counted = sum(world["instructions"] for world in worlds)
    assert 0 < counted <= nested.machine.harts[0].state.minstret
    text = nested.text("worlds")
    assert "guest hypervisor" in text
    assert "VS (guest HS)" in text
    assert "VS (guest VS)" in text


def test_untold_it_is_the_two_levels_that_hardware_knows(lab: Guest, monitor: Terminal) -> None:
    assert [world["vmid"] for world in monitor.json("worlds")] == [None]
    assert "'monitor nested describe' begins" in monitor.text("worlds")
    monitor.text("nested describe 1 16-19")
    monitor.text("nested forget")
    assert lab.machine.worlds.following is False
    assert lab.machine.worlds.mode_changed not in lab.hart.mode_observers


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nested describe 1-3 2", "VMID 2 cannot be a guest hypervisor and a guest of one"),
        ("nested describe 3-1 7", "'3-1' is no range of VMIDs"),
        ("nested describe 16384 7", "they are 0-16383"),
        ("nested describe 1", "Missing argument 'VMIDS_OF_GUESTS'"),
    ],
)
def test_what_is_no_convention_is_refused(monitor: Terminal, line: str, said: str) -> None:
    assert said in monitor.error(line)
