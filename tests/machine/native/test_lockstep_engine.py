"""A native engine with faults planted in it: the lockstep engine names the instruction, and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.csr.file import BY_NAME
from machine.engine.lockstep import LockstepEngine
from machine.engine.reference import ReferenceEngine
from machine.engines import make_engine
from machine.hart.watch import WRITE, Watchpoint
from machine.isa.decode import Decoder
from machine.isa.encode import encode
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from tests.lab import CODE, HS, RWX, Lab
from tests.machine.native.planted import CONFIG, RARE, planted_engine

SHIPPED = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"
BASE, DATA = 0x8000_0000, 0x8000_8000
TURNS = 500
SSTATUS, SSCRATCH = BY_NAME["sstatus"].number, BY_NAME["sscratch"].number


@pytest.fixture(scope="module")
def engine():
    with pytest.MonkeyPatch.context() as monkeypatch:
        return planted_engine(monkeypatch)


@pytest.fixture
def run(engine):
    """Runs: `TURNS` of a loop that is done right, then an instruction, then a loop without end."""

    def run(word: int, **x: int) -> tuple[Machine, object]:
        machine = Machine(CONFIG)
        machine.engine = LockstepEngine(machine.engine, engine)
        engine._pages = None  # it serves one machine; this is another
        machine.reset()
        loop = (
            encode("addi", rd=5, rs1=5, imm=-1),
            encode("sd", rs1=8, rs2=5, imm=0),
            encode("bne", rs1=5, rs2=0, imm=-8),
        )
        for place, each in enumerate((*loop, word, encode("jal", rd=0, imm=0))):
            machine.ram.write(4 * place, 4, each)
        state = machine.harts[0].state
        state.x[5], state.x[8], state.mtvec = TURNS, DATA + 64, BASE + 0x100
        for name, value in x.items():
            state.x[int(name[1:])] = value
        return machine, machine.run(10_000)

    return run


def check(machine, ended, *, pc=BASE + 12, cycles=3 * TURNS):
    """The run stopped before the planted instruction; gives the changes by name."""
    assert ended.reason is ExitReason.DIVERGED
    found = ended.detail
    state = machine.harts[0].state
    assert (found.pc, found.length, found.cached, found.subject) == (pc, 1, False, "native")
    assert (state.pc, ended.cycles, found.cycle) == (pc, cycles, cycles)
    assert machine.engine.divergence is found
    return {change.name: (change.before, change.reference, change.subject) for change in found.changes}


def test_a_wrong_handler(run):
    machine, ended = run(encode("xor", rd=10, rs1=11, rs2=12), x10=1, x11=RARE, x12=0x34)
    assert check(machine, ended) == {"a0": (1, 0x1200, 0x1208)}
    assert ended.detail.instruction == "xor a0,a1,a2"
    assert machine.harts[0].x[10] == 1


def test_the_same_handler_where_it_is_right(run):
    machine, ended = run(encode("xor", rd=10, rs1=11, rs2=12), x11=RARE + 1, x12=0x34)
    assert (ended.reason, machine.engine.divergence) == (ExitReason.BUDGET, None)
    assert machine.engine.compared == 10_000


def test_a_wrong_csr_write(run):
    machine, ended = run(encode("csrrw", rd=10, csr=SSCRATCH, rs1=11), x11=0x5)
    assert check(machine, ended) == {"sscratch": (0, 5, 0x105)}
    assert ended.detail.instruction == "csrrw a0,sscratch,a1"


def test_a_wrong_csr_field(run):
    machine, ended = run(encode("csrrw", rd=10, csr=SSTATUS, rs1=11), x11=0)
    assert check(machine, ended) == {"mstatus.SPP": (0, 0, 1)}


def test_a_wrong_store(run):
    machine, ended = run(encode("sh", rs1=11, rs2=12, imm=2), x11=DATA, x12=0x1122)
    assert check(machine, ended) == {
        f"[{DATA + 2:#x}]": (0, 0x22, 0),
        f"[{DATA + 3:#x}]": (0, 0x11, 0),
        f"[{DATA + 258:#x}]": (0, 0, 0x22),
        f"[{DATA + 259:#x}]": (0, 0, 0x11),
    }
    assert machine.ram.read(DATA - BASE, 8) == 0


def test_a_wrong_cause(run):
    machine, ended = run(encode("ebreak"))
    found = check(machine, ended)
    assert found["trap 1: cause"] == (None, Cause.BREAKPOINT, Cause.LOAD_MISALIGNED)
    assert found[next(name for name in found if name.startswith("mcause"))][1:] == (3, 4)
    assert ended.detail.instruction == "ebreak"


def test_a_wrong_pc(run):
    machine, ended = run(encode("andi", rd=10, rs1=11, imm=-1), x11=7)
    assert check(machine, ended) == {"pc": (BASE + 12, BASE + 16, BASE + 20)}


def test_the_run_meets_it_again_and_another_engine_passes(run):
    machine, ended = run(encode("xor", rd=10, rs1=11, rs2=12), x11=RARE)
    again = machine.run(100)
    assert (again.reason, again.cycles, again.detail) == (ExitReason.DIVERGED, 0, ended.detail)
    machine.engine = machine.engine.judge
    assert machine.run(100).reason is ExitReason.BUDGET
    assert machine.harts[0].x[10] == RARE


GUESTS = (
    ("worlds", Config(memory=32 << 20), 100_000),
    ("two_harts", Config(memory=32 << 20, harts=2, quantum=77), 10_000),
    ("hypervisor", Config(memory=32 << 20), 70_000),
)


@pytest.mark.parametrize(("name", "config", "cycles"), GUESTS, ids=[name for name, *_ in GUESTS])
def test_guests_do_not_differ(name, config, cycles):
    consoles: list[list[bytes]] = [[], []]
    machines = [Machine(config, console.append) for console in consoles]
    for machine, engine in zip(machines, ("reference", "lockstep"), strict=True):
        image = load_image(SHIPPED / f"{name}.elf")
        Boot(image, builtin=name == "hypervisor").install(machine)
        machine.engine = make_engine(engine, config)
        machine.reset()
    expected, found = (machine.run(cycles) for machine in machines)
    one, other = machines
    assert other.engine.divergence is None
    assert (found.reason, found.cycles) == (expected.reason, expected.cycles)
    assert [bytes(hart.state) for hart in other.harts] == [bytes(hart.state) for hart in one.harts]
    assert bytes(other.ram.data) == bytes(one.ram.data)
    assert b"".join(consoles[1]) == b"".join(consoles[0])
    assert other.traps.last(1000) == one.traps.last(1000)
    assert other.engine.compared > 10 * other.engine.alone > 0


def test_a_debugger_stops_it_as_any_other():
    machine = Machine(Config(memory=1 << 20))
    machine.engine = make_engine("lockstep", machine.config)
    machine.reset()
    hart = machine.harts[0]
    loop = (encode("addi", rd=10, rs1=10, imm=1), encode("sd", rs1=11, rs2=10, imm=0), encode("jal", rd=0, imm=-8))
    for place, word in enumerate(loop):
        machine.ram.write(4 * place, 4, word)
    hart.x[11] = DATA
    assert (machine.run(3001).cycles, hart.x[10], hart.state.minstret) == (3001, 1001, 3001)
    machine.watches.breakpoints.add(BASE + 8)
    hart.forget_instruction(BASE + 8)
    assert (machine.run(100).reason, hart.state.pc) == (ExitReason.BREAKPOINT, BASE + 8)
    machine.watches.breakpoints.clear()
    machine.watches.watchpoints.add(Watchpoint(DATA, 8, WRITE))
    hart.forget_translations()
    ended = machine.run(100)
    assert (ended.reason, ended.cycles, hart.state.pc) == (ExitReason.WATCHPOINT, 2, BASE + 4)
    machine.watches.watchpoints.clear()
    machine.catches.causes.add(Cause.BREAKPOINT)
    machine.ram.write(8, 4, encode("ebreak"))
    machine.guard.wrote(8, 4)
    ended = machine.run(100)
    assert (ended.reason, ended.cycles, ended.detail.pc) == (ExitReason.CAUGHT, 2, BASE + 8)
    assert machine.engine.divergence is None
    assert len(machine.traps.last(10)) == 1


def test_a_missing_fence_is_told_apart():
    """The reference engine keeps a translation that nobody fenced; this subject has forgotten it."""
    lab = Lab()
    machine = lab.machine

    class Forgetful(ReferenceEngine):
        name = "forgetful"

        def run(self, hart, budget):
            hart.forget_translations()
            return super().run(hart, budget)

    machine.engine = LockstepEngine(machine.engine, Forgetful(Decoder(machine.config.isa.extensions)))
    table, pages = lab.table(HS, 8), (lab.page(), lab.page())
    slot = table.map(0x4000, pages[0])
    lab.write(pages[1], 7)
    assert lab.load(0x4000, Mode.HS) is None
    lab.write(slot, pages[1] >> 12 << 10 | RWX)
    lab.state.pc = CODE
    ended = machine.step(0)
    assert ended.reason is ExitReason.DIVERGED
    assert (ended.detail.cached, ended.detail.subject) == (True, "forgetful")
    assert [(c.name, c.reference, c.subject) for c in ended.detail.changes] == [("a0", 0, 7)]
