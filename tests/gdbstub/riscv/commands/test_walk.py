"""``monitor walk`` and ``monitor translate``: each step, and the one that fails."""

from __future__ import annotations

import pytest

from machine.csr.file import BY_NAME
from tests.gdbstub.riscv.commands.conftest import GUEST_PAGE, GUEST_PHYSICAL, PAGE, Guest, Terminal
from tests.lab import ADUE, CODE, RWX, URWX, A, D, G, R, U, V, W, X

LINE = f"walk {GUEST_PAGE + 0x10:#x} --as VS"


def test_every_step_of_both_stages(lab: Guest, monitor: Terminal) -> None:
    found = monitor.json(LINE)
    assert found["physical"] == PAGE + 0x10
    assert found["fault"] is None
    assert found["schemes"] == {"vsatp": "Sv39", "hgatp": "Sv39x4"}
    assert [rung["pte"]["level"] for rung in found["first_stage"]] == [2, 1, 0]
    assert [rung["slot"] for rung in found["first_stage"]] == [lab.vs.slot(GUEST_PAGE, level) for level in (2, 1, 0)]
    for rung in found["first_stage"]:
        assert rung["g_stage"]["address"] == rung["slot"]
        assert rung["g_stage"]["ptes"][0]["leaf"], "the tables lie in a page of 1 GiB"
    last = found["g_stage"]
    assert last["address"] == GUEST_PHYSICAL + 0x10
    assert [pte["address"] for pte in last["ptes"]] == [lab.g.slot(GUEST_PHYSICAL, level) for level in (2, 1, 0)]
    assert last["ptes"][-1]["target"] == PAGE


def test_g_stage_stands_under_the_pte_that_it_serves(lab: Guest, monitor: Terminal) -> None:
    lines = monitor.text(LINE).splitlines()
    assert lines[0] == f"load as VS (SUM=0 MXR=0) at {GUEST_PAGE + 0x10:#x}"
    assert lines[1].startswith("VS-stage Sv39 (vsatp), root table at ")
    for level, line, under in zip((2, 1, 0), lines[2:8:2], lines[3:9:2], strict=True):
        assert line.startswith(f"  level {level}  PTE at gpa {lab.vs.slot(GUEST_PAGE, level):#x}: ")
        assert under.startswith("      G level 2  PTE at pa ")
    assert lines[8].startswith("G-stage Sv39x4 (hgatp), root table at ")
    assert "vmid 7" in lines[8]
    assert lines[-1] == f"=> pa {PAGE + 0x10:#x}, main memory"


FLAGS = [
    ("VS", "r", RWX & ~V, "V", "PTE.V=0"),
    ("VS", "w", RWX & ~W, "W", "no write permission"),
    ("VS", "x", RWX & ~X, "X", "no execute permission"),
    ("VS", "r", X | V | A | D, "R", "no read permission"),
    ("VS", "r", URWX, "U", "a user page"),
    ("VU", "r", RWX, "U", "the access is a user's"),
    ("VS", "r", RWX & ~A, "A", "hardware does not update"),
    ("VS", "w", RWX & ~D, "D", "hardware does not update"),
]


@pytest.mark.parametrize(("mode", "access", "flags", "letter", "said"), FLAGS)
def test_caret_under_the_bit_of_the_vs_stage(
    lab: Guest, monitor: Terminal, mode: str, access: str, flags: int, letter: str, said: str
) -> None:
    slot = lab.vs.map(GUEST_PAGE, GUEST_PHYSICAL, flags)
    line = f"walk {GUEST_PAGE:#x} --as {mode} --access {access}"
    lines = monitor.text(line).splitlines()
    caret = next(number for number, text in enumerate(lines) if text.strip() == "^")
    assert f"PTE at gpa {slot:#x}: " in lines[caret - 1]
    assert lines[caret - 1].endswith("FAILS")
    flags_at = lines[caret].index("^") - 2 * "VRWXUGAD".index(letter)
    shown = lines[caret - 1][flags_at : flags_at + 15].split()
    assert shown == [name if flags >> n & 1 else "-" for n, name in enumerate("VRWXUGAD")]
    kind = {"r": "load", "w": "store", "x": "fetch"}[access]
    assert lines[-2] == f"=> {kind}-page-fault"
    assert said in lines[-1]
    found = monitor.json(line)
    assert found["physical"] is None
    assert [rung["pte"]["failed"] for rung in found["first_stage"]] == [False, False, True]


