"""HLV, HLVX and HSV on both engines, through two stages of tables made at random: values, A and D, every fault."""

from __future__ import annotations

import ctypes
from random import Random
from typing import Any

import pytest

from machine.config import Config
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.native.layout import Exit
from machine.spec import status
from machine.spec.modes import Mode
from machine.spec.paging import SV39
from tests.machine.native.twin import differences

BASE, SIZE = 0x8000_0000, 4 << 20
CODE, VECTORS = 0x8001_0000, 0x8001_8000
WORLD, WORLD_BYTES = 0x8020_0000, 0x4_0000
"""What a case may change: tables of both stages, and pages of data."""
G_ROOT, G_MIDDLE, G_LEAVES = WORLD, WORLD + 0x4000, WORLD + 0x5000
VS_ROOT, VS_MIDDLE, VS_LEAVES = WORLD + 0x8000, WORLD + 0x9000, WORLD + 0xA000
GUEST = 0x4000_0000
"""Where the pages of data are for the guest; its physical addresses are the machine's."""
PAGES = 16
V, R, W, X, U, G, A, D = (1 << n for n in range(8))
WORLDS, CASES = 40, 30
NAMES = ("hlv.b", "hlv.bu", "hlv.h", "hlv.hu", "hlvx.hu", "hlv.w", "hlv.wu", "hlvx.wu", "hlv.d")
STORES = ("hsv.b", "hsv.h", "hsv.w", "hsv.d")


def write(machine: Machine, address: int, value: int) -> None:
    machine.ram.write(address - BASE, 8, value)


def flags(random: Random, mostly: int) -> int:
    return mostly ^ random.choice((0, 0, 0, 0, V, R, W, X, U, A, D, R | W, A | D, R | X, W | R | X, 1 << 60))


def build(machine: Machine, random: Random) -> None:
    """Tables of both stages, 4 KiB pages: each leaf is likely to lack something."""
    write(machine, G_ROOT + 8 * (BASE >> 30), G_MIDDLE >> 12 << 10 | V)
    write(machine, G_MIDDLE + 8 * (BASE >> 21 & 511) + 8, G_LEAVES >> 12 << 10 | V)
    for page in range(WORLD_BYTES >> 12):
        table = page < 0x10
        leaf = R | W | X | U | A | D | V
        leaf = flags(random, leaf) if not table or random.random() < 0.1 else leaf
        write(machine, G_LEAVES + 8 * page, (WORLD >> 12) + page << 10 | leaf)
    write(machine, VS_ROOT + 8 * (GUEST >> 30), VS_MIDDLE >> 12 << 10 | V)
    write(machine, VS_MIDDLE, VS_LEAVES >> 12 << 10 | V)
    for page in range(PAGES):
        leaf = flags(random, R | W | X | A | D | V | random.choice((0, U)))
        write(machine, VS_LEAVES + 8 * page, (WORLD >> 12) + 0x10 + page << 10 | leaf)


def enter(machine: Machine, random: Random) -> None:
    """A mode that runs bare, and rights at random."""
    machine.reset()
    hart = machine.harts[0]
    state, random_bit = hart.state, lambda: random.getrandbits(1)
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    if random.random() < 0.15:
        state.pmpaddr0, state.pmpcfg0 = WORLD + 0x1_8000 >> 2, 0x0F
    state.hgatp = random.choice((0, SV39 << 60 | 1 << 44, SV39 << 60 | 7 << 44))
    state.hgatp |= G_ROOT >> 12 if state.hgatp else 0
    state.vsatp = random.choice((0, SV39 << 60 | VS_ROOT >> 12, SV39 << 60 | VS_ROOT >> 12))
    state.mtvec, state.stvec, state.vstvec = VECTORS, VECTORS + 0x100, VECTORS + 0x200
    state.medeleg, state.hedeleg = random.choice((0, 0xF0_F7FF, 1 << 21)), random.choice((0, 0xB1FF))
    for register in ("mstatus", "vsstatus"):
        setattr(state, register, getattr(state, register) | random_bit() << status.MXR | random_bit() << status.SUM)
    state.hstatus |= random_bit() << status.HSTATUS_SPVP | random_bit() << status.HSTATUS_HU
    state.menvcfg, state.henvcfg = (random_bit() << status.ENVCFG_ADUE for _ in range(2))
    mode = random.choice((Mode.M, Mode.HS, Mode.HS, Mode.HS, Mode.U, Mode.VS, Mode.VU))
    state.priv, state.virt = mode.privilege, mode.virtual
    if mode.virtual:
        state.hgatp = state.vsatp = 0  # its own code must be fetched
    hart.forget_translations()
    hart.context_changed()


