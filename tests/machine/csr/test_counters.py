"""Counters, their shadows, and time."""

from __future__ import annotations

import pytest

from machine.spec.modes import Mode

from .conftest import Bench

ONES = (1 << 64) - 1


def retire(bench: Bench, instructions: int) -> None:
    """Count as the engine does."""
    for _ in bench.hart.begin(instructions):
        pass
    bench.hart.settle(behind=0)


@pytest.mark.rule("cycle_instret_hpmcounter_op_rdonly")
@pytest.mark.parametrize(("counter", "shadow"), [("mcycle", "cycle"), ("minstret", "instret")])
def test_shadows(bench: Bench, counter: str, shadow: str) -> None:
    bench.write(counter, 1000)
    retire(bench, 5)
    assert bench.read(counter) == bench.read(shadow) == 1005
    bench.write(shadow, 7)
    assert bench.read(counter) == 1005


@pytest.mark.rule("mcountinhibit_op2")
@pytest.mark.rule("mcountinhibit_only_inc")
@pytest.mark.parametrize(("inhibit", "cycles", "instructions"), [(0, 5, 5), (1, 0, 5), (4, 5, 0), (5, 0, 0)])
def test_inhibition(bench: Bench, inhibit: int, cycles: int, instructions: int) -> None:
    bench.write("mcountinhibit", inhibit)
    retire(bench, 5)
    assert (bench.read("mcycle"), bench.read("minstret")) == (cycles, instructions)


@pytest.mark.rule("mcycle_minstret_wr")
@pytest.mark.parametrize("counter", ["mcycle", "minstret"])
@pytest.mark.parametrize("inhibit", [0, 5])
@pytest.mark.parametrize("value", [0, 1000])
def test_the_instruction_behind_a_write_reads_what_was_written(
    bench: Bench, counter: str, inhibit: int, value: int
) -> None:
    bench.write("mcountinhibit", inhibit)
    bench.execute_write(counter, value)
    retire(bench, 1)
    assert bench.read(counter) == value


@pytest.mark.rule("mcycle_minstret_rst")
def test_a_debugger_s_write_counts_no_instruction(bench: Bench) -> None:
    bench.write("minstret", 1000)
    assert bench.read("minstret") == 1000


@pytest.mark.rule("time_op_rdonly")
@pytest.mark.rule("htimedelta_sz_acc_op")
@pytest.mark.parametrize(
    ("mode", "delta", "time"),
    [
        (Mode.M, 7, 100),
        (Mode.HS, 7, 100),
        (Mode.U, 7, 100),
        (Mode.VS, 7, 107),
        (Mode.VU, 7, 107),
        (Mode.VS, ONES - 9, 90),
    ],
)
def test_time(bench: Bench, mode: Mode, delta: int, time: int) -> None:
    bench.now(100)
    bench.write("htimedelta", delta)
    bench.enter(mode)
    assert bench.execute_read("time") == bench.read("time") == time
