"""A small machine with a guest in VS-mode, vmid 7: enough of a world to look at from a debugger."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gdbstub.riscv.target import RiscvTarget
from machine.config import Config
from machine.csr.file import BY_NAME
from machine.hart.hart import Hart
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.spec.modes import Mode

DRAM = 0x8000_0000
HANDLER = DRAM + 0x400
SPIN = DRAM + 0x800
G_TABLE, VS_TABLE = DRAM + 0x1_0000, DRAM + 0x2_0000
GUEST = 0x4000_0000  # guest virtual; guest physical 0; physical DRAM
COUNTER = GUEST + 0x1000
SRET, STORE = GUEST + 4, GUEST + 8
VMID = 7

GUEST_CODE = ("addi a0,a0,1", "sret", "sd a0,0(s1)", f"jal zero,{GUEST:#x}")
HANDLER_CODE = ("csrrs t0,sepc,zero", "addi t0,t0,4", "csrrw zero,sepc,t0", "sret")
SPIN_CODE = ("addi a0,a0,1", f"jal zero,{SPIN:#x}")

POINTER = 0x1
SUPERVISOR, USER = 0xCF, 0xDF  # leaves V R W X A D, without and with U


def code(lines: Sequence[str], base: int) -> bytes:
    """Instructions of four bytes each."""
    words = (assemble(line, base + 4 * i, lambda name: _number(name)) for i, line in enumerate(lines))
    return b"".join(word.to_bytes(4, "little") for word in words)


def _number(name: str) -> int | None:
    return BY_NAME[name].number if name in BY_NAME else None


def set_entry(machine: Machine, table: int, index: int, target: int, flags: int) -> None:
    """Write a page-table entry that leads to physical (or guest physical) address ``target``."""
    machine.ram.write(table + 8 * index - DRAM, 8, target >> 12 << 10 | flags)


def boot(machine: Machine) -> None:
    """Hart 0 enters the guest, whose SRET traps to HS-mode (VTSR); the others count in M-mode."""
    machine.ram.load(DRAM, code(GUEST_CODE, GUEST))
    machine.ram.load(HANDLER, code(HANDLER_CODE, HANDLER))
    machine.ram.load(SPIN, code(SPIN_CODE, SPIN))
    set_entry(machine, G_TABLE, 0, DRAM, USER)  # a leaf of 1 GiB: guest physical 0 is DRAM
    set_entry(machine, VS_TABLE, GUEST >> 30, 0, SUPERVISOR)
    for hart in machine.harts[1:]:
        hart.state.pc = SPIN
    enter_guest(machine.harts[0])


def enter_guest(hart: Hart) -> None:
    """All registers that the guest needs."""
    state = hart.state
    state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
    state.medeleg, state.stvec = 1 << 22, HANDLER
    state.hstatus |= 1 << 22
    state.hgatp = 8 << 60 | VMID << 44 | G_TABLE >> 12
    state.vsatp = 8 << 60 | (VS_TABLE - DRAM) >> 12
    state.pc, hart.x[9] = GUEST, COUNTER
    state.priv, state.virt = Mode.VS.privilege, Mode.VS.virtual
    hart.forget_translations()
    hart.context_changed()


def make(harts: int = 1) -> Machine:
    """A machine that has just been reset."""
    machine = Machine(Config(memory=2 << 20, harts=harts))
    machine.boot = boot
    machine.reset()
    return machine


@pytest.fixture
def machine() -> Machine:
    return make()


@pytest.fixture
def hart(machine: Machine) -> Hart:
    return machine.harts[0]


@pytest.fixture
def target(machine: Machine) -> RiscvTarget:
    return RiscvTarget(machine)


@pytest.fixture
def pair() -> RiscvTarget:
    """Two harts: thread 1 in the guest, thread 2 counting in M-mode."""
    return RiscvTarget(make(harts=2))
