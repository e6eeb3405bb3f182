"""``monitor traps`` and ``monitor catch …``."""

from __future__ import annotations

import pytest

from machine.csr.file import BY_NAME
from machine.isa.encode import encode
from machine.observe.catch import WorldSwitch
from machine.run_exit import ExitReason
from machine.spec.causes import INTERRUPT_BIT, Cause, Interrupt
from machine.spec.modes import Mode
from tests.gdbstub.riscv.commands.conftest import GUEST_PAGE, GUEST_PHYSICAL, PAGE, VMID, Guest, Terminal
from tests.lab import CODE, HANDLERS


def test_nothing_yet(monitor: Terminal) -> None:
    assert monitor.text("traps") == "No trap has been taken since reset.\n"
    assert monitor.json("traps") == []


def test_each_trap_with_its_values(lab: Guest, monitor: Terminal) -> None:
    lab.execute(encode("csrrs", rd=10, csr=BY_NAME["hstatus"].number, rs1=0), Mode.VS)
    lab.g.map(GUEST_PHYSICAL, PAGE, 0)
    lab.load(GUEST_PAGE, Mode.VS)
    first, second = monitor.json("traps")
    expected = {"count": 1, "cause": "virtual-instruction", "from": "VS", "to": "HS", "pc": CODE}
    assert expected.items() <= first.items()
    assert first["rule"] == "H_virtinst_vu_vs_nonhigh_allowedhs_tvm0"
    assert first["instruction"] == "csrrs a0,hstatus,zero"
    assert (second["tval"], second["gpa"]) == (GUEST_PAGE, GUEST_PHYSICAL)
    lines = monitor.text("traps").splitlines()
    assert lines[0].split() == ["#", "cycle", "hart", "cause", "modes", "pc", "tval", "gpa"]
    assert lines[1].split()[3:] == ["virtual-instruction", "VS", "->", "HS", f"{CODE:#x}", f"{first['tval']:#x}", "-"]
    assert lines[2].strip() == "csrrs a0,hstatus,zero   rule H_virtinst_vu_vs_nonhigh_allowedhs_tvm0"
    assert lines[3].split()[-1] == f"{GUEST_PHYSICAL:#x}"
    assert lines[4].strip() == "ld a0,0(a1)"
    for title, value in (("pc", f"{CODE:#x}"), ("modes", "VS -> HS"), ("gpa", "-")):
        assert lines[1][lines[0].index(title) :].startswith(value), "columns stand under their titles"


def test_the_last_n(lab: Guest, monitor: Terminal) -> None:
    for _ in range(12):
        lab.execute(encode("ecall"), Mode.VS)
    assert [trap["count"] for trap in monitor.json("traps")] == list(range(3, 13))
    assert [trap["count"] for trap in monitor.json("traps 2")] == [11, 12]


CAUSES = [
    ("virtual-instruction", Cause.VIRTUAL_INSTRUCTION),
    ("VIRTUAL_INSTRUCTION", Cause.VIRTUAL_INSTRUCTION),
    ("22", Cause.VIRTUAL_INSTRUCTION),
    ("ecall-vs", Cause.ECALL_VS),
    ("interrupt vsti", 1 << INTERRUPT_BIT | Interrupt.VSTI),
    ("interrupt 6", 1 << INTERRUPT_BIT | Interrupt.VSTI),
    ("VSTI", 1 << INTERRUPT_BIT | Interrupt.VSTI),
]


@pytest.mark.parametrize(("typed", "value"), CAUSES)
def test_names_of_causes(monitor: Terminal, typed: str, value: int) -> None:
    monitor.text(f"catch trap {typed}")
    assert monitor.machine.catches.causes == {value}


@pytest.mark.parametrize("typed", ["ecall-svs", "14", "interrupt 4", "interrupt", "interrupt vsxi", "-1"])
def test_causes_that_do_not_exist(monitor: Terminal, typed: str) -> None:
    sentence = monitor.error(f"catch trap -- {typed}")
    assert f"there is no cause '{typed}'" in sentence
    assert "'monitor catch trap --help' lists them" in sentence
    assert not monitor.machine.catches.causes


def test_catches_add_up_and_go(monitor: Terminal) -> None:
    assert monitor.text("catch").startswith("Nothing is caught")
    monitor.text("catch virtual-instruction")
    monitor.text("catch trap interrupt vsti")
    text = monitor.text("catch world-switch")
    assert text == "Caught: virtual-instruction, interrupt VSTI, world switches\n"
    others = {"vs_timer_pending": False, "lost_interrupt": False}
    caught = {"causes": ["virtual-instruction", "interrupt VSTI"], "world_switch": True}
    assert monitor.json("catch") == caught | others
    assert monitor.json("catch none") == {"causes": [], "world_switch": False} | others


def run_in_guest(lab: Guest, word: int) -> None:
    lab.machine.ram.write(CODE - lab.machine.ram.base, 4, word)
    lab.mode(Mode.VS)
    lab.state.pc = CODE


def test_a_caught_trap_stops_at_the_handler(lab: Guest, monitor: Terminal) -> None:
    monitor.text("catch trap ecall-vs")
    run_in_guest(lab, encode("ecall"))
    ended = lab.machine.run(1000)
    assert ended.reason is ExitReason.CAUGHT
    assert (lab.state.pc, lab.hart.mode) == (HANDLERS["HS"], Mode.HS)
    assert monitor.json("why")["cause"] == "ecall-vs"


def test_a_world_switch_stops_behind_it(lab: Guest, monitor: Terminal) -> None:
    run_in_guest(lab, encode("ecall"))
    monitor.text("catch world-switch")
    ended = lab.machine.run(1000)
    assert ended.detail == WorldSwitch(Mode.VS, Mode.HS, VMID)
    assert lab.state.pc == HANDLERS["HS"]


def test_nothing_caught_nothing_stops(lab: Guest, monitor: Terminal) -> None:
    monitor.text("catch trap ecall-vs")
    monitor.text("catch none")
    run_in_guest(lab, encode("ecall"))
    assert lab.machine.run(1).reason is ExitReason.BUDGET
