"""Contiguous translations (chapter "Svnapot"), in the tables of satp, vsatp and hgatp."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import ADUE, HS, RWX, URWX, VS, A, D, Lab, V
from tests.rules.lines import FAR, PAGE, SV39, SV48, SV57, VA, Program, do, trapped, two_stages

LOAD, STORE = "ld a0, 0(a1)", "sd a2, 0(a1)"
N = 1 << 63
RANGE = 0x1_0000
MARK = RANGE >> 1
"""What the lowest bits of the page number hold, as an address: 64 KiB."""
STAGES = [(HS, Mode.HS), (VS, Mode.VS)]


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    for page in range(16):
        made.write(PAGE + 4096 * page + 8, 100 + page)
    return made


@pytest.mark.rule("Svnapot_pte_N")
@pytest.mark.rule("Svnapot_range_napot")
@pytest.mark.rule("Svnapot_valid_encoding")
@pytest.mark.rule("Svnapot_implicit_read_ppn_subst")
@pytest.mark.rule("Svnapot_depends_Sv39")
@pytest.mark.parametrize("scheme", [SV39, SV48, SV57])
@pytest.mark.parametrize(("register", "mode"), STAGES)
def test_each_page_of_a_range(lab: Lab, scheme: int, register: str, mode: Mode) -> None:
    """Four bits of the address take the place of four bits of the page number; the entry's own 1000 says so."""
    table = lab.table(register, scheme)
    for page in range(16):
        table.map(VA + 4096 * page, PAGE | MARK, RWX | N)
    for page in range(16):
        assert do(lab, LOAD, mode, a1=VA + 4096 * page + 8) is None
        assert lab.a0 == 100 + page
        assert do(lab, STORE, mode, a1=VA + 4096 * page + 16, a2=page) is None
        assert lab.read(PAGE + 4096 * page + 16) == page


@pytest.mark.rule("Svnapot_cache_entries")
def test_each_entry_of_a_range_is_its_own(lab: Lab) -> None:
    """No entry of a range is used for the address of another, which the manual lets an implementation do."""
    table = lab.table(HS, SV39)
    table.map(VA, PAGE | MARK, RWX | N)
    assert do(lab, LOAD, Mode.HS, a1=VA + 8) is None
    assert trapped(lab, LOAD, Mode.HS, a1=VA + 4096).reason == Reason.PTE_INVALID


@pytest.mark.rule("Svnapot_reserved_encoding_fault")
@pytest.mark.rule("Svnapot_valid_encoding")
@pytest.mark.parametrize("low", range(16))
@pytest.mark.parametrize(("register", "mode"), STAGES)
def test_reserved_encodings(lab: Lab, low: int, register: str, mode: Mode) -> None:
    lab.table(register, SV39).map(VA, PAGE | low << 12, RWX | N)
    record = do(lab, LOAD, mode, a1=VA + 8)
    assert (record is None) == (low == 8)
    if record is not None:
        assert (record.cause, record.tval, record.reason) == (13, VA + 8, Reason.PTE_NAPOT)


@pytest.mark.rule("Svnapot_reserved_encoding_fault")
@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize(("register", "mode"), STAGES)
def test_superpages_have_no_ranges(lab: Lab, level: int, register: str, mode: Mode) -> None:
    slot = lab.table(register, SV39).map(VA, PAGE & -1 << 12 + 9 * level, RWX, level)
    assert do(lab, LOAD, mode, a1=VA) is None
    for ppn in (0, 8 << 10):
        lab.write(slot, lab.read(slot) | N | ppn)
        assert trapped(lab, LOAD, mode, a1=VA).reason == Reason.PTE_NAPOT


@pytest.mark.rule("Svnapot_reserved_encoding_fault")
@pytest.mark.parametrize("level", [1, 2])
def test_a_pointer_has_no_range(lab: Lab, level: int) -> None:
    table = lab.table(HS, SV39)
    table.map(VA, PAGE)
    slot = table.slot(VA, level)
    lab.write(slot, lab.read(slot) | N)
    assert trapped(lab, LOAD, Mode.HS, a1=VA).reason == Reason.PTE_NAPOT


