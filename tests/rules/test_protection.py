"""Physical memory protection (machine chapter, "Physical Memory Protection"), through fetches, loads and walks."""

from __future__ import annotations

import pytest

from machine.isa.encode import encode
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import HS, NOP, Lab
from tests.rules.lines import ONES, PAGE, VA, Program, do, field, trapped, two_stages

R, W, X, L = 1, 2, 4, 0x80
OFF, TOR, NA4, NAPOT = 0, 8, 16, 24
ALL = NAPOT | R | W | X
EVERYTHING = (1 << 54) - 1


@pytest.fixture
def lab() -> Lab:
    return Lab()


def entries(lab: Lab, *pairs: tuple[int, int]) -> None:
    """(pmpaddr, cfg) of entries 0 and up; the last of the 16 allows everything."""
    for number, (address, _) in enumerate(pairs):
        lab.csr(f"pmpaddr{number}", address)
    lab.csr("pmpaddr15", EVERYTHING)
    lab.csr("pmpcfg2", ALL << 56)
    lab.csr("pmpcfg0", sum(cfg << 8 * number for number, (_, cfg) in enumerate(pairs)))


def napot(base: int, size: int) -> int:
    return base >> 2 | (size >> 3) - 1


@pytest.mark.rule("pmp_exec_fault")
@pytest.mark.rule("pmp_load_fault")
@pytest.mark.rule("pmp_store_fault")
@pytest.mark.rule("pmp_rwx_check")
@pytest.mark.rule("pmp_access_fault_exception")
@pytest.mark.rule("pmp_violation_precise_trap")
@pytest.mark.parametrize("permissions", [0, R, R | W, X, R | X, R | W | X])
@pytest.mark.parametrize("mode", [Mode.U, Mode.HS, Mode.VS, Mode.VU])
def test_each_permission_is_asked_for(lab: Lab, permissions: int, mode: Mode) -> None:
    entries(lab, (napot(PAGE, 4096), NAPOT | permissions))
    lab.write(PAGE, NOP)
    expected = [
        ("ld a0, 0(a1)", R, Cause.LOAD_ACCESS),
        ("lr.d a0, (a1)", R, Cause.LOAD_ACCESS),
        ("sd a0, 0(a1)", W, Cause.STORE_ACCESS),
        ("sc.d a0, a2, (a1)", W, Cause.STORE_ACCESS),
        ("amoor.d a0, x0, (a1)", W, Cause.STORE_ACCESS),
    ]
    for text, wanted, cause in expected:
        record = do(lab, text, mode, a1=PAGE, a0=NOP, a2=NOP)
        assert (record is None) == bool(permissions & wanted), text
        if record is not None:
            assert (record.cause, record.tval, record.gva) == (cause, PAGE, mode.virtual)
    record = lab.fetch(PAGE, mode)
    assert (record is None) == bool(permissions & X)
    if record is not None:
        assert (record.cause, record.tval, record.tinst) == (Cause.FETCH_ACCESS, PAGE, 0)


@pytest.mark.rule("pmp_l_bit_m_mode_enforcement")
@pytest.mark.rule("smepmp_no_mml_behavior")
@pytest.mark.parametrize(("lock", "runs"), [(0, True), (L, False)])
def test_an_entry_binds_m_mode_when_locked(lab: Lab, lock: int, runs: bool) -> None:
    entries(lab, (napot(PAGE, 4096), NAPOT | R | lock))
    lab.write(PAGE, NOP)
    assert lab.load(PAGE, Mode.M) is None
    assert (lab.store(PAGE, Mode.M, value=NOP) is None) == runs
    assert (lab.fetch(PAGE, Mode.M) is None) == runs


