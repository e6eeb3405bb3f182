"""monitor proposals, timer latency, virtual-instructions, catch vs-timer-pending; why under either list."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.isa.encode import encode
from machine.machine import Machine
from machine.proposals import PROPOSALS, parse
from machine.run_exit import ExitReason
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from tests.gdbstub.riscv.commands.conftest import Guest, Terminal
from tests.lab import Lab

GUESTS = Path(__file__).resolve().parents[4] / "gdbstub" / "guests"
SVG = "{http://www.w3.org/2000/svg}svg"


def booted(guest: str, *proposals: str) -> Terminal:
    machine = Machine(Config(memory=32 << 20, proposals=tuple(map(parse, proposals))))
    Boot(load_image(GUESTS / f"{guest}.elf"), builtin=True).install(machine)
    machine.reset()
    return Terminal(machine)


def test_all_proposals_are_listed_and_off(monitor: Terminal) -> None:
    listed = monitor.json("proposals")
    assert {entry["name"] for entry in listed} == set(PROPOSALS)
    assert not any(entry["on"] for entry in listed)
    assert "vgti (off)" in monitor.text("proposals")


def test_what_is_on_is_said_with_its_number() -> None:
    terminal = booted("idle", "vgti=49", "virtual-instruction-2020")
    listed = {entry["name"]: entry for entry in terminal.json("proposals")}
    assert (listed["vgti"]["on"], listed["vgti"]["number"]) == (True, 49)
    assert listed["virtual-instruction-2020"]["on"]
    assert "vgti (on, 49)" in terminal.text("proposals")
    assert terminal.json("csr hvgti")["value"] == 49 << 8


def test_why_names_the_ratified_list(lab: Guest, monitor: Terminal) -> None:
    lab.execute(encode("hlv.d", rd=10, rs1=11), Mode.VS)
    assert "list        ratified (H 1.0)" in monitor.text("why")
    assert monitor.json("why")["list"] == "ratified (H 1.0)"


def test_why_names_the_list_of_2020() -> None:
    lab = Lab(Config(memory=64 << 20, proposals=(parse("virtual-instruction-2020"),)))
    lab.execute(encode("wfi"), Mode.VU)
    text = Terminal(lab.machine).text("why")
    assert "virtual-instruction-2020, as first proposed in May 2020" in text
    assert "V=1" in text
    assert "WFI with V=1 traps" in text


def test_why_names_no_list_where_none_had_a_say(lab: Guest, monitor: Terminal) -> None:
    lab.load(0x7777_7000, Mode.VS)
    assert "\nlist" not in monitor.text("why")
    assert monitor.json("why")["list"] == ""


def test_why_explains_a_guest_timer_interrupt() -> None:
    terminal = booted("timer", "vgti")
    assert "interrupt 24" in terminal.text("catch trap interrupt 24")
    assert terminal.machine.run(3_000_000).reason is ExitReason.CAUGHT
    assert "interrupt 24 in HS-mode" in terminal.text("why")
    assert "still asserted" in terminal.text("why")


def test_what_stands_behind_a_guest_timer_interrupt_says_so() -> None:
    lab = Lab(Config(memory=64 << 20, proposals=(parse("vgti"),)))
    lab.csr("hideleg", 1 << 2)
    lab.csr("mie", 1 << 2)
    lab.csr("hvip", 1 << 2)
    lab.state.lines |= 1 << 24
    lab.csr("hvgti", 3)
    lab.mode(Mode.VS)
    lab.csr("vsstatus", 2)
    assert "24 comes first" in Terminal(lab.machine).text("interrupts")


def test_timer_latency_is_off_then_on(monitor: Terminal) -> None:
    assert "'monitor timer latency on' begins" in monitor.text("timer latency")
    assert "no guest's timer has rung yet" in monitor.text("timer latency on")
    assert monitor.json("timer latency") == {"on": True, "guests": []}
    assert monitor.json("timer latency off")["on"] is False


def test_timer_latency_by_vmid(tmp_path: Path) -> None:
    terminal = booted("timer")
    terminal.text("timer latency on")
    terminal.machine.run(300_000)
    guests = {guest["vmid"]: guest for guest in terminal.json("timer latency")["guests"]}
    assert set(guests) == {1, 2}
    for guest in guests.values():
        delivered = guest["waits"]["delivered"]
        assert delivered["count"] == guest["fates"]["delivered"]
        assert sum(delivered["histogram"].values()) == delivered["count"]
        numbers = delivered["instructions"]
        assert 0 <= numbers["p50"] <= numbers["p99"] <= numbers["max"] == delivered["longest"]["instructions"]
    text = terminal.text("timer latency")
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "vmid 1: VSTIP rose" in text
    path = tmp_path / "latency.svg"
    terminal.text(f"timer latency --svg {path}")
    root = ElementTree.parse(path).getroot()
    assert root.tag == SVG
    assert "vmid 1, delivered" in path.read_text()
    terminal.text("timer latency clear")
    assert terminal.json("timer latency")["guests"] == []


def test_a_picture_without_measurements_is_drawn_too(monitor: Terminal, tmp_path: Path) -> None:
    monitor.text(f"timer latency --svg {tmp_path / 'empty.svg'}")
    assert ElementTree.parse(tmp_path / "empty.svg").getroot().tag == SVG


def test_a_picture_that_cannot_be_written_is_one_sentence(monitor: Terminal, tmp_path: Path) -> None:
    assert "give --svg another file" in monitor.error(f"timer latency --svg {tmp_path / 'none' / 'x.svg'}")


def test_virtual_instructions_by_vmid_and_rule() -> None:
    terminal = booted("hypervisor")
    assert "'monitor virtual-instructions on' begins" in terminal.text("virtual-instructions")
    assert "no guest has raised" in terminal.text("virtual-instructions on")
    terminal.machine.run(200_000)
    rules = terminal.json("virtual-instructions")["rules"]
    sret = next(rule for rule in rules if rule["rule"] == "H_virtinst_vs_sret_vtsr1")
    assert (sret["vmid"], sret["from"], sret["exception"]) == (7, "VS", "virtual-instruction")
    assert sret["trapped"] == sret["returned"] > 0
    assert 0 < sret["instructions"]["p50"] <= sret["instructions"]["max"]
    text = terminal.text("virtual-instructions")
    assert "H_virtinst_vs_sret_vtsr1" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert terminal.json("virtual-instructions clear")["rules"] == []
    assert terminal.json("virtual-instructions off")["on"] is False


def test_catch_vs_timer_pending_adds_to_what_is_caught(monitor: Terminal) -> None:
    assert "VSTIP rising while V=0" in monitor.text("catch vs-timer-pending")
    assert monitor.json("catch")["vs_timer_pending"]
    assert "Nothing is caught" in monitor.text("catch none")


def test_without_the_library_a_picture_is_refused(monitor: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["gdbstub.riscv.commands.timer_latency"]  # the package's name of it is the command's
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert "pip install 'hartbreak[pictures]'" in monitor.error("timer latency --svg x.svg")


def test_caught_where_the_hypervisor_works() -> None:
    terminal = booted("timer")
    terminal.text("catch vs-timer-pending")
    ended = terminal.machine.run(1_000_000)
    assert ended.reason is ExitReason.CAUGHT
    hart = terminal.machine.harts[0]
    assert (hart.mode, hart.state.hvip) == (Mode.HS, 0)
