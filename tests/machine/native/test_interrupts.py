"""Interrupts and timers in generated code: at the same instruction as in the reference engine, in every mode."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from machine.board.elf import load_image
from machine.config import Config, parse_isa
from machine.csr.file import BY_NAME
from machine.errors import MachineError
from machine.isa.encode import encode
from machine.machine import Machine
from machine.native.engine import key_of
from machine.run_exit import ExitReason
from machine.spec import status
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from tests.machine.native.twin import Twin
from tests.programs import boot_of

SHIPPED = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"
BASE, SIZE = 0x8000_0000, 1 << 20
MTIMECMP, MSIP = 0x0200_4000, 0x0200_0000
M64 = (1 << 64) - 1
BUDGETS = (1, 1, 2, 3, 9, 10, 11, 40, 250, 1000, 4000)
MAIN, HANDLERS = 400, {"m": BASE + 0x4000, "s": BASE + 0x5000, "vs": BASE + 0x6000}

TIMERS = ("stimecmp", "vstimecmp", "htimedelta")
ENABLES = ("mie", "sie", "hie", "vsie", "hvip", "hip", "mip", "sip", "vsip", "hideleg", "mideleg", "hgeie")
COUNTERS = (
    "time",
    "cycle",
    "instret",
    "mcycle",
    "minstret",
    "mcountinhibit",
    "hpmcounter5",
    "mhpmcounter3",
    "mhpmevent3",
    "misa",
    "marchid",
)
ENVIRONMENT = ("menvcfg", "henvcfg", "hstatus", "mstatus", "sstatus", "vsstatus", "mcounteren", "hcounteren")
FORMS = ("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")
SMALL, MASKS, NOW, MSIP_AT, MTIMECMP_AT = range(5, 10), range(10, 18), 18, 30, 31
"""Registers: numbers of ticks, masks of interrupts, a moment, and where the CLINT is."""


def access(random: Random, names: tuple[str, ...], source: int) -> int:
    form, register = random.choice(FORMS), BY_NAME[random.choice(names)].number
    rd = random.choice((0, 0, 20, 21))
    if form.endswith("i"):
        return encode(form, rd=rd, imm=random.randrange(32), csr=register)
    return encode(form, rd=rd, rs1=source, csr=register)


def something(random: Random) -> list[int]:
    """One thing to do: arithmetic, a timer a few ticks ahead, enables, counters, now and then another world."""
    kind = random.random()
    if kind < 0.3:
        return [encode("addi", rd=19, rs1=19, imm=1)] * random.randrange(1, 12)
    if kind < 0.55:
        moment = encode("csrrs", rd=NOW, rs1=0, csr=BY_NAME["time"].number)
        later = encode("add", rd=NOW, rs1=NOW, rs2=random.choice(SMALL))
        if random.random() < 0.25:
            return [moment, later, encode("sd", rs1=MTIMECMP_AT, rs2=NOW, imm=0)]
        name = random.choice(("stimecmp", "vstimecmp"))
        return [moment, later, encode("csrrw", rd=0, rs1=NOW, csr=BY_NAME[name].number)]
    if kind < 0.8:
        return [access(random, ENABLES, random.choice(MASKS))]
    if kind < 0.88:
        return [access(random, COUNTERS, random.choice(SMALL))]
    if kind < 0.92:
        return [access(random, TIMERS, random.choice(SMALL))]
    if kind < 0.96:
        return [access(random, ENVIRONMENT, random.choice(MASKS))]
    return [random.choice((encode("wfi"), encode("ecall"), encode("sw", rs1=MSIP_AT, rs2=random.choice(SMALL), imm=0)))]


def handler(random: Random, epc: str, back: str) -> list[int]:
    """Do something, go on behind the instruction."""
    words = [word for _ in range(random.randrange(1, 4)) for word in something(random)]
    number = BY_NAME[epc].number
    words += [encode("csrrs", rd=22, rs1=0, csr=number), encode("addi", rd=22, rs1=22, imm=4)]
    return [*words, encode("csrrw", rd=0, rs1=22, csr=number), encode(back)]


def prepare(machine: Machine, seed: int) -> None:
    random = Random(seed)
    machine.reset()
    main: list[int] = []
    while len(main) < MAIN:
        main += something(random)
    put(machine, BASE, [*main, encode("jal", rd=0, imm=-4 * len(main))])
    put(machine, HANDLERS["m"], handler(random, "mepc", "mret"))
    put(machine, HANDLERS["s"], handler(random, "sepc", "sret"))
    put(machine, HANDLERS["vs"], handler(random, "sepc", "sret"))
    machine.clock.cycles = random.randrange(1000)
    for hart in machine.harts:
        start(hart, random)


def put(machine: Machine, address: int, words: list[int]) -> None:
    for place, word in enumerate(words):
        machine.ram.write(address - BASE + 4 * place, 4, word)
        machine.guard.wrote(address - BASE + 4 * place, 4)


def start(hart: object, random: Random) -> None:
    state = hart.state
    for n in SMALL:
        state.x[n] = random.choice((0, 1, 2, 3, 5, 9, 30))
    for n in MASKS:
        state.x[n] = random.choice((0x444, 0x222, 0x40, 0x20, 0x80, 0xAAA, 0x1FFF, M64, random.getrandbits(64)))
    state.x[MSIP_AT], state.x[MTIMECMP_AT] = MSIP, MTIMECMP
    state.mtvec, state.stvec, state.vstvec = HANDLERS.values()
    state.medeleg, state.hedeleg = random.choice((0, 0xB1FF | 1 << 22)), random.choice((0, 0x1FF))
    state.mideleg, state.hideleg = 0x1444 | random.choice((0, 0x222, 0x20)), random.choice((0, 0x444, 0x40))
    state.mie, state.hvip = random.choice((0x1EEE, 0x60, 0xE0)), random.choice((0, 0, 0x40))
    state.mstatus |= random.choice((0, 0xA, 0xAA)) | 1 << status.MPV
    state.vsstatus |= random.choice((0, 0x2, 0x22))
    state.hstatus |= 1 << status.HSTATUS_SPV
    state.menvcfg = state.henvcfg = 1 << status.ENVCFG_STCE
    state.mcounteren = state.hcounteren = state.scounteren = 7
    state.stimecmp, state.vstimecmp = random.choice((5, 40, M64)), random.choice((7, 60, M64))
    state.htimedelta = random.choice((0, 3, M64 - 20, -30 & M64, 1 << 63))
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    mode = random.choice(list(Mode))
    state.priv, state.virt, state.pc = mode.privilege, mode.virtual, BASE + 4 * random.randrange(MAIN)
    hart.context_changed()
    hart.reconsider_interrupts()


@pytest.fixture(scope="module", params=[Config(memory=SIZE), Config(memory=SIZE, harts=2, quantum=77)], ids="12")
def twin(make_engine, request):
    return Twin(request.param, make_engine(request.param))


@pytest.fixture(scope="module")
def taken():
    """Where interrupts have come from and gone to, in all of this module's random programs."""
    return set()