@pytest.mark.rule("pmp_check_priv_modes")
@pytest.mark.parametrize(("mpp", "mpv"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_mprv_brings_the_check_to_m_mode(lab: Lab, mpp: int, mpv: int) -> None:
    entries(lab, (napot(PAGE, 4096), NAPOT))
    lab.set("mstatus", 1 << status.MPRV | mpp << status.MPP | mpv << status.MPV)
    record = trapped(lab, "ld a0, 0(a1)", Mode.M, a1=PAGE)
    assert (record.cause, record.reason, record.gva) == (Cause.LOAD_ACCESS, Reason.PMP_DENIED, mpv)
    lab.csr("mstatus", 0)
    assert lab.load(PAGE, Mode.M) is None


@pytest.mark.rule("pmp_entry_priority")
def test_the_lowest_matching_entry_decides(lab: Lab) -> None:
    entries(lab, (napot(PAGE, 16), NAPOT | R), (napot(PAGE, 4096), NAPOT | R | W))
    assert lab.store(PAGE, Mode.HS) is not None
    assert lab.store(PAGE + 16, Mode.HS) is None
    assert lab.load(PAGE + 12, Mode.HS) is not None, "half in entry 0, half in entry 1"


@pytest.mark.rule("pmp_granularity")
@pytest.mark.rule("pmp_region_granularity_g")
@pytest.mark.rule("pmp_a_field_encoding")
@pytest.mark.rule("pmp_a_field_off")
@pytest.mark.rule("pmp_a_field_napot_na4")
@pytest.mark.rule("pmp_napot_encoding_low_bits")
@pytest.mark.parametrize(("size", "address", "mode"), [(4, PAGE >> 2, NA4), *((n, 0, NAPOT) for n in (8, 64, 4096))])
def test_naturally_aligned_regions(lab: Lab, size: int, address: int, mode: int) -> None:
    entries(lab, (address or napot(PAGE, size), mode))
    for at, runs in ((PAGE - 4, True), (PAGE, False), (PAGE + size - 4, False), (PAGE + size, True)):
        assert (lab.load(at, Mode.HS, size=4) is None) == runs, hex(at)
    entries(lab, (address or napot(PAGE, size), OFF))
    assert lab.load(PAGE, Mode.HS, size=4) is None


@pytest.mark.rule("pmp_a_field_encoding")
@pytest.mark.rule("pmp_entry_structure")
@pytest.mark.rule("pmp_a_field_tor")
def test_top_of_range(lab: Lab) -> None:
    entries(lab, (PAGE >> 2, OFF), (PAGE + 12 >> 2, TOR))
    for at, runs in ((PAGE - 4, True), (PAGE, False), (PAGE + 8, False), (PAGE + 12, True)):
        assert (lab.load(at, Mode.HS, size=4) is None) == runs, hex(at)
    entries(lab, (PAGE >> 2, TOR | R | W | X))
    lab.csr("pmpcfg2", 0)
    assert lab.load(PAGE - 8, Mode.HS) is None, "entry 0 begins at address 0"
    assert lab.load(PAGE, Mode.HS) is not None


@pytest.mark.rule("pmp_a_field_tor")
@pytest.mark.parametrize("below", [0, 4])
def test_an_empty_range_matches_nothing_even_inside_an_access(lab: Lab, below: int) -> None:
    """The manual: it matches y with bottom ≤ y < top, so no byte when the top is not above the bottom."""
    entries(lab, (PAGE + 4 + below >> 2, OFF), (PAGE + 4 >> 2, TOR))
    assert lab.load(PAGE, Mode.HS) is None
    assert lab.store(PAGE, Mode.HS) is None


@pytest.mark.rule("pmp_full_match_required")
@pytest.mark.parametrize("mode", [Mode.HS, Mode.VS])
def test_both_halves_of_an_instruction_are_checked(lab: Lab, mode: Mode) -> None:
    """A 32-bit instruction that begins in the last half-word before a region without execute permission."""
    entries(lab, (napot(PAGE + 64, 64), NAPOT | R | W))
    at = PAGE + 62
    lab.machine.ram.write(at - lab.machine.ram.base, 4, NOP)
    record = lab.fetch(at, mode)
    assert record is not None
    assert (record.cause, record.pc, record.tval) == (Cause.FETCH_ACCESS, at, at + 2)
    lab.machine.ram.write(at - lab.machine.ram.base, 2, encode("c.nop"))
    lab.hart.guard.wrote(at - lab.machine.ram.base, 2)
    assert lab.fetch(at, mode) is None, "a 16-bit instruction ends before the region"


@pytest.mark.rule("pmp_with_paging")
@pytest.mark.rule("H_pmp")
@pytest.mark.parametrize("kind", ["fetch", "ld a0, 0(a1)", "sd a0, 0(a1)"])
@pytest.mark.parametrize("table", ["vs", "g"])
def test_the_tables_of_both_stages_are_protected(lab: Lab, kind: str, table: str) -> None:
    """An access fault of the access's own type and address, without a guest physical address."""
    first, guest = two_stages(lab)
    first.map(VA, PAGE)
    slot = first.slot(VA) if table == "vs" else guest.slot(PAGE, 2)
    lab.csr("htval", ONES)
    entries(lab, (slot >> 2, NA4))
    by_fetch = kind == "fetch" or table == "g"  # without the G-stage's table not even the code can be fetched
    record = lab.fetch(VA, Mode.VS) if by_fetch else do(lab, kind, Mode.VS, a1=VA)
    assert record is not None
    causes = {"l": Cause.LOAD_ACCESS, "s": Cause.STORE_ACCESS}
    assert record.cause == (Cause.FETCH_ACCESS if by_fetch else causes[kind[0]])
    assert (record.tval, record.gva, record.gpa, lab.csr("htval")) == (VA, 1, 0, 0)


@pytest.mark.rule("mtval_vaddr_not_paddr")
@pytest.mark.rule("mstatus_mxr_sum_op_acc_fault")
def test_the_virtual_address_is_reported_and_mxr_does_not_help(lab: Lab) -> None:
    lab.table(HS, 8).map(VA, PAGE)
    lab.set("mstatus", 1 << status.MXR | 1 << status.SUM)
    lab.csr("medeleg", 0)
    entries(lab, (napot(PAGE, 4096), NAPOT | X))
    record = trapped(lab, "ld a0, 8(a1)", Mode.HS, a1=VA)
    assert (record.cause, record.tval, lab.csr("mtval")) == (Cause.LOAD_ACCESS, VA + 8, VA + 8)


@pytest.mark.rule("hlsv_u_op")
@pytest.mark.parametrize(("permissions", "runs"), [(R, False), (X, False), (R | X, True)])
def test_hlvx_needs_read_and_execute_physically(lab: Lab, permissions: int, runs: bool) -> None:
    entries(lab, (napot(PAGE, 4096), NAPOT | permissions))
    record = do(lab, "hlvx.wu a0, (a1)", Mode.HS, a1=PAGE)
    assert (record is None) == runs
    if record is not None:
        assert (record.cause, record.gva, field(lab, "hstatus.SPV")) == (Cause.LOAD_ACCESS, 1, 0)


@pytest.mark.rule("pmp_csr_mode")
@pytest.mark.parametrize("name", ["pmpcfg0", "pmpcfg2", "pmpaddr0", "pmpaddr15"])
@pytest.mark.parametrize("mode", [Mode.U, Mode.HS, Mode.VS, Mode.VU])
def test_only_m_mode_reaches_the_registers(lab: Lab, name: str, mode: Mode) -> None:
    assert trapped(lab, f"csrrs a0, {name}, x0", mode).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("pmp_entry_count")
@pytest.mark.rule("pmp_addr_registers")
@pytest.mark.rule("pmp_addr_warl")
def test_sixteen_entries_of_54_bits(lab: Lab) -> None:
    for number in range(16):
        assert lab.csr(f"pmpaddr{number}", ONES) == EVERYTHING
    for absent in (0x3A1, 0x3A3, 0x3A4, 0x3C0):
        assert trapped(lab, f"csrrs a0, {absent:#x}, x0", Mode.M).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("pmp_l_bit_write_protection")
def test_a_locked_range_keeps_both_its_ends(lab: Lab) -> None:
    entries(lab, (PAGE >> 2, OFF), (PAGE + 64 >> 2, TOR | L | R))
    for name, kept in (("pmpaddr0", PAGE >> 2), ("pmpaddr1", PAGE + 64 >> 2), ("pmpcfg0", (TOR | L | R) << 8)):
        assert do(lab, f"csrrw x0, {name}, x0", Mode.M) is None
        assert lab.csr(name) == kept
    assert lab.store(PAGE, Mode.M) is not None
    assert lab.load(PAGE, Mode.M) is None


@pytest.mark.rule("pmp_sfence_required")
@pytest.mark.rule("sfence_vma_all_asid_va")
def test_a_change_holds_at_the_latest_after_a_fence(lab: Lab) -> None:
    program = Program(lab, "ld a0, 0(a1)", "csrrw x0, pmpcfg0, a2", "sfence.vma x0, x0", a1=PAGE, a2=NAPOT)
    lab.csr("pmpaddr15", EVERYTHING)
    lab.csr("pmpcfg2", ALL << 56)
    lab.csr("pmpcfg0", 0)
    lab.csr("pmpaddr0", napot(PAGE, 4096))
    assert program.run(0, Mode.HS) is None
    assert program.run(1, Mode.M) is None
    assert program.run(2, Mode.M) is None
    assert program.run(0, Mode.HS) is not None


@pytest.mark.rule("pmp_cfg_rv64_layout")
@pytest.mark.rule("pmp_entry_structure")
@pytest.mark.parametrize("entry", range(16))
def test_entry_n_is_byte_n_and_address_n(lab: Lab, entry: int) -> None:
    """Eight entries a register, pmpcfg0 and pmpcfg2; every other entry is off."""
    lab.csr("pmpcfg0", 0)
    for number in range(16):
        lab.csr(f"pmpaddr{number}", napot(PAGE, 64) if number == entry else 0)
    lab.csr("pmpcfg0" if entry < 8 else "pmpcfg2", (NAPOT | R) << 8 * (entry & 7))
    assert lab.load(PAGE, Mode.M) is None
    lab.csr("mstatus", 1 << status.MPRV | 1 << status.MPP)
    assert lab.load(PAGE + 56, Mode.M) is None
    for text, address in (("sd a0, 0(a1)", PAGE), ("ld a0, 0(a1)", PAGE + 64), ("ld a0, 0(a1)", PAGE - 8)):
        lab.csr("mstatus", 1 << status.MPRV | 1 << status.MPP)
        assert trapped(lab, text, Mode.M, a1=address).reason == Reason.PMP_DENIED
