"""Sv39, Sv48 and Sv57, satp and SFENCE.VMA (supervisor chapter), and the same schemes as a guest's first stage."""

from __future__ import annotations

import pytest

from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import ADUE, CODE, HS, RWX, URWX, VS, A, D, Lab, R, U, V, W, X
from tests.rules.lines import ONES, PAGE, SV39, SV48, SV57, VA, Program, do, trapped

WIDTHS = {SV39: 39, SV48: 48, SV57: 57}
VALUE = 0x0102_0304_0506_0708
LOAD = "ld a0, 0(a1)"
STAGES = [(HS, Mode.HS), (VS, Mode.VS)]


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, VALUE)
    return made


def schemes_and_levels() -> list[tuple[int, int]]:
    return [(mode, level) for mode in WIDTHS for level in range(mode - 5)]


@pytest.mark.rule("Sv39_LEVELS")
@pytest.mark.rule("Sv39_PTESIZE")
@pytest.mark.rule("Sv39_vpn_sz")
@pytest.mark.rule("Sv48_LEVELS")
@pytest.mark.rule("Sv48_PTESIZE")
@pytest.mark.rule("Sv48_vpn_sz")
@pytest.mark.rule("Sv57_LEVELS")
@pytest.mark.rule("Sv57_PTESIZE")
@pytest.mark.rule("Sv57_vpn_sz")
@pytest.mark.rule("Sv39_leaf_any_level")
@pytest.mark.rule("Sv48_leaf_any_level")
@pytest.mark.rule("Sv57_leaf_any_level")
@pytest.mark.rule("Sv39_page_sizes")
@pytest.mark.rule("Sv48_page_sizes")
@pytest.mark.rule("Sv57_page_sizes")
@pytest.mark.rule("Sv39_levels")
@pytest.mark.rule("Sv48_levels")
@pytest.mark.rule("Sv57_levels")
@pytest.mark.rule("Sv39_page_offset_sz")
@pytest.mark.rule("Sv48_page_offset_sz")
@pytest.mark.rule("Sv57_page_offset_sz")
@pytest.mark.rule("Sv39_superpage_align_fault")
@pytest.mark.rule("Sv48_superpage_align_fault")
@pytest.mark.rule("Sv57_superpage_align_fault")
@pytest.mark.rule("Sv39_superpage_align")
@pytest.mark.rule("Sv48_superpage_align")
@pytest.mark.rule("Sv57_superpage_align")
@pytest.mark.parametrize(("scheme", "level"), schemes_and_levels())
@pytest.mark.parametrize(("register", "mode"), STAGES)
def test_leaves_of_every_level(lab: Lab, scheme: int, level: int, register: str, mode: Mode) -> None:
    """A superpage keeps the address below its size; any lower PPN bit set is a page fault."""
    table = lab.table(register, scheme)
    size = 4096 << 9 * level
    base = 1 << WIDTHS[scheme] - 2
    slot = table.map(base, PAGE & -size, RWX, level)
    lab.write(PAGE + 0xFF8, VALUE + 1)
    assert do(lab, LOAD, mode, a1=base + (PAGE + 0xFF8) % size) is None
    assert lab.a0 == VALUE + 1
    for bit in range(9 * level):
        lab.write(slot, lab.read(slot) & ~(ONES >> 10 << 10) | 1 << 10 + bit)
        record = trapped(lab, LOAD, mode, a1=base)
        assert (record.cause, record.tval, record.reason) == (13, base, Reason.PTE_MISALIGNED)


@pytest.mark.rule("Sv39_va_signext")
@pytest.mark.rule("Sv48_va_signext")
@pytest.mark.rule("Sv57_va_signext")
@pytest.mark.rule("Sv39_va_sz")
@pytest.mark.rule("Sv48_va_sz")
@pytest.mark.rule("Sv57_va_sz")
@pytest.mark.parametrize("scheme", WIDTHS)
@pytest.mark.parametrize(("register", "mode"), STAGES)
def test_upper_bits_copy_the_highest_translated_one(lab: Lab, scheme: int, register: str, mode: Mode) -> None:
    width = WIDTHS[scheme]
    table = lab.table(register, scheme)
    low, high = (1 << width - 1) - 4096, ONES ^ (1 << width - 1) - 1
    for address in (low, high):
        table.map(address, PAGE)
        assert do(lab, LOAD, mode, a1=address) is None
        for bit in range(width, 64):
            record = trapped(lab, LOAD, mode, a1=address ^ 1 << bit)
            assert (record.cause, record.tval) == (13, address ^ 1 << bit)
    record = lab.fetch(low ^ 1 << 63, mode)
    assert record is not None
    assert (record.cause, record.tval) == (12, low ^ 1 << 63)


