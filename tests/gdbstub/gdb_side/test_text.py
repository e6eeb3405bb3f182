"""What is shown inside gdb, made of a server's answers; and what Tab offers."""

from __future__ import annotations

from typing import Any

from gdbstub.gdb_side.colour import ansi, painted_text, plain, visible
from gdbstub.gdb_side.completion import csr_names, endings, walk_words
from gdbstub.gdb_side.lines import csr_lines, status_lines, traps_lines
from gdbstub.gdb_side.picture import Picture, cut, picture_lines

MODE = {
    "hart": 0,
    "mode": "HS",
    "virt": 0,
    "vmid": 7,
    "vs_asid": 2,
    "pc": 0x80200000,
    "translation": "Bare (satp)",
    "data_mode": "VS",
}
HARTS = [{"hart": 0}, {"hart": 1, "mode": "M", "pc": 0x80000000, "state": "waiting"}]
TRAP = {
    "count": 7,
    "cause": "virtual-instruction",
    "from": "VS",
    "to": "HS",
    "pc": 0x1000,
    "instruction": "sret",
    "tval": 0x10200073,
    "gpa": 0,
    "rule": "H_virtinst_vs_sret_vtsr1",
}
CSRS = {
    "csr": {"hgatp": 1, "hstatus": 2, "sepc": 3},
    "csr hstatus": {"fields": [{"name": "VTSR"}, {"name": "SPV"}]},
}


def nowhere(address: int) -> str:
    return f"<at_{address:x}>"


def test_status_tells_the_selected_hart_the_others_and_the_last_trap() -> None:
    assert status_lines(MODE, HARTS, [TRAP], nowhere, plain) == [
        "hart 0 is in HS-mode: V=0",
        "  pc         0x80200000 <at_80200000>",
        "  guest      vmid 7, vs_asid 2, not running",
        "  addresses  Bare (satp)",
        "  loads as   VS",
        "hart 1 M-mode at 0x80000000 <at_80000000>, waiting",
        "  last trap  #7 virtual-instruction VS -> HS at 0x1000 <at_1000> 'sret' tval 0x10200073 "
        "H_virtinst_vs_sret_vtsr1",
    ]


def test_no_trap_is_said() -> None:
    assert traps_lines([], nowhere, plain) == ["no trap yet"]
    assert status_lines(MODE, HARTS[:1], [], nowhere, plain)[-1] == "  last trap  none yet"


def test_fields_that_are_zero_share_a_line() -> None:
    fields = [
        {"name": "MODE", "bits": "63:60", "value": 8, "meaning": "Sv39"},
        {"name": "ASID", "bits": "59:44", "value": 0, "meaning": ""},
    ]
    answer = {"name": "vsatp", "number": 0x280, "value": 8 << 60, "fields": fields}
    assert csr_lines(answer, plain) == [
        "vsatp (CSR 0x280) = 0x8000000000000000",
        "  63:60  MODE         0x8  Sv39",
        "  zero   ASID",
    ]


def test_colour_changes_nothing_but_colour() -> None:
    text = "load as VS\n=> load-guest-page-fault\n      ^\nrule H_virtinst_vs_sret_vtsr1: pa 0x80600000, 0x12"
    painted = painted_text(text, ansi)
    assert visible(painted) == text
    assert "\x1b[1;31mload-guest-page-fault\x1b[m" in painted
    assert "\x1b[32mpa 0x80600000\x1b[m" in painted
    assert "\x1b[34m0x12\x1b[m" in painted
    assert painted_text(text, plain) == text


def picture(vmid: int) -> Picture:
    registers: dict[str, Any] = {
        "hgatp": {"value": vmid << 44, "fields": {"MODE": 0, "VMID": vmid}},
        "hvip": {"value": 0, "fields": {"VSSIP": 0}},
    }
    return Picture(MODE, registers, [TRAP])


def test_the_window_shows_what_changed() -> None:
    lines = picture_lines(picture(7), picture(1), nowhere, plain)
    assert lines[0] == "HS-mode  V=0  vmid 7  vs_asid 2  hart 0"
    assert lines[2:4] == ["changed", "  hgatp 0x100000000000 -> 0x700000000000  VMID 0x1 -> 0x7"]
    assert lines[4] == "last traps"
    assert lines[5].startswith("  #7 virtual-instruction VS -> HS")
    assert len(lines) == 6
    assert "  no H or VS CSR changed" in picture_lines(picture(7), picture(7), nowhere, plain)
    assert "  no H or VS CSR changed" in picture_lines(picture(7), None, nowhere, plain)


def test_lines_are_cut_by_what_is_seen() -> None:
    line = ansi("HS-mode", "mode") + "  " + ansi("vmid 7", "guest")
    for width in range(20):
        assert visible(cut(line, width)) == "HS-mode  vmid 7"[:width]
    assert cut("short", 5) == "short"


def test_registers_and_their_fields_are_offered() -> None:
    assert csr_names("h", CSRS.__getitem__) == ["hgatp", "hstatus"]
    assert csr_names("hstatus.v", CSRS.__getitem__) == ["hstatus.VTSR"]
    assert endings(["hstatus.VTSR"], "hstatus.V", "V") == ["VTSR"]
    assert endings(["hstatus.VTSR"], "hstatus.V", None) == ["hstatus.VTSR"]


def test_options_modes_and_accesses_are_offered() -> None:
    assert walk_words("$pc --a") == ["--as", "--access"]
    assert walk_words("$pc --as v") == ["VS", "VU"]
    assert walk_words("$pc --access ") == ["r", "w", "x"]
    assert walk_words("vs_sr") is None
    assert endings(["--as"], "$pc --a", "a") == ["as"]