def assert_from_outside(twin: Twin, random: Random) -> None:
    number, line = random.randrange(len(twin.native.harts)), random.choice((Interrupt.VSTI, Interrupt.VSSI))
    twin.each(lambda machine: machine.harts[number].outside.set(line))


@pytest.mark.parametrize("seed", range(20))
def test_random_programs(twin, taken, seed):
    twin.each(lambda machine: prepare(machine, seed))
    random = Random(seed)
    done = 0
    while done < 6000:
        if random.random() < 0.05:
            assert_from_outside(twin, random)
        ended = twin.run(random.choice(BUDGETS))
        if ended.reason is ExitReason.IDLE:
            break
        done += max(ended.cycles, 1)
    twin.compare(memory=True)
    taken |= {(record.source, record.target) for record in twin.native.traps.last(1000) if record.interrupt}


def test_interrupts_were_taken_in_every_mode(taken):
    assert {source for source, _ in taken} == set(Mode)
    assert {target for _, target in taken} == {Mode.M, Mode.HS, Mode.VS}


GUESTS = (
    ("timer", Config()),
    ("vcpu", Config(memory=SIZE, harts=2, quantum=77)),
    ("idle", Config()),
)


@pytest.mark.parametrize(("name", "config"), GUESTS, ids=[name for name, _ in GUESTS])
def test_guest(make_engine, name, config):
    twin = Twin(config, make_engine(config))
    twin.each(lambda machine: boot_of(load_image(SHIPPED / f"{name}.elf")).install(machine))
    twin.each(lambda machine: machine.reset())
    random = Random(name)
    done = 0
    while done < 200_000:
        ended = twin.run(random.choice((*BUDGETS, 30_000)))
        done += max(ended.cycles, 1)
        if ended.reason is not ExitReason.BUDGET:
            break
    twin.compare(memory=True)


def ticking(machine: Machine) -> None:
    """VS-mode's own timer, at once again each time, over and over."""
    machine.reset()
    time, timer = BY_NAME["time"].number, BY_NAME["stimecmp"].number
    again = [encode("csrrs", rd=5, rs1=0, csr=time), encode("addi", rd=5, rs1=5, imm=2)]
    again += [encode("csrrw", rd=0, rs1=5, csr=timer), encode("addi", rd=6, rs1=6, imm=1), encode("sret")]
    put(machine, BASE, [encode("jal", rd=0, imm=0)])
    put(machine, HANDLERS["vs"], again)
    hart, state = machine.harts[0], machine.harts[0].state
    state.vstvec, state.hideleg, state.mie, state.vsstatus = HANDLERS["vs"], 0x444, 0x40, state.vsstatus | 2
    state.menvcfg = state.henvcfg = 1 << status.ENVCFG_STCE
    state.mcounteren = state.hcounteren = 7
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    state.priv, state.virt, state.pc = Mode.VS.privilege, Mode.VS.virtual, BASE
    hart.context_changed()


