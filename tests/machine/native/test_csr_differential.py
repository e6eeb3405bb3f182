"""Every CSR number, every form of CSR instruction, every mode: native against reference, on states at random.

What is compared is the whole flat block and the record of the trap, if there was one.
"""

from __future__ import annotations

import ctypes
from random import Random

import pytest

from machine.config import Config
from machine.csr.access import named, registers
from machine.csr.file import BY_NUMBER
from machine.isa.encode import encode
from machine.machine import Machine
from machine.spec import status
from machine.spec.modes import Mode
from tests.machine.native.twin import differences

CODE = 0x8000_4000
M64 = (1 << 64) - 1
FORMS = ("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")
SHAPES = [(name, rd, source) for name in FORMS for rd in (0, 10) for source in (0, 11)]
"""An instruction of each kind, from and to x0 (or with the constant 0) and not."""
STATES = 3
ABSENT = (
    0x000,
    0x109,
    0x145,
    0x20B,
    0x7A0,
    0x7B0,
    0x5C0,
    0x6FF,
    0x800,
    0x9C0,
    0xA00,
    0xBC0,
    0xC80,
    0xCC0,
    0xDFF,
    0xFFF,
)
"""Of each privilege, read-only and not, standard and custom: numbers that no register has."""
DECIDING = (
    *("mcounteren", "scounteren", "hcounteren", "menvcfg", "henvcfg", "senvcfg", "hstatus", "mstatus", "vsstatus"),
    *("medeleg", "mideleg", "hedeleg", "hideleg", "mip", "hvip", "mtvec", "stvec", "vstvec", "mcountinhibit", "hgeie"),
    *("mepc", "sepc", "vsepc", "mcause", "scause", "vscause", "mtval", "stval", "vstval", "mscratch", "sscratch"),
    *("vsscratch", "htval", "htinst", "htimedelta", "mcycle", "minstret", "stimecmp", "vstimecmp", "fcsr"),
)
"""What access and value depend on, and what traps overwrite."""
BOUNDARIES = (0, 1, 2, M64, M64 - 1, 1 << 63, (1 << 63) - 1, 0x222, 0x444, 0x1444, 8 << 60, 9 << 60, 3 << 13, 1 << 39)
PMP = range(0x3A0, 0x3F0)


class Differential:
    """One machine, whose hart is put into a state and runs one instruction on each engine."""

    def __init__(self, engine: object) -> None:
        self.machine = Machine(Config(memory=1 << 20))
        self.machine.reset()
        self.engines = (self.machine.engine, engine, engine)
        self.hart = self.machine.harts[0]
        self.state = self.hart.state

    def randomise(self, random: Random) -> bytes:
        """A state with every bit that decides about an access at random, as far as it is legal."""
        self.hart.reset(CODE)
        for name in DECIDING:
            value = random.choice(BOUNDARIES) if random.random() < 0.3 else random.getrandbits(64)
            named(self.hart, name).write(self.hart, value)
        self.state.mstatus &= ~(1 << status.MPRV)
        if random.random() < 0.5:
            self.state.mstatus |= 1 << status.FS
            self.state.vsstatus |= 1 << status.FS
        self.state.mie = random.getrandbits(13) & 0x1EEE if random.random() < 0.2 else 0
        self.state.satp = self.state.vsatp = self.state.hgatp = 0
        self.state.pmpaddr0, self.state.pmpcfg0 = (1 << 54) - 1, 0x1F
        return bytes(self.state)

    def place(self, number: int) -> None:
        """All forms, one behind the other."""
        for place, (name, rd, source) in enumerate(SHAPES):
            immediate = name.endswith("i")
            operands = {"imm": source} if immediate else {"rs1": source}
            offset = CODE - self.machine.ram.base + 4 * place
            self.machine.ram.write(offset, 4, encode(name, rd=rd, csr=number, **operands))
            self.machine.guard.wrote(offset, 4)

    def run(self, engine: object, before: bytes) -> tuple[bytes, list[object]]:
        ctypes.memmove(ctypes.addressof(self.state), before, len(before))
        self.machine.clock.cycles = 12_345
        self.machine.traps.clear()
        self.hart.context_changed()
        self.hart.events.refresh()
        assert engine.run(self.hart, 1)[1] <= 1
        return bytes(self.state), self.machine.traps.last(5)

    def check(self, number: int, seed: int) -> int:
        """Every form in every mode; gives how many cases that were."""
        random = Random(seed << 12 | number)
        self.place(number)
        states = [self.randomise(random) for _ in range(STATES)]
        cases = 0
        for place in range(len(SHAPES)):
            for mode in Mode:
                ctypes.memmove(ctypes.addressof(self.state), random.choice(states), len(states[0]))
                self.state.pc, self.state.priv, self.state.virt = CODE + 4 * place, mode.privilege, mode.virtual
                value = random.choice(BOUNDARIES) if random.random() < 0.5 else random.getrandbits(64)
                self.state.x[11], self.state.x[10] = value, 0x55
                before = bytes(self.state)
                outcomes = []
                for engine in self.engines:
                    outcomes.append(self.run(engine, before))
                    if number in PMP:
                        self.hart.forget_translations()
                cases += 1
                for found in outcomes[1:]:
                    assert found == outcomes[0], self.report(number, SHAPES[place], mode, before, outcomes[0], found)
        return cases

    def report(self, number: int, shape: object, mode: Mode, before: bytes, expected: object, found: object) -> str:
        kind = type(self.state)
        lines = differences(kind.from_buffer_copy(expected[0]), kind.from_buffer_copy(found[0]))
        start = kind.from_buffer_copy(before)
        return f"CSR {number:#x} {shape} in {mode.name}, rs1={start.x[11]:#x}: {lines}; {expected[1]} / {found[1]}"


@pytest.fixture(scope="module")
def differential(make_engine):
    return Differential(make_engine(Config(memory=1 << 20)))


@pytest.mark.parametrize("group", range(0, 0x1000, 0x100), ids="{:#x}".format)
def test_every_csr_in_every_mode(differential, group):
    numbers = [n for n in (*BY_NUMBER, *ABSENT) if group <= n < group + 0x100]
    cases = sum(differential.check(number, seed=1) for number in sorted(numbers))
    assert cases == len(numbers) * len(SHAPES) * len(Mode)


def test_none_is_left_out(differential):
    there = {register.number for register in registers(differential.hart)}
    assert there <= set(BY_NUMBER)
    assert not set(ABSENT) & there
    assert len(there) > 100
