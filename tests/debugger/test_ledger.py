"""The vCPU guest with a planted bug, as gdb's user finds it."""

from __future__ import annotations

import json

from gdbstub.scripting import Prompt
from tests.debugger.conftest import Again

DESCRIBE = 'eval "monitor ledger describe %#lx %#lx", &vcpu.irqs_pending, &vcpu.irqs_pending_mask'


def describe(session: Prompt) -> None:
    session.command("thread 2")
    session.command(DESCRIBE)


def test_gdb_stops_where_an_interrupt_is_lost(again: Again) -> None:
    gdb = again("vcpu_stale_hvip", "--harts", "2")
    describe(gdb)
    gdb.command("monitor catch lost-interrupt")
    assert "SIGTRAP" in gdb.run("continue")
    found = json.loads(gdb.command("monitor ledger 50 --json"))
    [wrong] = [entry for entry in found["entries"] if entry["wrong"]]
    assert (wrong["fate"], wrong["where"], wrong["hart"]) == ("overwritten", "bitmap", 1)
    assert wrong["author"]["text"].startswith("amoor.d")
    line = gdb.command(f"info line *{wrong['author']['pc']:#x}")
    assert "vcpu_set_interrupt" in line
    assert "scheme.h" in line
    assert "lost: overwritten from a stale copy" in gdb.command("monitor ledger 50")


def test_the_bitmaps_beside_the_registers(again: Again) -> None:
    gdb = again("vcpu", "--harts", "2")
    describe(gdb)
    gdb.command("tbreak vcpu_flush_interrupts")
    gdb.command("tbreak guest_main")
    gdb.run("continue")
    gdb.command("thread 2")
    gdb.command("monitor inject vsei")
    gdb.command("monitor inject vssi --clear")
    shown = json.loads(gdb.command("monitor vcpu 1 --json"))
    assert shown["columns"]["hvip"] == shown["columns"]["pending"] == 1 << 10
    assert shown["columns"]["mask"] == 0
    assert {"its own pending", "its own mask", "hip", "hie", "hideleg", "vsip", "vsie"} <= set(shown["columns"])
    text = gdb.command("monitor vcpu 1")
    assert "the next flush changes nothing (now 0x400: VSEI)" in text
    gdb.command("monitor csr hideleg 0")
    assert "hideleg is clear for VSEI: vsip and vsie read 0 there" in gdb.command("monitor vcpu 1")
