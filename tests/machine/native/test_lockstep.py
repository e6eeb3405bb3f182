"""The shipped guests on both engines, cut into runs of random length: equal at every cut."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.run_exit import ExitReason
from tests.machine.native.twin import Twin
from tests.programs import boot_of

SHIPPED = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"
CYCLES = 120_000
BUDGETS = (1, 1, 2, 3, 7, 20, 150, 1000, 1001, 5000)
GUESTS = (
    ("fail", Config()),
    ("hello", Config()),
    ("htif", Config()),
    ("hypervisor", Config()),
    ("hypervisor", Config(harts=2, quantum=77)),
    ("loop", Config()),
    ("two_harts", Config(harts=2, quantum=77)),
    ("worlds", Config()),
)


@pytest.mark.parametrize(("name", "config"), GUESTS, ids=lambda value: value if isinstance(value, str) else "")
def test_guest(make_engine, name, config):
    twin = Twin(config, make_engine(config))
    twin.each(lambda machine: boot_of(load_image(SHIPPED / f"{name}.elf")).install(machine))
    twin.each(lambda machine: machine.reset())
    random = Random(name)
    done = 0
    while done < CYCLES:
        ended = twin.run(random.choice(BUDGETS))
        done += max(ended.cycles, 1)
        if ended.reason is ExitReason.SHUTDOWN:
            break
    twin.compare(memory=True)