@pytest.mark.rule("H_vm_gpapriv")
def test_caret_under_u_of_the_g_stage(lab: Guest, monitor: Terminal) -> None:
    slot = lab.g.map(GUEST_PHYSICAL, PAGE, RWX)
    lines = monitor.text(LINE).splitlines()
    assert lines[-3].strip() == "^"
    assert f"PTE at pa {slot:#x}: " in lines[-4]
    assert lines[-2] == f"=> load-guest-page-fault, gpa {GUEST_PHYSICAL + 0x10:#x}"
    assert lines[-1].endswith("(rule H_vm_gpapriv)")
    assert monitor.json(LINE)["g_stage"]["ptes"][-1]["failed"]


@pytest.mark.parametrize("level", [2, 1, 0])
def test_pte_that_the_g_stage_does_not_reach(lab: Guest, monitor: Terminal, level: int) -> None:
    """The table of ``level`` lies in a guest physical page that the G-stage does not map."""
    away = 0x10_0000_0000
    if level == 2:
        lab.csr("vsatp", lab.csr("vsatp") & ~((1 << 44) - 1) | away >> 12)
    else:
        lab.write(lab.vs.slot(GUEST_PAGE, level + 1), away >> 12 << 10 | V)
    found = monitor.json(LINE)
    assert found["fault"]["cause"] == "load-guest-page-fault"
    assert found["fault"]["gpa"] & -4096 == away
    assert found["g_stage"] is None
    *read, missing = found["first_stage"]
    assert [rung["pte"]["level"] for rung in read] == [2, 1, 0][: 2 - level]
    assert missing["pte"] is None
    assert missing["slot"] == found["fault"]["gpa"]
    assert missing["g_stage"]["ptes"][-1]["failed"]
    assert "not reached, its address does not pass the G-stage" in monitor.text(LINE)


def test_hardware_would_set_a_and_d(lab: Guest, monitor: Terminal) -> None:
    lab.csr("menvcfg", ADUE)
    lab.csr("henvcfg", ADUE)
    slot = lab.vs.map(GUEST_PAGE, GUEST_PHYSICAL, RWX & ~(A | D))
    before = lab.read(slot)
    text = monitor.text(f"{LINE} --access w")
    assert "hardware sets A and D" in text
    assert "written back (A, D) through the G-stage:" in text
    assert lab.read(slot) == before, "looking changes nothing"
    assert monitor.json(f"{LINE} --access w")["first_stage"][-1]["update"]["address"] == slot


def test_contiguous_ranges_and_memory_types(lab: Guest, monitor: Terminal) -> None:
    lab.csr("menvcfg", 1 << 62)
    lab.csr("henvcfg", 1 << 62)
    lab.vs.map(GUEST_PAGE, GUEST_PHYSICAL & ~0xFFFF | 0x8000, RWX | 1 << 63 | 1 << 61)
    reached = GUEST_PHYSICAL & ~0xFFFF | GUEST_PAGE & 0xFFFF
    lab.g.map(reached, PAGE & ~0xFFFF | 0x8000, URWX | 1 << 63 | 2 << 61)
    inside = reached & 0xFFFF | 0x10
    text = monitor.text(LINE)
    assert f"64 KiB NAPOT range gpa {GUEST_PHYSICAL & ~0xFFFF:#x}, NC" in text
    assert f"64 KiB NAPOT range pa {PAGE & ~0xFFFF:#x}, IO" in text
    found = monitor.json(LINE)
    assert found["physical"] == PAGE & ~0xFFFF | inside
    leaf = found["g_stage"]["ptes"][-1]
    assert (leaf["target"], leaf["size"], leaf["memory_type"]) == (PAGE & ~0xFFFF, 1 << 16, "IO")


