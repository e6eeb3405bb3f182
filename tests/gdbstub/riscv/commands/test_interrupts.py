"""``monitor interrupts`` and ``monitor inject``."""

from __future__ import annotations

from typing import Any

import pytest

from machine.spec import status
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from tests.gdbstub.riscv.commands.conftest import Guest, Terminal
from tests.lab import CODE, NOP, STCE

GUEST_INTERRUPTS = 0x444


def one(monitor: Terminal, name: str) -> dict[str, Any]:
    states = monitor.json("interrupts")["interrupts"]
    return next(state for state in states if state["interrupt"] == name)


def test_quiet(monitor: Terminal) -> None:
    states = monitor.json("interrupts")["interrupts"]
    assert [state["number"] for state in states] == [1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13]
    assert {state["verdict"] for state in states} == {"quiet"}
    assert {state["interrupt"]: state["target"] for state in states}["MTI"] == "M"
    assert {state["interrupt"]: state["target"] for state in states}["SGEI"] == "HS"


def test_where_a_guest_interrupt_shows(lab: Guest, monitor: Terminal) -> None:
    lab.csr("hvip", 1 << Interrupt.VSTI)
    state = one(monitor, "VSTI")
    assert (state["pending_in"], state["enabled_in"], state["target"]) == (["mip", "hip"], [], "HS")
    assert (state["verdict"], state["obstacle"]) == ("disabled", "mie.VSTIE=0")
    lab.csr("hideleg", GUEST_INTERRUPTS)
    lab.csr("hie", GUEST_INTERRUPTS)
    state = one(monitor, "VSTI")
    assert state["pending_in"] == ["mip", "hip", "vsip"]
    assert state["enabled_in"] == ["mie", "hie", "vsie"]
    assert (state["target"], state["verdict"], state["obstacle"]) == ("VS", "masked", "the hart is in M-mode")


@pytest.mark.parametrize(
    ("mode", "sie", "verdict", "obstacle"),
    [
        (Mode.VU, 0, "taken", ""),
        (Mode.VS, 1, "taken", ""),
        (Mode.VS, 0, "masked", "vsstatus.SIE=0"),
        (Mode.HS, 1, "masked", "the hart is in HS-mode"),
    ],
)
def test_whether_it_is_taken_is_what_the_hart_does(
    lab: Guest, monitor: Terminal, mode: Mode, sie: int, verdict: str, obstacle: str
) -> None:
    lab.csr("hideleg", GUEST_INTERRUPTS)
    lab.csr("hie", GUEST_INTERRUPTS)
    lab.csr("vsstatus", sie << status.SIE)
    lab.csr("hvip", 1 << Interrupt.VSEI)
    lab.mode(mode)
    state = one(monitor, "VSEI")
    assert (state["verdict"], state["obstacle"]) == (verdict, obstacle)
    taken = lab.execute(NOP, mode, at=CODE + 4096 if mode is Mode.VU else CODE)
    assert (taken is not None) == (verdict == "taken")


def test_priority(lab: Guest, monitor: Terminal) -> None:
    lab.csr("hideleg", GUEST_INTERRUPTS)
    lab.csr("hie", GUEST_INTERRUPTS)
    lab.csr("hvip", GUEST_INTERRUPTS)
    lab.mode(Mode.VU)
    assert one(monitor, "VSEI")["verdict"] == "taken"
    assert (one(monitor, "VSSI")["verdict"], one(monitor, "VSSI")["obstacle"]) == ("behind", "VSEI comes first")
    assert "waits: VSEI comes first" in monitor.text("interrupts")


def test_sources(lab: Guest, monitor: Terminal) -> None:
    lab.csr("menvcfg", STCE)
    lab.csr("henvcfg", STCE)
    lab.csr("hstatus", 5 << status.HSTATUS_VGEIN)
    lab.csr("hgeie", 1 << 5 | 1 << 6)
    lab.state.hgeip = 1 << 5 | 1 << 7
    lab.csr("mip", 1 << Interrupt.SSI | 1 << Interrupt.SEI)
    lab.csr("hvip", 1 << Interrupt.VSSI)
    lab.machine.board.aclint.write(0, 4, 1)
    sources = {state["interrupt"]: state["sources"] for state in monitor.json("interrupts")["interrupts"]}
    assert sources == {
        "SSI": ["mip.SSIP"],
        "VSSI": ["hvip.VSSIP"],
        "MSI": ["MSI wire"],
        "STI": ["stimecmp"],
        "VSTI": ["vstimecmp"],
        "MTI": [],
        "SEI": ["mip.SEIP"],
        "VSEI": ["hgeip[5] by hstatus.VGEIN"],
        "MEI": [],
        "SGEI": ["hgeip[5]"],
        "LCOFI": [],
    }
    assert monitor.json("interrupts")["hgeip"] == 1 << 5 | 1 << 7
    lines = monitor.text("interrupts").splitlines()
    assert lines[0] == "hart 0 in M-mode"
    assert lines[1].split("  ")[0] == "interrupt"


@pytest.mark.parametrize("irq", ["vsti", "VSTIP", "6"])
def test_injected_and_taken(lab: Guest, monitor: Terminal, irq: str) -> None:
    lab.csr("hideleg", GUEST_INTERRUPTS)
    lab.csr("hie", GUEST_INTERRUPTS)
    lab.mode(Mode.VU)
    found = monitor.json(f"inject {irq}")
    assert (found["interrupt"], found["pending"], found["verdict"], found["hvip"]) == ("VSTI", True, "taken", 1 << 6)
    record = lab.execute(NOP, Mode.VU, at=CODE + 4096)
    assert record is not None
    assert (record.interrupt, record.code, record.target) == (True, Interrupt.VSTI, Mode.VS)


def test_withdrawn(lab: Guest, monitor: Terminal) -> None:
    monitor.text("inject vssi")
    monitor.text("inject vsei")
    assert "VSSI (2) is not pending any more: hvip=0x400" in monitor.text("inject vssi --clear")
    assert lab.csr("hvip") == 1 << Interrupt.VSEI


def test_withdrawn_but_asserted_by_another(lab: Guest, monitor: Terminal) -> None:
    lab.csr("menvcfg", STCE)
    lab.csr("henvcfg", STCE)
    assert "VSTI (6) is pending (vstimecmp, hvip=0x0)" in monitor.text("inject vsti --clear")


def test_supervisor_software_interrupt(lab: Guest, monitor: Terminal) -> None:
    lab.csr("mip", 1 << Interrupt.SEI)
    text = monitor.text("inject ssi")
    assert "SSI (1) is pending (mip.SSIP, mip=0x202), for HS-mode: waits: mie.SSIE=0" in text
    monitor.text("inject 1 --clear")
    assert lab.csr("mip") == 1 << Interrupt.SEI, "other bits stay"


@pytest.mark.parametrize("irq", ["mti", "7", "SEI", "sgei", "12"])
def test_what_only_hardware_raises(lab: Guest, monitor: Terminal, irq: str) -> None:
    sentence = monitor.error(f"inject {irq}")
    assert "is raised by hardware" in sentence
    assert "choose SSI (1), VSSI (2), VSTI (6), VSEI (10)" in sentence
    assert lab.csr("mip") == 0


def test_the_selected_hart_gets_it(pair: Terminal) -> None:
    pair.text("inject vssi")
    assert [hart.state.hvip for hart in pair.machine.harts] == [0, 4]
