"""A hart with a guest behind two stages of tables, and a monitor to type at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gdbstub.monitor import Monitor
from gdbstub.riscv.commands import COMMANDS
from gdbstub.riscv.commands.context import MonitorContext
from machine.config import Config
from machine.machine import Machine
from tests.lab import GPA, URWX, VS, Lab, Table

VMID, ASID = 7, 3
GUEST_PAGE, GUEST_PHYSICAL, PAGE = 0x4000, 0x5000, 0x8020_0000
"""Virtual → guest physical → physical, with every permission at both stages."""


class Guest(Lab):
    """A lab whose guest is vmid 7: 1 GiB of identity at the G-stage, and one page of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.g: Table = self.table(GPA, 8, VMID)
        self.g.map(0x8000_0000, 0x8000_0000, URWX, level=2)
        self.g.map(GUEST_PHYSICAL, PAGE, URWX)
        self.vs: Table = self.table(VS, 8, ASID)
        self.vs.map(GUEST_PAGE, GUEST_PHYSICAL)


class Terminal:
    """gdb's prompt, as far as ``monitor`` goes."""

    def __init__(self, machine: Machine, hart: int = 0) -> None:
        self.machine, self.hart = machine, hart
        self.monitor = Monitor(COMMANDS)

    def answer(self, line: str) -> tuple[str, bool]:
        """What is printed, and whether the command failed."""
        answer = self.monitor.run(MonitorContext(self.machine, self.machine.harts[self.hart]), line)
        return answer.text, answer.failed

    def text(self, line: str) -> str:
        """What a command that succeeds prints."""
        text, failed = self.answer(line)
        assert not failed, text
        return text

    def error(self, line: str) -> str:
        """The one sentence of a command that fails."""
        text, failed = self.answer(line)
        assert failed, text
        assert text.count("\n") == 1
        return text

    def json(self, line: str) -> Any:
        """What a command tells programs."""
        return json.loads(self.text(f"{line} --json"))


@pytest.fixture
def lab() -> Guest:
    return Guest()


@pytest.fixture
def monitor(lab: Guest) -> Terminal:
    return Terminal(lab.machine)


@pytest.fixture
def pair() -> Terminal:
    """Two harts, the second selected."""
    machine = Machine(Config(memory=2 << 20, harts=2))
    machine.reset()
    return Terminal(machine, hart=1)
