"""hip.VSTIP rises and falls: when, why, and on which hart's clock."""

from __future__ import annotations

from machine.config import Config
from machine.csr.access import named
from machine.hart.hart import Hart
from machine.hart.vstip import VstipEdge
from machine.isa.assemble import assemble
from machine.machine import Machine
from tests.lab import STCE

NEVER = (1 << 64) - 1
HERE = assemble("jal zero, 0", 0)


def pair(moment: int = NEVER) -> tuple[Machine, list[tuple[int, VstipEdge]]]:
    """Two harts in a loop of one instruction in M-mode, with Sstc for guests; and what their VSTIP does."""
    machine = Machine(Config(memory=2 << 20, harts=2))
    machine.boot = lambda machine: machine.ram.write(0, 4, HERE)
    machine.reset()
    told: list[tuple[int, VstipEdge]] = []

    def tell(hart: Hart, edge: VstipEdge) -> None:
        told.append((hart.number, edge))

    for hart in machine.harts:
        for name in ("menvcfg", "henvcfg"):
            named(hart, name).write(hart, STCE)
        named(hart, "vstimecmp").write(hart, moment)
        hart.vstip.listen(tell)
    return machine, told


def test_the_moment_is_the_ticks_whoever_has_the_turn() -> None:
    machine, told = pair(moment=30)
    machine.run(2_000)
    assert machine.clock.divisor == 20
    assert told == [(0, VstipEdge(1, 600, timer=True)), (1, VstipEdge(1, 600, timer=True))]


def test_htimedelta_moves_it() -> None:
    machine, told = pair()
    hart = machine.harts[0]
    named(hart, "vstimecmp").write(hart, 1_000)
    named(hart, "htimedelta").write(hart, 990)
    machine.run(500)
    assert told == [(0, VstipEdge(1, 200, timer=True))]


def test_a_written_moment_that_is_past_rises_at_the_write() -> None:
    machine, told = pair()
    machine.run(100)
    hart = machine.harts[0]
    named(hart, "vstimecmp").write(hart, 0)
    machine.run(1)
    assert told == [(0, VstipEdge(1, 100, timer=True))]


def test_hvip_and_the_timer_are_one_level() -> None:
    machine, told = pair()
    hart = machine.harts[0]
    named(hart, "hvip").write(hart, 1 << 6)
    machine.run(1)
    named(hart, "vstimecmp").write(hart, 0)
    machine.run(1)
    named(hart, "hvip").write(hart, 0)
    machine.run(1)
    named(hart, "henvcfg").write(hart, 0)
    machine.run(1)
    assert [edge for _, edge in told] == [VstipEdge(1, 0, timer=False), VstipEdge(0, 3, timer=True)]


def test_nobody_listening_there_is_no_look() -> None:
    machine = Machine(Config(memory=2 << 20))
    hart = machine.harts[0]
    before = hart.deadlines

    def tell(hart: Hart, edge: VstipEdge) -> None:
        """Nothing."""

    hart.vstip.listen(tell)
    assert hart.deadlines != before
    hart.vstip.leave(tell)
    assert hart.deadlines == before
