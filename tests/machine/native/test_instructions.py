"""Every compiled instruction against its meaning run directly, on random operands and boundary values."""

from __future__ import annotations

import ctypes
from random import Random

import pytest

from machine.config import Config
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.encode import expand
from machine.isa.rvc import FORMS
from machine.machine import Machine
from machine.spec import status
from tests.machine.native.twin import differences

BASE = 0x8000_0000
CODE, DATA = 0x8010_0000, 0x8020_0000
WORDS, STATES = 12, 16
M64 = (1 << 64) - 1
INTEGERS = (0, 1, 2, M64, M64 - 1, 1 << 63, (1 << 63) - 1, 1 << 31, (1 << 31) - 1, (1 << 32) - 1, M64 << 31 & M64, 63)
DOUBLES = (0, 1, (1 << 52) - 1, 1 << 52, 0x7FF << 52, (0x7FF << 52) - 1, (0x7FF << 52) + 1, 0x7FF8 << 48, 0x3FF << 52)
HALVES = (0, 1, 0x3FF, 0x400, 0x7C00, 0x7BFF, 0x7C01, 0x7E00, 0x3C00, 0x5800)
SINGLES = (0, 1, 0x7FFFFF, 0x800000, 0x7F800000, 0x7F7FFFFF, 0x7F800001, 0x7FC00000, 0x3F800000, 0xCB000000)
COLD = {"ecall", "ebreak", "mret", "sret", "wfi", "sfence.vma", "hfence.vvma", "hfence.gvma"} | {
    *("cbo.inval", "cbo.clean", "cbo.flush", "cbo.zero")
}
"""What leaves generated code whatever it does; CSR instructions and accesses as a guest, too."""


def integer(random: Random) -> int:
    """Not an address in main memory, other than its first: only that page and `DATA`'s are restored."""
    value = random.choice(INTEGERS) if random.random() < 0.5 else random.getrandbits(random.choice((8, 32, 64)))
    return value ^ 1 << 40 if BASE < value < BASE + (16 << 20) else value


def floating(random: Random) -> int:
    sign = random.getrandbits(1)
    if random.random() < 0.3:
        half = random.choice(HALVES) if random.random() < 0.5 else random.getrandbits(15)
        return M64 << 16 & M64 | half | sign << 15
    if random.random() < 0.5:
        single = random.choice(SINGLES) if random.random() < 0.5 else random.getrandbits(32)
        return (M64 << 32 & M64) | (single ^ sign << 31)
    if random.random() < 0.4:
        return random.choice(DOUBLES) ^ sign << 63
    exponent = random.choice((random.randrange(1000, 1090), random.getrandbits(11)))
    return sign << 63 | exponent << 52 | random.getrandbits(52) & random.choice((M64, M64 << 20, M64 << 48, 0x7))


class Bench:
    """One machine, and one instruction at a time run on both engines from the same state."""

    def __init__(self, engine: object) -> None:
        self.machine = Machine(Config(memory=16 << 20))
        self.machine.reset()
        self.reference, self.native = self.machine.engine, engine
        self.hart = self.machine.harts[0]
        self.offset = DATA - self.machine.ram.base

    def place(self, word: int, size: int) -> None:
        offset = CODE - self.machine.ram.base
        self.machine.ram.write(offset, size, word)
        self.hart.guard.wrote(offset, size)

    def randomise(self, random: Random) -> bytes:
        state = self.hart.state
        for n in range(1, 32):
            state.x[n] = (
                integer(random)
                if random.random() < 0.6
                else DATA + 2048 + random.choice((0, 0, 8, random.randrange(-8, 9)))
            )
        for n in range(32):
            state.f[n] = floating(random)
        state.fcsr = random.randrange(6) << 5 | random.choice((0, 0, 31))
        state.mstatus = random.choice((0, 1, 2, 3, 3, 3)) << status.FS
        state.pc, state.priv, state.virt, state.waiting = CODE, 3, 0, 0
        state.reservation = random.choice((0, DATA + 2048 | 1, DATA + 2048 + 8 | 1))
        self.memory = random.randbytes(4096)
        return bytes(state)

    def run(self, engine: object, before: bytes) -> tuple[bytes, bytes]:
        state = self.hart.state
        ctypes.memmove(ctypes.addressof(state), before, len(before))
        for offset in (0, self.offset):
            self.machine.ram.data[offset : offset + 4096] = self.memory
        self.machine.clock.cycles = 0
        assert engine.run(self.hart, 1)[1] == 1
        return bytes(state), bytes(self.machine.ram.data[self.offset : self.offset + 4096])

    def check(self, word: int, size: int, random: Random) -> int:
        """Run once by reference and twice natively (the second time with warm tables); gives how often it was cold."""
        before = self.randomise(random)
        self.hart.load(DATA, 8)  # LR itself caches no translation
        expected = self.run(self.reference, before)
        for _ in range(2):
            exits = list(self.native.exits)
            found = self.run(self.native, before)
            if found != expected:
                one, other = (type(self.hart.state).from_buffer_copy(state) for state, _ in (expected, found))
                raise AssertionError(f"{word:#x}: {differences(one, other) or 'memory'}")
        return self.native.exits[1] - exits[1] + self.native.exits[2] - exits[2]


@pytest.fixture(scope="module")
def bench(make_engine):
    return Bench(make_engine(Config(memory=16 << 20)))


def is_cold(name: str, extension: str) -> bool:
    return name in COLD or extension in ("Zicsr", "H")


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)
def test_as_the_meaning(bench, instruction):
    random = Random(instruction.name)
    cold = 0
    for _ in range(WORDS):
        free = ((1 << 32) - 1) & ~instruction.pattern.mask
        word = instruction.pattern.match | random.getrandbits(32) & free
        bench.place(word, 4)
        cold += sum(bench.check(word, 4, random) for _ in range(STATES))
    if not is_cold(instruction.name, instruction.extension):
        assert cold < WORDS * STATES * 0.95, "the instruction is never run by generated code"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_compressed_as_the_meaning(bench, form):
    random = Random(form.name)
    for _ in range(WORDS):
        half = form.pattern.match | random.getrandbits(16) & 0xFFFF & ~form.pattern.mask
        if form.matches(half):
            assert expand(form, half)
            bench.place(half, 2)
            for _ in range(STATES):
                bench.check(half, 2, random)