RESERVED = {61: Reason.PTE_MEMORY_TYPE, 62: Reason.PTE_MEMORY_TYPE, 63: Reason.PTE_NAPOT}


@pytest.mark.rule("Sv39_pte_future_rsv")
@pytest.mark.parametrize("bit", range(54, 64))
@pytest.mark.parametrize("level", [0, 1])
def test_reserved_bits_of_an_entry(lab: Lab, bit: int, level: int) -> None:
    """In a leaf and in a pointer, after reset, when no memory types are asked for."""
    table = lab.table(HS, SV39)
    table.map(VA, PAGE)
    slot = table.slot(VA, level)
    lab.write(slot, lab.read(slot) | 1 << bit)
    record = trapped(lab, LOAD, Mode.HS, a1=VA)
    assert (record.cause, record.reason) == (13, RESERVED.get(bit, Reason.PTE_RESERVED))


def test_software_bits_are_ignored(lab: Lab) -> None:
    lab.table(HS, SV39).map(VA, PAGE, RWX | 3 << 8)
    assert do(lab, LOAD, Mode.HS, a1=VA) is None


@pytest.mark.rule("sstatus_sum")
@pytest.mark.rule("sstatus_mxr")
@pytest.mark.rule("mstatus_sum_op")
@pytest.mark.rule("mstatus_mxr_op")
@pytest.mark.rule("mstatus_sum_op_mprv_mpp")
@pytest.mark.rule("sfence_vma_sum_mxr_effect")
@pytest.mark.parametrize("through", ["mode", "mprv"])
def test_sum_and_mxr_hold_at_once(lab: Lab, through: str) -> None:
    table = lab.table(HS, SV39)
    table.map(VA, PAGE, URWX)
    table.map(VA + 4096, PAGE, V | X | A)
    mode, also = (Mode.HS, 0) if through == "mode" else (Mode.M, 1 << status.MPRV | 1 << status.MPP)
    program = Program(lab, "csrrw x0, mstatus, a2", LOAD, "sd a0, 0(a1)", "ld a0, 0(a3)", a1=VA, a3=VA + 4096)
    for sum_bit, mxr in ((0, 0), (1, 0), (0, 0), (0, 1), (0, 0)):
        for number, runs in ((1, sum_bit), (2, sum_bit), (3, mxr)):
            lab.hart.x[12] = also | sum_bit << status.SUM | mxr << status.MXR
            assert program.run(0, Mode.M) is None  # each time: a trap changes MPP
            assert (program.run(number, mode) is None) == bool(runs), (number, sum_bit, mxr)


@pytest.mark.rule("mstatus_mprv_inst_xlat_op")
@pytest.mark.rule("mstatus_mprv_ldst_op")
@pytest.mark.rule("satp_op_active")
def test_mprv_never_concerns_the_fetch(lab: Lab) -> None:
    table = lab.table(HS, SV39)
    table.map(VA, PAGE)
    table.map(CODE, PAGE)  # where M-mode fetches from, a translated load reads something else
    lab.set("mstatus", 1 << status.MPRV | 1 << status.MPP)
    assert do(lab, LOAD, Mode.M, a1=CODE) is None
    assert lab.a0 == VALUE


@pytest.mark.rule("asidlen")
@pytest.mark.rule("satp_ppn_sv39_sz")
@pytest.mark.rule("satp_ppn_sv48_sz")
@pytest.mark.rule("satp_ppn_sv57_sz")
@pytest.mark.rule("Sv48_requires_Sv39")
@pytest.mark.rule("Sv57_requires_Sv48")
@pytest.mark.parametrize("mode", range(16))
@pytest.mark.parametrize("name", ["satp", "vsatp"])
def test_satp_holds_all_or_nothing(lab: Lab, mode: int, name: str) -> None:
    value = mode << 60 | (1 << 60) - 1
    assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=value) is None
    assert lab.csr(name) == (value if mode in (0, SV39, SV48, SV57) else 0)


FENCES = ["x0, x0", "a1, x0", "x0, a2", "a1, a2"]


