"""Random words as code, in every mode and under translation: whatever it does, both engines do the same and live."""

from __future__ import annotations

from random import Random

import pytest

from machine.config import Config
from machine.csr.file import BY_NAME
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.encode import deposit
from machine.isa.rvc import FORMS
from machine.spec import status
from machine.spec.modes import Mode
from tests.machine.native.twin import Twin

BASE, SIZE = 0x8000_0000, 1 << 20
TABLES, VECTORS = BASE + 0x8_0000, BASE + 0x1_0000
DISTINCT = 0x2000
CYCLES = 3000
M64 = (1 << 64) - 1
V, R, W, X, U, G, A, D = (1 << n for n in range(8))
CSRS = ("sepc", "sscratch", "scause", "stval", "sstatus", "hstatus", "vsstatus", "vsepc", "htval", "satp", "vsatp")
CSRS += ("hgatp", "mstatus", "mepc", "mscratch", "sie", "vsie", "hvip", "hideleg", "mideleg", "medeleg", "hedeleg")
CSRS += ("stvec", "vstvec", "mtvec", "time", "cycle", "instret", "fcsr", "mie", "mip", "sip", "vsip", "stimecmp")


def instructions(random: Random, count: int) -> bytes:
    """Mostly instructions, some noise."""
    code = bytearray()
    while len(code) < count:
        kind = random.random()
        if kind < 0.05:
            code += random.randbytes(4)
        elif kind < 0.35:
            form = random.choice(FORMS)
            code += (form.pattern.match | random.getrandbits(16) & 0xFFFF & ~form.pattern.mask).to_bytes(2, "little")
        else:
            pattern = random.choice(INSTRUCTIONS).pattern
            values = {field.name: random.getrandbits(5) for field in pattern.fields}
            values |= {"csr": BY_NAME[random.choice(CSRS)].number, "imm": random.randrange(-256, 256) & ~1}
            code += deposit(pattern, {name: value & M64 for name, value in values.items()}).to_bytes(4, "little")
    return bytes(code[:count])


def prepare(machine: object, seed: int) -> None:
    """Code and data at random, tables that map most of it in both stages, and a state at random."""
    random = Random(seed)
    hart, ram = machine.harts[0], machine.ram
    machine.reset()
    ram.data[: TABLES - BASE] = instructions(random, DISTINCT) * ((TABLES - BASE) // DISTINCT)
    for kind, flags in enumerate((V | R | W | X | A | D, V | R | W | X | U | A | D)):
        root = TABLES + kind * 0x1_0000
        write(ram, root + 8 * (BASE >> 30), (root + 0x4000) >> 12 << 10 | V)
        write(ram, root + 0x4000, (root + 0x5000) >> 12 << 10 | V)
        for page in range(SIZE >> 12):
            lacking = random.choice((0, 0, 0, 0, 0, 0, W, A, D, X, V, U))
            write(ram, root + 0x5000 + 8 * page, (BASE >> 12) + page << 10 | flags & ~lacking)
    state = hart.state
    for n in range(1, 32):
        state.x[n] = BASE + random.randrange(SIZE) & ~7 if random.random() < 0.7 else random.getrandbits(64)
        state.f[n] = random.getrandbits(64)
    first, second = TABLES >> 12, TABLES + 0x1_0000 >> 12
    state.satp = random.choice((0, 8 << 60 | first, 8 << 60 | second))
    state.vsatp = random.choice((0, 8 << 60 | first))
    state.hgatp = random.choice((0, 8 << 60 | second))
    state.mtvec, state.stvec, state.vstvec = VECTORS, VECTORS + 0x100, VECTORS + 0x200
    state.medeleg, state.mideleg = random.choice((0, M64, random.getrandbits(64))), 0x3FFF & M64
    state.hedeleg, state.hideleg = random.choice((0, 0xB1FF)), random.choice((0, 0x444))
    state.mcounteren = state.hcounteren = state.scounteren = random.choice((0, 7))
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    state.mstatus |= random.getrandbits(2) << status.FS | random.getrandbits(1) << status.MXR | 1 << status.SUM
    state.vsstatus |= random.getrandbits(2) << status.FS
    state.menvcfg = state.henvcfg = random.choice((0, 1 << status.ENVCFG_ADUE, 1 << status.ENVCFG_STCE))
    mode = random.choice(list(Mode))
    state.priv, state.virt = mode.privilege, mode.virtual
    state.pc = BASE + random.randrange(0x1_0000) & ~1
    hart.context_changed()


def write(ram: object, address: int, value: int) -> None:
    ram.write(address - BASE, 8, value)


@pytest.fixture(scope="module")
def twin(make_engine):
    config = Config(memory=SIZE)
    return Twin(config, make_engine(config))


@pytest.mark.parametrize("seed", range(30))
def test_random_words(twin, seed):
    twin.each(lambda machine: prepare(machine, seed))
    random = Random(seed)
    done = 0
    while done < CYCLES:
        done += twin.run(random.choice((1, 2, 5, 30, 200, 1000))).cycles or 1
    twin.compare(memory=True)
