"""What a debugger asks of an engine: breakpoints, watchpoints, steps, changed code, another engine, at any time."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.hart.watch import ACCESS, READ, WRITE, Watchpoint
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


SB, SD = encode("sb", rs1=11, rs2=10, imm=0), encode("sd", rs1=11, rs2=10, imm=0)
LBU, LD = encode("lbu", rd=12, rs1=11, imm=0), encode("ld", rd=12, rs1=11, imm=0)
AMO, LR = encode("amoadd.d", rd=12, rs1=11, rs2=10), encode("lr.d", rd=12, rs1=11)


@pytest.mark.parametrize(
    ("word", "at", "kinds", "stops"),
    [
        (SD, -8, WRITE, False),
        (SD, -7, WRITE, True),
        (SD, 3, WRITE, True),
        (SD, 4, WRITE, False),
        (SD, 0, READ, False),
        (SB, -1, WRITE, False),
        (SB, 3, ACCESS, True),
        (LD, 0, WRITE, False),
        (LD, -8, ACCESS, False),
        (LD, -5, READ, True),
        (LBU, 0, READ, True),
        (LBU, 4, READ, False),
        (AMO, 0, READ, True),
        (AMO, 0, WRITE, True),
        (AMO, 8, ACCESS, False),
        (LR, 0, READ, True),
        (LR, 0, WRITE, False),
    ],
)
@pytest.mark.parametrize("warm", [False, True])
def test_an_access_stops_where_it_touches_watched_bytes(machine, word, at, kinds, stops, warm):
    """Four bytes are watched, beside others that nothing touches."""
    machine.watches.watchpoints |= {Watchpoint(DATA + 16, 4, kinds), Watchpoint(DATA + 256, 8, ACCESS)}
    hart = machine.harts[0]
    put(machine, LOOP[0], word, LOOP[2])
    if warm:  # the page is cached already
        put(machine, SD, LD, AMO, LR, LOOP[0], word, LOOP[2])
        hart.x[11] = DATA + 64
        machine.run(4)
    hart.x[11] = DATA + 16 + at
    ended = machine.run(300)
    assert ended.reason is (ExitReason.WATCHPOINT if stops else ExitReason.BUDGET)
    if stops:
        assert (ended.cycles, ended.detail.watchpoint.address) == (1, DATA + 16)
        assert hart.state.pc == CODE + (20 if warm else 4)
        machine.watches.suspended = True
        assert machine.run(1).reason is ExitReason.BUDGET
        machine.watches.suspended = False
        assert machine.run(300).reason is ExitReason.WATCHPOINT


def test_a_watchpoint_on_the_last_bytes_of_the_address_space_is_no_other(machine):
    machine.watches.watchpoints.add(Watchpoint((1 << 64) - 8, 8, ACCESS))
    machine.harts[0].forget_translations()
    assert machine.run(1000).reason is ExitReason.BUDGET


def test_what_is_beside_a_watchpoint_runs_as_generated_code(machine):
    machine.watches.watchpoints |= {Watchpoint(DATA + 8, 8, WRITE), Watchpoint(DATA + 0x2000, 8, WRITE)}
    machine.run(100)
    before = sum(machine.engine.exits)
    machine.run(100_000)
    assert sum(machine.engine.exits) - before < 10


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
