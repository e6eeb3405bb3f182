"""Proposals and timers' latencies under a stock gdb."""

from __future__ import annotations

import json
from pathlib import Path

from tests.debugger.conftest import Again


def test_vgti_interrupts_the_hypervisors_work(again: Again) -> None:
    gdb = again("timer", "--proposal", "vgti")
    assert "vgti (on, 24)" in gdb.command("monitor proposals")
    gdb.command("tbreak handle_host_trap if ($scause >> 63) != 0")
    gdb.run("continue")
    assert gdb.value("(unsigned long)$scause & 0xff") == "24"
    assert "VGTIP VGTIE" in gdb.value("$hvgti") or "VGTIE VGTIP" in gdb.value("$hvgti")
    assert "interrupt 24 in HS-mode" in gdb.command("monitor why")


def test_catch_vs_timer_pending_stops_in_the_hypervisors_work(again: Again) -> None:
    gdb = again("timer")
    gdb.command("monitor catch vs-timer-pending")
    places = set()
    for _ in range(8):
        assert "hip.VSTIP rising by vstimecmp while V=0: HS-mode runs, vmid" in gdb.run("continue")
        places.add(gdb.stop["frame"]["func"])
    assert "work" in places, places
    assert "VSTIP" in gdb.value("$hip")


def test_timer_latency_is_measured_and_drawn(again: Again, tmp_path: Path) -> None:
    gdb = again("timer")
    gdb.command("monitor timer latency on")
    gdb.command("tbreak ring")
    gdb.run("continue")
    gdb.command("monitor catch vs-timer-pending")
    for _ in range(3):
        gdb.run("continue")
    gdb.command("monitor catch none")
    gdb.command("tbreak ring")
    gdb.run("continue")
    measured = json.loads(gdb.command("monitor timer latency --json"))
    assert measured["on"]
    assert measured["guests"][0]["waits"]["delivered"]["count"] >= 1
    assert "until" in gdb.command(f"monitor timer latency --svg {tmp_path / 'x.svg'}")
    assert (tmp_path / "x.svg").read_text().startswith("<?xml")
    gdb.command("monitor timer latency off")


def test_the_first_list_traps_wfi_and_why_says_so(again: Again) -> None:
    gdb = again("idle", "--proposal", "virtual-instruction-2020")
    gdb.command("monitor virtual-instructions on")
    gdb.command("monitor catch virtual-instruction")
    gdb.run("continue")
    assert "virtual-instruction-2020, as first proposed" in gdb.command("monitor why")
    assert gdb.value("$vi_reason") == "V_WFI_2020"
    gdb.run("continue")
    counted = json.loads(gdb.command("monitor virtual-instructions --json"))["rules"]
    assert [(rule["vmid"], rule["reason"], rule["trapped"], rule["returned"]) for rule in counted] == [
        (1, "V_WFI_2020", 2, 1)
    ]