def test_pointer_masking_comes_first(lab: Guest, monitor: Terminal) -> None:
    tagged = GUEST_PAGE | 0x55 << 57
    assert monitor.json(f"walk {tagged:#x} --as VS")["fault"]["cause"] == "load-page-fault"
    lab.csr("henvcfg", 2 << 32)
    for line in (f"walk {tagged:#x} --as VS", f"translate {tagged:#x} --as VS"):
        assert monitor.json(line)["physical"] == PAGE
    lines = monitor.text(f"walk {tagged:#x} --as VS").splitlines()
    assert lines[:2] == [f"load as VS (SUM=0 MXR=0) at {tagged:#x}", f"pointer masking leaves {GUEST_PAGE:#x}"]
    assert monitor.json(f"walk {tagged:#x} --as VS --access x")["physical"] is None


def test_bare_stages(lab: Guest, monitor: Terminal) -> None:
    lab.csr("vsatp", 0)
    found = monitor.json(f"walk {GUEST_PHYSICAL:#x} --as VS")
    assert found["first_stage"] == []
    assert found["physical"] == PAGE
    assert "VS-stage Bare (vsatp), no table" in monitor.text(f"walk {GUEST_PHYSICAL:#x} --as VS")
    lab.csr("hgatp", 0)
    assert monitor.json(f"walk {CODE:#x} --as VS")["physical"] == CODE
    assert monitor.json(f"walk {CODE:#x} --as HS")["schemes"] == {"satp": "Bare"}
    assert "M-mode: addresses are physical" in monitor.text(f"walk {CODE:#x} --as M")


def test_bare_vs_stage_whose_g_stage_fails(lab: Guest, monitor: Terminal) -> None:
    lab.csr("vsatp", 0)
    found = monitor.json("walk 0x9000 --as VS")
    assert found["first_stage"] == []
    assert found["g_stage"]["address"] == 0x9000
    assert found["fault"]["gpa"] == 0x9000


def test_addresses_that_no_table_is_asked_for(lab: Guest, monitor: Terminal) -> None:
    assert "upper bits are not copies" in monitor.text("walk 0x8000000000 --as VS")
    lab.vs.map(GUEST_PAGE, 1 << 41)
    assert "wider than the G-stage mode translates" in monitor.text(f"walk {GUEST_PAGE:#x} --as VS")
    assert "no memory or device answers" in monitor.text("walk 0x7000 --as M")
    assert monitor.json("walk 0x10000000 --as M")["physical"] == 0x1000_0000
    assert monitor.json("walk 0x2000000 --as M")["physical"] == 0x200_0000, "its registers have 4 bytes"
    assert "device uart" in monitor.text("walk 0x10000000 --as M").lower()


def test_translate_is_one_line(lab: Guest, monitor: Terminal) -> None:
    lab.g.map(GUEST_PHYSICAL, PAGE, V | R | U | A | D | G)
    line = f"translate {GUEST_PAGE + 8:#x} --as vs"
    assert monitor.text(line) == (
        f"load as VS: {GUEST_PAGE + 8:#x} -> gpa {GUEST_PHYSICAL + 8:#x} (4 KiB, rwx-)"
        f" -> pa {PAGE + 8:#x} (4 KiB, r--u), main memory\n"
    )
    assert monitor.json(line) == {
        "virtual": GUEST_PAGE + 8,
        "guest_physical": GUEST_PHYSICAL + 8,
        "physical": PAGE + 8,
        "pages": {"VS": {"size": 4096, "permissions": "rwx-"}, "G": {"size": 4096, "permissions": "r--u"}},
        "fault": None,
    }


