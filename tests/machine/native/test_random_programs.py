"""Random programs on the lockstep engine, cut at random: nothing differs, and every mode gets its share.

A failure names the seed; `prepare(machine, seed)` makes the program again.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from machine.config import Config
from machine.engines import make_engine
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec.modes import Mode
from tests.machine.native.program import SIZE, prepare

SEEDS, CYCLES = range(16), 4000
BUDGETS = (1, 3, 7, 20, 20, 60, 200, 1000)
SHARE = 500


@pytest.fixture(scope="module")
def machine():
    config = Config(memory=SIZE)
    machine = Machine(config)
    machine.engine = make_engine("lockstep", config)
    return machine


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program(machine, seed):
    prepare(machine, seed)
    random, hart, done = Random(seed), machine.harts[0], 0
    while done < CYCLES:
        ended = machine.run(random.choice(BUDGETS))
        assert ended.reason is ExitReason.BUDGET, f"seed {seed}: {ended.detail}"
        done += ended.cycles
    assert hart.state.trap_count > 20


def test_every_mode_has_its_share():
    machine, spent = Machine(Config(memory=SIZE)), Counter()
    hart = machine.harts[0]
    for seed in SEEDS[::3]:
        prepare(machine, seed)
        for _ in range(CYCLES // 10):
            mode = hart.mode
            spent[mode] += machine.run(10).cycles
    assert all(spent[mode] > SHARE for mode in Mode), spent
