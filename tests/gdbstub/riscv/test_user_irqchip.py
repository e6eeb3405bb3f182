"""A stock gdb in front of a machine whose interrupt controller is its embedder's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from gdbstub.riscv.target import RiscvTarget
from machine.config import Config
from machine.machine import Machine
from machine.run_exit import ExitReason, RunExit
from machine.user_space import MmioAccess
from tests.gdbstub.riscv.test_gdb import ask, values

SCRIPT = Path(__file__).parents[3] / "scripts" / "user_irqchip.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("user_irqchip", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Embedded(Machine):
    """The example's machine, served by its embedder whoever runs it."""

    def __init__(self, example: ModuleType) -> None:
        super().__init__(Config(memory=1 << 20, irqchip="user"))
        self.example, self.device = example, example.Device(self)
        self.boot = example.boot
        self.reset()

    def run(self, budget: int) -> RunExit:
        ended = super().run(budget)
        self.example.deliver(self, ended)
        if ended.reason is ExitReason.MMIO:
            assert isinstance(ended.detail, MmioAccess)
            self.device.serve(self, ended.detail)
        return ended


def test_gdb_stops_in_the_handlers_that_the_embedder_makes_run(example: ModuleType) -> None:
    machine = Embedded(example)
    machine.device.type(ord("H"))
    shown = values(
        RiscvTarget(machine),
        *(f"hbreak *{example.ON_DEVICE}", "continue", "print/x $pc", "print/x $mcause", "delete"),
        *(f"hbreak *{example.ON_DEVICE + 12}", "continue", "print/c $a0", "delete"),
        *(f"hbreak *{example.ON_TIMER}", "continue", "print/x $mcause", "print $s2", "continue", "print $s2"),
    )
    assert shown == [hex(example.ON_DEVICE), hex(1 << 63 | 11), "73 'I'", hex(1 << 63 | 7), "0", "1"]
    assert machine.device.echoed == b"I"


def test_monitor_tells_the_lines_that_the_embedder_drives(example: ModuleType) -> None:
    machine = Embedded(example)
    machine.device.type(ord("H"))
    said = ask(RiscvTarget(machine), f"hbreak *{example.ON_DEVICE}", "continue", "monitor interrupts")
    row = next(line.split() for line in said if line.startswith("MEI"))
    assert row[:3] == ["MEI", "11", "mip"]
