"""The guest timer interrupt: what raises it, where it goes, and what software sees of it."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.csr.file import BY_NAME
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.proposals import parse
from machine.spec.causes import INTERRUPT_BIT, Cause
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, NOP, STCE, Lab

SIE, NEVER = 2, (1 << 64) - 1
HVGTI = 0x6C0
READ = assemble("csrrs a0, 0x6c0, zero", 0)
VGTIE, VGTIP = 1, 2


def lab_with(text: str = "vgti") -> Lab:
    """A lab with Sstc for the guest, whose timer never rings, and nops to run."""
    lab = Lab(Config(memory=64 << 20, proposals=(parse(text),)))
    for name in ("menvcfg", "henvcfg"):
        lab.csr(name, STCE)
    lab.csr("vstimecmp", NEVER)
    for at in range(CODE, CODE + 4096, 4):
        lab.machine.ram.write(at - lab.machine.ram.base, 4, NOP)
    lab.state.pc = CODE
    return lab


def run(lab: Lab, mode: Mode, cycles: int) -> None:
    lab.mode(mode)
    lab.state.pc = CODE
    lab.machine.step(0, cycles)


def test_it_is_taken_in_hs_mode_at_the_tick() -> None:
    lab = lab_with()
    lab.csr("hvgti", VGTIE)
    lab.set("sstatus", SIE)
    lab.csr("vstimecmp", lab.machine.board.aclint.mtime + 5)
    run(lab, Mode.HS, 51)
    trap = lab.machine.traps.last(1)[0]
    assert (trap.cause, trap.source, trap.target) == (1 << INTERRUPT_BIT | 24, Mode.HS, Mode.HS)
    assert trap.cycle == 50  # five ticks of ten cycles
    assert trap.pc == CODE + 4 * 50


@pytest.mark.parametrize("number", [25, 31, 48, 63])
@pytest.mark.reference_only
def test_its_code_can_be_chosen(number: int) -> None:
    lab = lab_with(f"vgti={number}")
    lab.csr("stvec", HANDLERS["HS"] | 1)
    lab.csr("hvgti", VGTIE)
    lab.set("sstatus", SIE)
    lab.csr("vstimecmp", 0)
    run(lab, Mode.HS, 1)
    assert lab.state.scause == 1 << INTERRUPT_BIT | number
    assert lab.state.pc == HANDLERS["HS"] + 4 * number
    assert lab.csr("hvgti") == number << 8 | VGTIP | VGTIE


def test_a_timer_that_rings_in_the_guest_is_the_guests_alone() -> None:
    lab = lab_with()
    lab.csr("hvgti", VGTIE)
    lab.csr("vstimecmp", lab.machine.board.aclint.mtime + 1)
    run(lab, Mode.VS, 30)
    assert lab.csr("hvgti") & VGTIP == 0
    assert lab.csr("hip") >> 6 & 1
    assert not lab.machine.traps.last(1)


def test_hvip_does_not_count() -> None:
    lab = lab_with()
    lab.csr("hvip", 1 << 6)
    run(lab, Mode.HS, 2)
    assert lab.csr("hvgti") & VGTIP == 0


def test_it_stays_pending_until_it_is_cleared_and_cannot_be_set() -> None:
    lab = lab_with()
    lab.csr("vstimecmp", 0)
    run(lab, Mode.HS, 1)
    lab.csr("vstimecmp", NEVER)
    run(lab, Mode.HS, 1)
    assert lab.csr("hvgti") & VGTIP
    assert lab.csr("mip") >> 24 & 1
    assert lab.csr("hvgti", VGTIE | VGTIP) & 3 == VGTIE | VGTIP
    assert lab.csr("mie") >> 24 & 1
    assert lab.csr("hvgti", 0) & 3 == 0
    assert lab.csr("hvgti", VGTIP) & 3 == 0


def test_disabled_it_is_not_taken() -> None:
    lab = lab_with()
    lab.set("sstatus", SIE)
    lab.csr("vstimecmp", 0)
    run(lab, Mode.HS, 3)
    assert not lab.machine.traps.last(1)
    assert lab.csr("hvgti") & 3 == VGTIP


def test_pending_it_leaves_the_guest_at_once() -> None:
    """As every HS-level interrupt: V=1 does not ask for sstatus.SIE."""
    lab = lab_with()
    lab.csr("hvgti", VGTIE)
    lab.csr("vstimecmp", 0)
    run(lab, Mode.HS, 1)
    run(lab, Mode.VS, 1)
    trap = lab.machine.traps.last(1)[0]
    assert (trap.code, trap.source, trap.target) == (24, Mode.VS, Mode.HS)


def test_nobody_can_delegate_it_elsewhere() -> None:
    lab = lab_with()
    assert lab.csr("mideleg", 0) >> 24 & 1
    assert lab.csr("hideleg", NEVER) >> 24 & 1 == 0
    assert lab.csr("mie", NEVER) >> 24 & 1 == 0


@pytest.mark.parametrize(
    ("mode", "cause"),
    [
        (Mode.M, None),
        (Mode.HS, None),
        (Mode.U, Cause.ILLEGAL_INSTRUCTION),
        (Mode.VS, Cause.VIRTUAL_INSTRUCTION),
        (Mode.VU, Cause.VIRTUAL_INSTRUCTION),
    ],
)
def test_its_register_is_a_hypervisor_csr(mode: Mode, cause: Cause | None) -> None:
    trap = lab_with().execute(READ, mode)
    assert (trap.cause if trap else None) == cause


def test_without_the_proposal_there_is_no_such_register() -> None:
    trap = Lab().execute(READ, Mode.HS)
    assert trap is not None
    assert trap.cause == Cause.ILLEGAL_INSTRUCTION
    assert BY_NAME["hvgti"].number == HVGTI


def test_a_reset_forgets_it() -> None:
    machine = Machine(Config(memory=2 << 20, proposals=(parse("vgti"),)))
    machine.reset()
    state = machine.harts[0].state
    state.lines |= 1 << 24
    machine.reset()
    assert (state.lines >> 24 & 1, state.mie, state.mideleg >> 24 & 1) == (0, 0, 1)
