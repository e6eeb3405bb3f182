"""What a debugger asks of an engine: breakpoints, watchpoints, steps, changed code, another engine, at any time."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.hart.watch import WRITE, Watchpoint
from machine.isa.encode import encode
from machine.machine import Machine
from machine.run_exit import ExitReason

CODE, DATA = 0x8000_0000, 0x8000_8000
LOOP = (
    encode("addi", rd=10, rs1=10, imm=1),
    encode("sd", rs1=11, rs2=10, imm=0),
    encode("jal", rd=0, imm=-8),
)


@pytest.fixture
def machine(make_engine):
    config = Config(memory=1 << 20)
    machine = Machine(config)
    machine.engine = make_engine(config)
    machine.reset()
    put(machine, *LOOP)
    machine.harts[0].x[11] = DATA
    return machine


def put(machine: Machine, *words: int) -> None:
    for place, word in enumerate(words):
        machine.ram.write(4 * place, 4, word)
        machine.guard.wrote(4 * place, 4)


def test_budgets_are_exact(machine):
    for budget in (1, 1, 2, 3, 100, 12345):
        before = machine.harts[0].state.minstret
        assert machine.run(budget).cycles == budget
        assert machine.harts[0].state.minstret == before + budget


def test_a_breakpoint_stops_before_its_instruction_also_where_code_is_hot(machine):
    hart = machine.harts[0]
    machine.run(3000)
    machine.watches.breakpoints.add(CODE + 4)
    hart.context.code.pop(CODE + 4, None)
    ended = machine.run(1000)
    assert (ended.reason, ended.cycles, hart.state.pc) == (ExitReason.BREAKPOINT, 1, CODE + 4)
    machine.watches.breakpoints.clear()
    assert machine.run(1000).reason is ExitReason.BUDGET


def test_a_watchpoint_stops_at_its_access(machine):
    hart = machine.harts[0]
    machine.run(3000)
    machine.watches.watchpoints.add(Watchpoint(DATA, 8, WRITE))
    hart.forget_translations()
    ended = machine.run(1000)
    assert ended.reason is ExitReason.WATCHPOINT
    assert ended.cycles < 3
    machine.watches.watchpoints.clear()
    assert machine.run(1000).reason is ExitReason.BUDGET


def test_a_store_to_code_is_seen_at_once(machine):
    hart = machine.harts[0]
    hart.x[11], hart.x[10] = CODE, encode("addi", rd=12, rs1=12, imm=7) - 1
    put(machine, LOOP[0], encode("sw", rs1=11, rs2=10, imm=0), LOOP[2])
    machine.run(3 * 5)
    assert (hart.x[12], hart.x[10]) == (4 * 7, encode("addi", rd=12, rs1=12, imm=7))


def test_engines_take_turns(machine, make_engine):
    hart, engines = machine.harts[0], [machine.engine, Machine(Config(memory=1 << 20)).engine, make_engine()]
    for turn in range(30):
        machine.engine = engines[turn % 3]
        machine.run(100 + turn)
    assert hart.state.minstret == sum(100 + turn for turn in range(30))
    assert hart.x[10] == -(-hart.state.minstret // 3)
