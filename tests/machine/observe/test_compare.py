"""Two runs, trap by trap."""

from __future__ import annotations

from dataclasses import replace

from machine.hart.trapping import TrapRecord
from machine.isa.encode import encode
from machine.observe.compare import Difference, TrapRecorder, differences
from machine.spec.causes import INTERRUPT_BIT, Cause
from machine.spec.modes import Mode
from tests.lab import Lab


def record(pc: int) -> TrapRecord:
    lab = Lab()
    recorder = TrapRecorder(lab.machine.harts)
    lab.execute(encode("hlv.d", rd=10, rs1=11), Mode.VS)
    (made,) = recorder.records
    return replace(made, pc=pc)


def illegal(pc: int) -> TrapRecord:
    return replace(record(pc), cause=int(Cause.ILLEGAL_INSTRUCTION))


def test_equal_runs_have_none_whatever_the_time() -> None:
    first = [record(4), record(8)]
    second = [replace(one, cycle=one.cycle + 5, count=one.count + 1) for one in first]
    assert differences(first, second) == []


def test_the_same_instruction_stands_beside_itself() -> None:
    first, second = [record(4), record(8), record(12)], [record(4), illegal(8), record(12)]
    assert differences(first, second) == [Difference(first[1], second[1])]


def test_what_one_run_has_alone_stands_alone() -> None:
    first, second = [record(4), record(12)], [record(4), illegal(8), record(12)]
    assert differences(first, second) == [Difference(None, second[1])]


def test_interrupts_are_left_out() -> None:
    interrupt = replace(record(8), cause=1 << INTERRUPT_BIT | 5)
    assert differences([record(4), interrupt], [record(4)]) == []


def test_long_runs_are_compared_in_time() -> None:
    """A tenth of 20,000 traps is missing in one of the runs, and all others are alike."""
    template = record(0)
    first = [replace(template, pc=4 * (number % 7)) for number in range(20_000)]
    second = [one for number, one in enumerate(first) if number % 10]
    found = differences(first, second)
    assert len(found) == 2_000
    assert all(one.second is None for one in found)


def test_runs_without_anything_in_common_stand_beside_each_other() -> None:
    first, second = [record(4)] * 100, [illegal(4)] * 90
    found = differences(first, second)
    assert sum(one.first is not None for one in found) == 100
    assert sum(one.second is not None for one in found) == 90


def test_runs_that_end_alike_meet_there() -> None:
    """However many traps only one of them had."""
    end = record(400)
    found = differences([record(4), end], [record(4), *[record(8)] * 200, end])
    assert len(found) == 200
    assert all(one.first is None for one in found)


def test_what_agrees_between_differences_is_not_listed() -> None:
    first = [record(4 * place) for place in range(200)]
    second = [one if number % 2 else replace(one, cause=2) for number, one in enumerate(first)]
    assert differences(first, second) == [Difference(*pair) for pair in zip(first[::2], second[::2], strict=True)]