def test_a_guests_timer_does_not_leave_generated_code(make_engine):
    twin = Twin(Config(memory=SIZE), make_engine())
    twin.each(ticking)
    twin.run(5000)
    before = list(twin.native.engine.exits)
    taken = twin.native.harts[0].state.trap_count
    twin.run(20_000)
    assert twin.native.harts[0].state.trap_count - taken > 900
    assert sum(twin.native.engine.exits) - sum(before) <= 2


@pytest.mark.parametrize("native", [False, True], ids=["reference", "native"])
@pytest.mark.parametrize("budget", [1, 50])
def test_a_timer_that_rises_while_an_interrupt_is_entered_is_seen_behind_it(make_engine, native, budget):
    """Software makes SSI pending in cycle 8, its entry takes cycle 9, and MTI rises with cycle 10: a tick."""
    machine = Machine(Config(memory=SIZE))
    if native:
        machine.engine = make_engine()
    machine.reset()
    put(machine, BASE, [encode("addi", rd=19, rs1=19, imm=1)] * 8)
    put(machine, BASE + 32, [encode("csrrsi", rd=0, imm=2, csr=BY_NAME["sip"].number), encode("jal", rd=0, imm=0)])
    for place in HANDLERS.values():
        put(machine, place, [encode("addi", rd=20, rs1=20, imm=1)] * 60)
    hart, state = machine.harts[0], machine.harts[0].state
    machine.board.aclint.mtimecmp[0] = 1
    state.mtvec, state.stvec, _ = HANDLERS.values()
    state.mideleg, state.mie, state.mstatus = state.mideleg | 0x2, 0x82, state.mstatus | 1 << status.SIE
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    state.priv, state.pc = Mode.HS.privilege, BASE
    hart.context_changed()
    for _ in range(50 // budget):
        machine.run(budget)
    assert (state.scause, state.mcause) == (1 << 63 | Interrupt.SSI, 1 << 63 | Interrupt.MTI)
    assert state.mepc == state.stvec


@pytest.mark.parametrize("seed", range(12))
def test_every_clock_counts_the_same(make_engine, seed):
    """However many cycles a tick takes, a power of two or not, and on however many harts: the code is the same."""
    random = Random(seed)
    per_tick = random.choice((1, 3, random.randrange(2, 50), random.getrandbits(20) | 1, 1 << random.randrange(30)))
    config = Config(
        memory=SIZE, harts=random.randrange(1, 9), quantum=random.choice((7, 100)), cycles_per_tick=per_tick
    )
    twin = Twin(config, make_engine(config))
    twin.each(lambda machine: prepare(machine, seed))
    late = random.getrandbits(random.choice((10, 40, 63)))
    twin.each(lambda machine: setattr(machine.clock, "cycles", late))
    for _ in range(40):
        if twin.run(random.choice(BUDGETS)).reason is ExitReason.IDLE:
            break
    twin.compare(memory=True)


def test_one_code_for_every_number_of_harts_and_every_clock():
    plain = key_of(Config())
    assert key_of(Config(harts=8, cycles_per_tick=77, quantum=3, memory=SIZE, irqchip="user")) == plain
    assert key_of(Config(misaligned=False)) != plain != key_of(Config(isa=parse_isa("rv64gch")))


@pytest.mark.parametrize("cycles", [0, -1, 1 << 30])
def test_a_clock_that_never_or_hardly_ticks_is_refused(cycles):
    with pytest.raises(MachineError, match=f"cycles_per_tick {cycles} is outside 1"):
        Config(cycles_per_tick=cycles)


def test_a_run_may_be_cut_anywhere(make_engine):
    """One long run, and the same step by step."""
    for engine in (None, make_engine()):
        machines = [Machine(Config(memory=SIZE)) for _ in range(2)]
        if engine is not None:
            machines[0].engine = engine
        whole = 0
        for seed in range(6):
            for machine in machines:
                prepare(machine, seed)
            machines[0].run(1500)
            left = 1500
            while left and machines[1].run(1).reason is ExitReason.BUDGET:
                left -= 1
            if not left:
                whole += 1
                assert bytes(machines[0].harts[0].state) == bytes(machines[1].harts[0].state)
        assert whole
