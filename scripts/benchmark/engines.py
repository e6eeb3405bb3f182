"""Instructions per second of the engine in this process, with nothing around it: neither guest program nor UART.

Both workloads are assembled here: a loop of arithmetic, branches, loads and stores, bare in M-mode, and in VS-mode
through two stages of 4 KiB pages. They need no compiler and no QEMU.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from machine.config import Config
from machine.engines import make_engine
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.spec.modes import Mode
from machine.spec.paging import SV39

__all__ = ["Figure", "measure_all"]

CODE, DATA, PAGES = 0x8020_0000, 0x8040_0000, 64
GUEST_CODE, GUEST_DATA = 0x1000_0000, 0x2000_0000
LEAF, USER_LEAF, POINTER = 0xCF, 0xDF, 1

LOOP = (
    "addi a0, a0, 1",
    "slli a1, a0, 12",
    "and a1, a1, a4",
    "add a2, a3, a1",
    "ld a5, 0(a2)",
    "add a5, a5, a0",
    "sd a5, 8(a2)",
    "xor a6, a6, a5",
    "srli a7, a6, 7",
    "bne a0, zero, -36",
)


@dataclass(frozen=True)
class Figure:
    """One measurement."""

    engine: str
    workload: str
    instructions: int
    seconds: float
    mips: float


class Tables:
    """4 KiB page tables for satp-like registers, in memory behind the data."""

    def __init__(self, machine: Machine) -> None:
        self._ram, self._next = machine.ram, 0x8080_0000

    def root(self) -> int:
        self._next += 0x8000
        return self._next - 0x4000

    def map(self, root: int, virtual: int, physical: int, flags: int) -> None:
        table = root
        for shift in (30, 21):
            slot = table + 8 * (virtual >> shift & (0x7FF if shift == 30 else 0x1FF))
            if not self._ram.read(slot - self._ram.base, 8):
                self._next += 0x1000
                self._ram.write(slot - self._ram.base, 8, (self._next - 0x1000) >> 12 << 10 | POINTER)
            table = self._ram.read(slot - self._ram.base, 8) >> 10 << 12
        slot = table + 8 * (virtual >> 12 & 0x1FF)
        self._ram.write(slot - self._ram.base, 8, physical >> 12 << 10 | flags)


def load(machine: Machine) -> None:
    for place, line in enumerate(LOOP):
        text = f"bne a0, zero, {CODE:#x}" if line.startswith("bne") else line
        machine.ram.write(CODE + 4 * place - machine.ram.base, 4, assemble(text, CODE + 4 * place))


def bare() -> Machine:
    """M-mode, no translation."""
    machine = Machine(Config())
    machine.reset()
    load(machine)
    hart = machine.harts[0]
    hart.state.pc, hart.x[13], hart.x[14] = CODE, DATA, (PAGES - 1) << 12
    return machine


def guest() -> Machine:
    """VS-mode under Sv39 over Sv39x4, all pages of 4 KiB."""
    machine = bare()
    hart, tables = machine.harts[0], Tables(machine)
    g, vs = tables.root(), tables.root()
    for offset in range(0, 0x100_0000, 4096):
        tables.map(g, 0x8000_0000 + offset, 0x8000_0000 + offset, USER_LEAF)
    tables.map(vs, GUEST_CODE, CODE, LEAF)
    for page in range(PAGES):
        tables.map(vs, GUEST_DATA + 4096 * page, DATA + 4096 * page, LEAF)
    state = hart.state
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    state.hgatp, state.vsatp = SV39 << 60 | 1 << 44 | g >> 12, SV39 << 60 | vs >> 12
    state.priv, state.virt, state.pc = Mode.VS.privilege, Mode.VS.virtual, GUEST_CODE
    hart.x[13] = GUEST_DATA
    hart.context_changed()
    return machine


WORKLOADS = {"bare M-mode loop": bare, "VS-mode loop, two stages of 4 KiB pages": guest}


def measure(workload: str, seconds: float, engine: str) -> Figure:
    machine = WORKLOADS[workload]()
    machine.engine = make_engine(engine, machine.config)
    hart = machine.harts[0]
    machine.run(20_000)
    before, start = hart.state.minstret, time.perf_counter()
    while time.perf_counter() - start < seconds:
        machine.run(50_000)
    spent = time.perf_counter() - start
    done = hart.state.minstret - before
    assert hart.state.trap_count == 0, "the workload trapped: its tables are wrong"
    return Figure(machine.engine.name, workload, done, spent, done / spent / 1e6)


def measure_all(seconds: float, engine: str) -> list[Figure]:
    """Each of `WORKLOADS` for about ``seconds``."""
    return [measure(workload, seconds, engine) for workload in WORKLOADS]
