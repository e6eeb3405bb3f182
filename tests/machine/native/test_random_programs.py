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

SEEDS, CYCLES = range(24), 4000
BUDGETS = (1, 2, 3, 7, 20, 60, 200, 1000)


@pytest.fixture(scope="module")
def machine():
    config = Config(memory=SIZE)
    machine = Machine(config)
    machine.engine = make_engine("lockstep", config)
    return machine


@pytest.fixture(scope="module")
def spent():
    """Cycles by the mode in which a run of a few began."""
    return Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program(machine, spent, seed):
    prepare(machine, seed)
    random = Random(seed)
    hart, done, alone = machine.harts[0], 0, 0
    while done < CYCLES:
        mode = hart.mode
        ended = machine.run(random.choice(BUDGETS))
        assert ended.reason is not ExitReason.DIVERGED, f"seed {seed}: {ended.detail}"
        if ended.cycles <= 20:
            spent[mode] += ended.cycles
        done += ended.cycles
        if ended.reason is ExitReason.IDLE:
            hart.outside.set(10)
            done += 1
            alone += 1
            if alone > 50:
                break
    assert hart.state.trap_count > 10


def test_every_mode_has_had_its_share(spent):
    assert all(spent[mode] > 500 for mode in Mode), spent