def test_translate_tells_the_exception(lab: Guest, monitor: Terminal) -> None:
    lab.g.map(GUEST_PHYSICAL, PAGE, URWX & ~W)
    line = f"translate {GUEST_PAGE:#x} --as VS --access w"
    assert monitor.text(line).endswith(
        "-> store-guest-page-fault: W=0: no write permission (rule store_page_fault_no_w)\n"
    )
    found = monitor.json(line)
    assert (found["guest_physical"], found["physical"]) == (GUEST_PHYSICAL, None)
    unmapped = monitor.json("translate 0x9000 --as VS")
    assert (unmapped["guest_physical"], unmapped["fault"]["cause"]) == (None, "load-page-fault")
    assert "(1 GiB, rwxu)" in monitor.text(f"translate {CODE:#x} --as VS --access x")


def test_without_as_the_hart_itself_is_asked(lab: Guest, monitor: Terminal) -> None:
    assert monitor.json(f"walk {CODE:#x}")["as"] == "M"
    lab.csr("mstatus", BY_NAME["mstatus"].read(lab.hart) | 1 << 17 | 1 << 11 | 1 << 39)  # MPRV, MPP=S, MPV
    assert monitor.json(f"walk {GUEST_PAGE:#x}")["as"] == "VS"
    assert monitor.json(f"walk {CODE:#x} --access x")["as"] == "M", "MPRV does not concern fetches"


def test_where_an_access_is_refused(lab: Guest, monitor: Terminal) -> None:
    lab.g.map(GUEST_PHYSICAL, 0x7000, URWX)
    line = f"translate {GUEST_PAGE + 8:#x} --as VS"
    assert "-> pa 0x7008 -> load-access: no memory or device answers" in monitor.text(line)
    assert monitor.json(line)["fault"]["at"] == 0x7008
    lab.csr("satp", 0)
    assert monitor.json("walk 0x7000 --as HS")["fault"]["at"] == 0x7000
    assert monitor.json("walk 0x7000 --as M")["fault"]["at"] == 0x7000


def test_protection_refuses(lab: Guest, monitor: Terminal) -> None:
    lab.csr("pmpaddr1", (1 << 54) - 1)
    lab.csr("pmpcfg0", 0x1F << 8 | 0x18)  # entry 0: the page, nothing allowed; entry 1: everything
    lab.csr("pmpaddr0", PAGE >> 2 | 0x1FF)
    found = monitor.json(f"walk {GUEST_PAGE:#x} --as VS")
    assert (found["fault"]["cause"], found["fault"]["at"]) == ("load-access", PAGE)
    assert "physical memory protection denies" in monitor.text(f"walk {GUEST_PAGE:#x} --as VS")


def test_table_outside_memory(lab: Guest, monitor: Terminal) -> None:
    lab.csr("hgatp", 8 << 60 | 0x4000 >> 12)
    found = monitor.json(f"walk {GUEST_PAGE:#x} --as VS")
    assert (found["fault"]["cause"], found["fault"]["at"]) == ("load-access", None)


def test_a_guest_physical_address_goes_through_the_g_stage_alone(lab: Guest, monitor: Terminal) -> None:
    through_both = monitor.json(f"translate {GUEST_PAGE + 8:#x} --as VS")
    found = monitor.json(f"translate {GUEST_PHYSICAL + 8:#x} --guest-physical")
    assert found["guest_physical"] == GUEST_PHYSICAL + 8
    assert found["physical"] == through_both["physical"] == PAGE + 8
    assert list(found["pages"]) == ["G"]
    lines = monitor.text(f"walk {GUEST_PHYSICAL:#x} --guest-physical").splitlines()
    assert lines[1] == f"VS-stage Bare (vsatp), no table, virtual address {GUEST_PHYSICAL:#x}"
    assert lines[2].startswith("G-stage Sv39x4 (hgatp), root table at ")


def test_a_guest_physical_address_that_is_not_mapped(lab: Guest, monitor: Terminal) -> None:
    fault = monitor.json("translate 0x7f00000000 --guest-physical --access w")["fault"]
    assert fault["cause"] == "store-guest-page-fault"


def test_only_guests_have_guest_physical_addresses(lab: Guest, monitor: Terminal) -> None:
    assert "HS-mode has no guest physical addresses" in monitor.error("translate 1 --as hs --guest-physical")