@pytest.mark.rule("Svnapot_hyp_gstage")
@pytest.mark.parametrize("scheme", [SV39, SV48, SV57])
def test_ranges_of_the_g_stage(lab: Lab, scheme: int) -> None:
    first, guest = two_stages(lab, SV39, scheme)
    for page in range(16):
        first.map(VA + 4096 * page, FAR + 4096 * page)
        guest.map(FAR + 4096 * page, PAGE | MARK, URWX | N)
    for page in range(16):
        assert do(lab, LOAD, Mode.VS, a1=VA + 4096 * page + 8) is None
        assert lab.a0 == 100 + page
    for low in (0, 1, 4, 12):
        guest.map(FAR, PAGE | low << 12, URWX | N)
        record = trapped(lab, LOAD, Mode.VS, a1=VA)
        assert (record.cause, record.gpa, record.reason) == (21, FAR, Reason.PTE_NAPOT)


@pytest.mark.rule("Svnapot_hyp_gstage")
def test_ranges_of_both_stages(lab: Lab) -> None:
    """The guest physical address that the first stage makes has the address's own four bits already."""
    first, guest = two_stages(lab)
    for page in range(16):
        first.map(VA + 4096 * page, FAR | MARK, RWX | N)
        guest.map(FAR + 4096 * page, PAGE | MARK, URWX | N)
    assert do(lab, LOAD, Mode.VS, a1=VA + 4096 * 11 + 8) is None
    assert lab.a0 == 111


@pytest.mark.rule("Svnapot_implicit_read_ppn_subst")
def test_hardware_updates_keep_the_entry(lab: Lab) -> None:
    """What is written back is the entry itself with A and D, not the copy with the address's bits."""
    lab.csr("menvcfg", ADUE)
    slot = lab.table(HS, SV39).map(VA + 4096 * 3, PAGE | MARK, RWX & ~(A | D) | N)
    before = lab.read(slot)
    assert do(lab, STORE, Mode.HS, a1=VA + 4096 * 3 + 8, a2=1) is None
    assert lab.read(slot) == before | A | D
    assert lab.read(PAGE + 4096 * 3 + 8) == 1


def test_a_range_holds_code(lab: Lab) -> None:
    table = lab.table(HS, SV39)
    table.map(VA + 4096 * 5, PAGE | MARK, RWX | N)
    lab.machine.ram.write(PAGE + 4096 * 5 - lab.machine.ram.base, 4, 0x13)
    assert lab.fetch(VA + 4096 * 5, Mode.HS) is None


@pytest.mark.rule("Svnapot_cache_entries")
def test_a_fence_forgets_a_range(lab: Lab) -> None:
    table = lab.table(HS, SV39)
    table.map(VA + 4096, PAGE | MARK, RWX | N)
    program = Program(lab, LOAD, "sfence.vma x0, x0", a1=VA + 4096 + 8)
    assert program.run(0, Mode.HS) is None
    table.map(VA + 4096, PAGE + 2 * 4096)
    assert program.run(1, Mode.HS) is None
    assert program.run(0, Mode.HS) is None
    assert lab.a0 == 102


@pytest.mark.rule("Sv39_pte_svnapot_rsv")
@pytest.mark.parametrize("register", [HS, "hgatp"])
@pytest.mark.reference_only
def test_a_hart_without_the_extension(register: str) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("default,-svnapot")))
    if register == HS:
        lab.table(HS, SV39).map(VA, PAGE | MARK, RWX | N)
        record = trapped(lab, LOAD, Mode.HS, a1=VA)
    else:
        first, guest = two_stages(lab)
        first.map(VA, FAR)
        guest.map(FAR, PAGE | MARK, URWX | N)
        record = trapped(lab, LOAD, Mode.VS, a1=VA)
    assert record.reason == Reason.PTE_NAPOT


def test_an_invalid_entry_with_n_is_only_invalid(lab: Lab) -> None:
    lab.table(HS, SV39).map(VA, PAGE | MARK, RWX & ~V | N)
    assert trapped(lab, LOAD, Mode.HS, a1=VA).reason == Reason.PTE_INVALID