@pytest.mark.rule("sfence_vma_op")
@pytest.mark.rule("sfence_vma_ordering")
@pytest.mark.rule("sfence_vma_invalidation")
@pytest.mark.rule("sfence_vma_asid_only")
@pytest.mark.rule("sfence_vma_va_all_asid")
@pytest.mark.rule("sfence_vma_va_asid")
@pytest.mark.rule("sfence_vma_rs2_bits")
@pytest.mark.parametrize("operands", FENCES)
def test_sfence_vma(lab: Lab, operands: str) -> None:
    table = lab.table(HS, SV39, identifier=5)
    table.map(VA, PAGE)
    program = Program(lab, LOAD, f"sfence.vma {operands}", a1=VA, a2=5 | 1 << 16)
    assert program.run(0, Mode.HS) is None
    table.map(VA, lab.page())
    assert program.run(1, Mode.HS) is None
    assert program.run(0, Mode.HS) is None
    assert lab.a0 == 0


@pytest.mark.rule("sfence_vma_invalid_va")
def test_sfence_vma_of_an_invalid_address_does_nothing(lab: Lab) -> None:
    lab.table(HS, SV39)
    assert do(lab, "sfence.vma a1, x0", Mode.HS, a1=1 << 62) is None


@pytest.mark.rule("sfence_vma_mode_effect")
@pytest.mark.rule("sfence_vma_asid_effect")
@pytest.mark.rule("satp_op_sfence_vma")
def test_changes_of_satp_hold_without_a_fence(lab: Lab) -> None:
    """Two address spaces and Bare, entered by csrw."""
    values = [0]
    for number in range(2):
        table = lab.table(HS, SV39, identifier=number)
        values.append(lab.csr("satp"))
        target = lab.page()
        lab.write(target, 100 + number)
        table.map(PAGE, target)
    lab.csr("satp", 0)
    program = Program(lab, "csrrw x0, satp, a2", LOAD, a1=PAGE)
    for space, expected in ((0, VALUE), (1, 100), (2, 101), (0, VALUE), (1, 100), (2, 101)):
        lab.hart.x[12] = values[space]
        assert program.run(0, Mode.HS) is None
        assert program.run(1, Mode.HS) is None
        assert lab.a0 == expected


@pytest.mark.rule("svade_access_ad_bit_clear")
@pytest.mark.rule("Svadu_disabled_hw_update_falls_back_to_svade")
@pytest.mark.rule("Svadu_hw_update_a_d_bits")
@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize(
    ("text", "flags", "after"),
    [
        (LOAD, 0, A),
        (LOAD, D, A | D),
        ("sd a0, 0(a1)", A, A | D),
        ("sd a0, 0(a1)", D, A | D),
        ("lr.w a0, (a1)", 0, A),
        ("amoor.w a0, x0, (a1)", A, A | D),
    ],
)
def test_accessed_and_dirty(lab: Lab, update: bool, text: str, flags: int, after: int) -> None:
    lab.csr("menvcfg", ADUE * update)
    slot = lab.table(HS, SV39).map(VA, PAGE, V | R | W | flags)
    record = do(lab, text, Mode.HS, a1=VA)
    assert (record is None) == update
    assert lab.read(slot) & (A | D) == (after if update else flags)
    if record is not None:
        assert record.cause == (Cause.LOAD_PAGE_FAULT if text[0] == "l" else Cause.STORE_PAGE_FAULT)


@pytest.mark.rule("svade_access_ad_bit_clear")
def test_a_refused_access_sets_nothing(lab: Lab) -> None:
    lab.csr("menvcfg", ADUE)
    slot = lab.table(HS, SV39).map(VA, PAGE, V | R | U)
    assert trapped(lab, LOAD, Mode.HS, a1=VA).reason == Reason.PTE_USER
    assert lab.read(slot) & (A | D) == 0


def test_an_update_of_a_table_that_may_not_be_written_is_an_access_fault(lab: Lab) -> None:
    """Step 9: "if a store to the PTE would violate a PMA or PMP check, raise an access-fault exception"."""
    lab.csr("menvcfg", ADUE)
    slot = lab.table(HS, SV39).map(VA, PAGE, V | R | W)
    lab.csr("pmpaddr1", (1 << 54) - 1)
    lab.csr("pmpaddr0", slot >> 2 | 1)
    lab.csr("pmpcfg0", 0x1F19)  # entry 0: NAPOT of 16 bytes, read-only
    record = trapped(lab, LOAD, Mode.HS, a1=VA)
    assert (record.cause, record.tval, record.reason) == (Cause.LOAD_ACCESS, VA, Reason.PMP_DENIED)
    assert lab.read(slot) & A == 0
