"""Code that changes, lies across pages, is new or is stopped in: both engines in lockstep, at random budgets."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from machine.config import Config
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import BY_NAME
from machine.isa.encode import deposit, encode
from machine.isa.rvc import FORMS
from machine.machine import Machine
from machine.native import pages
from machine.native.layout import Exit
from machine.run_exit import ExitReason
from tests.machine.native.twin import Twin

BASE, SIZE, PAGE = 0x8000_0000, 1 << 20, 4096
CODE_PAGES = 4
TABLES = BASE + 0x4_0000
M64 = (1 << 64) - 1
STORES = [BY_NAME[name] for name in ("sb", "sh", "sw", "sd", "amoswap.w", "amoadd.d", "sc.w", "lr.d")]
BRANCHES = [BY_NAME[name] for name in ("jal", "beq", "bne", "bltu", "jalr")]
PLAIN = [each for each in INSTRUCTIONS if each.extension in ("I", "M") and each.name not in ("wfi", "mret", "sret")]
BUDGETS = (1, 1, 2, 3, 7, 20, 60)
CYCLES = 2000
WORDS = [encode("addi", rd=rd, rs1=rd, imm=rd) << 32 | encode("xori", rd=rd, rs1=5, imm=-rd) for rd in range(5, 32)]


def code(random: Random, size: int) -> bytes:
    """Instructions of both lengths, many of them stores and branches; at odd halfwords, so that some cross pages."""
    made = bytearray()
    while len(made) < size:
        kind = random.random()
        if kind < 0.03:
            made += random.randbytes(2)
        elif kind < 0.4:
            pattern = random.choice(FORMS).pattern
            made += (pattern.match | random.getrandbits(16) & ~pattern.mask & 0xFFFF).to_bytes(2, "little")
        else:
            choice = random.choice((STORES, STORES, BRANCHES, PLAIN))
            pattern = random.choice(choice).pattern
            values = {field.name: random.randrange(32) for field in pattern.fields}
            values["imm"] = (random.randrange(-8, 16) if choice is STORES else random.randrange(-60, 40) & ~1) & M64
            made += deposit(pattern, values).to_bytes(4, "little")
    return bytes(made[:size])


def fill(machine: Machine, seed: int, physical: list[int]) -> None:
    """Code in the physical pages; registers that point into it or hold instructions; traps begin again."""
    random = Random(seed)
    machine.reset()
    for page in physical:
        place = page - BASE
        machine.ram.data[place : place + PAGE] = code(random, PAGE)
    for hart in machine.harts:
        state = hart.state
        for n in range(1, 32):
            near = physical[random.randrange(len(physical))] + random.randrange(PAGE)
            word = int.from_bytes(code(random, 8), "little")
            state.x[n] = random.choice((near & ~7, near & ~7, near, word, word, random.getrandbits(6)))
            state.f[n] = word
        state.mtvec = physical[0] + 4 * random.randrange(PAGE // 4)
        state.mstatus |= 3 << 13
        state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
        state.pc = physical[0] + 2 * random.randrange(PAGE // 2)


def translate(machine: Machine, seed: int, physical: list[int]) -> None:
    """Supervisor mode; the pages in another order, some of them missing or not executable."""
    random = Random(-seed)
    ram, state = machine.ram, machine.harts[0].state
    for level in range(2):
        ram.write(
            TABLES - BASE + level * PAGE + 8 * (BASE >> 30 if level == 0 else 0),
            8,
            TABLES + PAGE * (level + 1) >> 2 | 1,
        )
    shuffled = random.sample(physical, len(physical))
    for number, page in enumerate(shuffled * 4):
        flags = 0xCF if number < 2 else random.choice((0xCF, 0xCF, 0xCF, 0xCF, 0x8F, 0xC7, 0xCE))
        ram.write(TABLES - BASE + 2 * PAGE + 8 * number, 8, page >> 2 | flags)
    state.satp, state.priv, state.medeleg = 8 << 60 | TABLES >> 12, 1, M64
    state.stvec = BASE + 2 * random.randrange(PAGE)
    state.pc = BASE + 2 * random.randrange(PAGE)
    machine.harts[0].context_changed()


def run(twin: Twin, seed: int, cycles: int = CYCLES) -> None:
    """To the end, with a jump from outside now and then: most programs soon run in a circle."""
    random, done = Random(seed), 0
    while done < cycles:
        if random.random() < 0.5:
            jump(twin, anywhere(random), random)
        done += twin.run(random.choice(BUDGETS)).cycles or 1
    twin.compare(memory=True)


def anywhere(random: Random) -> int:
    """In the pages, mostly, and often at the end of one."""
    kind = random.random()
    if kind < 0.03:
        return random.getrandbits(64)
    if kind < 0.3:
        return BASE + PAGE * random.randrange(1, 9) - random.choice((2, 2, 4, 6))
    return BASE + 2 * random.randrange(8 * PAGE // 2)


def jump(twin: Twin, address: int, random: Random) -> None:
    """Go on there, with registers that hold instructions or lead to those of any hart."""
    targets = [address + 512 * hart.number & M64 - 1 for hart in twin.native.harts]
    registers = [
        random.choice((random.choice(targets) + random.randrange(-32, 32) & -4, random.choice(WORDS))) & M64
        for _ in range(31 * len(targets))
    ]

    def let(machine: Machine) -> None:
        for hart, target in zip(machine.harts, targets, strict=True):
            hart.state.pc = target
            hart.state.x[1:32] = registers[31 * hart.number : 31 * hart.number + 31]

    twin.each(let)


@pytest.fixture(scope="module")
def twin(make_engine):
    config = Config(memory=SIZE)
    return Twin(config, make_engine(config))


@pytest.fixture
def physical():
    return [BASE + PAGE * (3 * n % 7) for n in range(CODE_PAGES)]


@pytest.mark.parametrize("seed", range(24))
def test_code_that_changes_itself(twin, physical, seed):
    twin.each(lambda machine: fill(machine, seed, physical))
    run(twin, seed)


@pytest.mark.parametrize("seed", range(24))
def test_under_translation(twin, physical, seed):
    """What follows a page is another one than in physical memory; an instruction may lie in both, or in one only."""
    twin.each(lambda machine: fill(machine, seed, physical))
    twin.each(lambda machine: translate(machine, seed, physical))
    run(twin, seed)


@pytest.mark.parametrize("seed", range(10))
def test_two_harts_change_each_others_code(make_engine, physical, seed):
    config = Config(memory=SIZE, harts=2, quantum=(1, 3, 20, 77, 300)[seed % 5])
    twin = Twin(config, make_engine(config))
    twin.each(lambda machine: fill(machine, seed, physical[:2]))
    run(twin, seed)


@pytest.mark.parametrize("seed", range(6))
def test_breakpoints_where_nothing_has_run(twin, physical, seed):
    """Also between the halves of what would be an instruction: there they stop only what begins there."""
    random = Random(seed)
    halves = [page + 2 * half for page in physical for half in range(PAGE // 2)]
    places = {*random.sample(halves, 1500), physical[0] + PAGE - 2}
    twin.each(lambda machine: fill(machine, seed, physical))
    twin.each(lambda machine: machine.watches.breakpoints.update(places))
    stopped = done = 0
    while done < CYCLES:
        jump(twin, random.choice(halves), random)
        ended = twin.run(random.choice((2, 5, 20, 100)))
        done += ended.cycles + 1
        if ended.reason is ExitReason.BREAKPOINT:
            stopped += 1
            assert twin.native.harts[0].state.pc in places
            leave_breakpoint(twin, twin.native.harts[0].state.pc)
    twin.each(lambda machine: machine.watches.breakpoints.clear())
    assert stopped > 5


def leave_breakpoint(twin: Twin, address: int) -> None:
    """As a debugger does: step without it, and put it back."""
    twin.each(lambda machine: machine.watches.breakpoints.discard(address))
    twin.run(1)
    twin.each(lambda machine: set_breakpoint(machine, address))


def set_breakpoint(machine: Machine, address: int) -> None:
    machine.watches.breakpoints.add(address)
    for hart in machine.harts:
        hart.forget_instruction(address)


@pytest.mark.parametrize("seed", range(4))
def test_more_pages_than_are_kept(twin, monkeypatch, seed):
    monkeypatch.setattr(pages, "LIMIT", 3)
    physical = [BASE + PAGE * n for n in range(8)]
    twin.each(lambda machine: fill(machine, seed, physical))
    run(twin, seed)


class Counted:
    """A native machine, and how often its code comes back."""

    def __init__(self, make_engine: Any) -> None:
        self.machine = Machine(Config(memory=SIZE))
        self.machine.engine = self.engine = make_engine(Config(memory=SIZE))
        self.machine.reset()
        self.hart = self.machine.harts[0]

    def put(self, offset: int, *words: int) -> None:
        for word in words:
            size = 4 if word & 3 == 3 else 2
            self.machine.ram.write(offset, size, word)
            self.machine.guard.wrote(offset, size)
            offset += size

    def exits(self, cycles: int) -> list[int]:
        """The exits of a run, by `Exit`, without its end."""
        before = list(self.engine.exits)
        self.machine.run(cycles)
        found = [now - then for now, then in zip(self.engine.exits, before, strict=True)]
        found[Exit.BUDGET] = 0
        return found


@pytest.fixture
def counted(make_engine):
    return Counted(make_engine)


def test_decoding_does_not_leave(counted):
    counted.put(0, *[encode("addi", rd=10, rs1=10, imm=1)] * 500, encode("jal", rd=0, imm=-2000))
    left = counted.exits(501 * 3)
    assert (sum(left), left[Exit.PAGE], counted.hart.x[10]) == (1, 1, 1500)


def test_a_store_beside_code_does_not_leave(counted):
    for name, size in (("sd", 8), ("sw", 4), ("sh", 2), ("sb", 1), ("amoswap.w", 4)):
        store = encode(name, rs1=11, rs2=10)
        counted.put(0, store, encode("addi", rd=10, rs1=10, imm=1), encode("jal", rd=0, imm=-8))
        for address in (12, 12 + 4 * (size == 8), 2048):
            counted.hart.x[11], counted.hart.state.pc = BASE + (address & -size) + size * (address & -size < 12), BASE
            counted.machine.run(30)
            assert sum(counted.exits(300)) == 0, (name, address)
            counted.hart.state.pc = BASE


def test_a_store_to_code_leaves_and_is_obeyed(counted):
    """It turns its own successor's immediate over and over."""
    words = [encode("addi", rd=10, rs1=10, imm=imm) for imm in (1, 2)]
    counted.put(0, encode("sw", rs1=11, rs2=12, imm=4), words[0], encode("xor", rd=12, rs1=12, rs2=13))
    counted.put(12, encode("jal", rd=0, imm=-12))
    counted.hart.x[11], counted.hart.x[12], counted.hart.x[13] = BASE, words[1], words[0] ^ words[1]
    left = counted.exits(400)
    assert counted.hart.x[10] == 150
    assert left[Exit.MISS] >= 99


def test_an_instruction_in_two_pages_does_not_leave(counted):
    counted.put(PAGE - 2, encode("addi", rd=10, rs1=10, imm=3), encode("jal", rd=0, imm=-4))
    counted.hart.state.pc = BASE + PAGE - 2
    counted.machine.run(10)
    assert (sum(counted.exits(1000)), counted.hart.x[10]) == (0, 3 * 505)
    counted.put(PAGE, encode("addi", rd=10, rs1=10, imm=7) >> 16)
    counted.machine.run(2)
    assert counted.hart.x[10] == 3 * 505 + 7


def test_what_is_no_instruction_traps_without_leaving(counted):
    counted.put(0, 0xFFFF_FFFF)
    counted.hart.state.mtvec = BASE
    counted.machine.run(10)
    assert sum(counted.exits(1000)) == 0
    assert (counted.hart.state.mcause, counted.hart.state.mtval, counted.hart.state.trap_count) == (
        2,
        0xFFFF_FFFF,
        1010,
    )