def target(random: Random, bare: bool) -> int:
    base = WORLD + 0x1_0000 if bare else GUEST
    near = random.choice((0, 8, 4088, random.randrange(4096), 4096 - random.randrange(8)))
    address = base + random.randrange(PAGES + 1) * 4096 + near
    return random.choice((address, address, address, address, address & -8, random.getrandbits(64), 0x1000_0000))


@pytest.fixture(scope="module")
def machine(make_engine: Any) -> Machine:
    made = Machine(Config(memory=SIZE))
    made.native = make_engine(made.config)
    return made


def outcome(machine: Machine, engine: Any, before: bytes, world: bytes) -> tuple[bytes, bytes]:
    hart, start = machine.harts[0], WORLD - BASE
    ctypes.memmove(ctypes.addressof(hart.state), before, len(before))
    machine.ram.data[start : start + WORLD_BYTES] = world
    machine.clock.cycles = 0
    hart.context_changed()
    assert engine.run(hart, 1)[1] == 1
    return bytes(hart.state), bytes(machine.ram.data[start : start + WORLD_BYTES])


def check(machine: Machine, text: str, before: bytes, world: bytes) -> int:
    """Compare both engines; gives how often the native one left its code, with the page of code decoded."""
    hart = machine.harts[0]
    machine.ram.write(CODE - BASE, 4, assemble(text))
    hart.guard.forget_code()
    expected = outcome(machine, machine.engine, before, world)
    outcome(machine, machine.native, before, world)
    exits = list(machine.native.exits)
    found = outcome(machine, machine.native, before, world)
    if found != expected:
        states = (type(hart.state).from_buffer_copy(state) for state, _ in (expected, found))
        raise AssertionError(f"{text}: {differences(*states) or 'memory'}")
    return machine.native.exits[Exit.COLD] - exits[Exit.COLD]


@pytest.mark.parametrize("seed", range(WORLDS))
def test_as_the_reference_engine(machine: Machine, seed: int) -> None:
    random = Random(seed)
    for _ in range(CASES):
        enter(machine, random)
        machine.ram.data[WORLD - BASE : WORLD - BASE + WORLD_BYTES] = random.randbytes(4096) * (WORLD_BYTES >> 12)
        for table in range(WORLD, WORLD + 0x1_0000, 4096):
            machine.ram.data[table - BASE : table - BASE + 4096] = bytes(4096)
        build(machine, random)
        state = machine.harts[0].state
        state.pc, state.x[10] = CODE, target(random, bare=state.vsatp == 0)
        state.x[11] = random.getrandbits(64)
        name = random.choice((*NAMES, *STORES))
        register = "a1" if name in STORES else random.choice(("a1", "a1", "zero"))
        start = WORLD - BASE
        world = bytes(machine.ram.data[start : start + WORLD_BYTES])
        check(machine, f"{name} {register}, (a0)", bytes(state), world)


@pytest.mark.parametrize("name", [*NAMES, *STORES])
def test_is_compiled(machine: Machine, name: str) -> None:
    """In HS-mode, with both stages and nothing lacking, no instruction leaves generated code; nor does a fault."""
    random = Random(1)
    for lacking in (0, V):
        enter(machine, random)
        machine.ram.data[WORLD - BASE : WORLD - BASE + WORLD_BYTES] = bytes(WORLD_BYTES)
        build(machine, random)
        for page in range(WORLD_BYTES >> 12):
            leaf = R | W | X | U | A | D | V
            write(machine, G_LEAVES + 8 * page, (WORLD >> 12) + page << 10 | leaf ^ (lacking if page >= 0x10 else 0))
        write(machine, VS_LEAVES, (WORLD >> 12) + 0x10 << 10 | R | W | X | A | D | V)
        state = machine.harts[0].state
        state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
        state.hgatp, state.vsatp = SV39 << 60 | G_ROOT >> 12, SV39 << 60 | VS_ROOT >> 12
        state.priv, state.virt, state.pc, state.x[10] = Mode.HS.privilege, 0, CODE, GUEST + 16
        state.hstatus |= 1 << status.HSTATUS_SPVP
        world = bytes(machine.ram.data[WORLD - BASE : WORLD - BASE + WORLD_BYTES])
        assert check(machine, f"{name} a1, (a0)", bytes(state), world) == 0
        assert machine.harts[0].state.trap_count == (lacking != 0)
