"""What main memory and devices support (machine chapter, "Physical Memory Attributes"), byte order, cache blocks."""

from __future__ import annotations

import pytest

from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import HS, VS, Lab
from tests.rules.lines import PAGE, SV39, VA, Program, do, trapped

DEVICE = 0x1000_0000
OPERATIONS = ["swap", "add", "and", "or", "xor", "min", "max", "minu", "maxu"]
SIZES = {"b": 1, "h": 2, "w": 4, "d": 8}
RESULTS = {"swap": 6, "add": 9, "and": 2, "or": 7, "xor": 5, "min": 3, "max": 6, "minu": 3, "maxu": 6}
"""Of 3 in memory and 6 in the register."""


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("pma_amo_levels")
@pytest.mark.rule("pma_amo_sz_support")
@pytest.mark.rule("pma_amo_zabha_req")
@pytest.mark.rule("ziccamoa_pma_amo_req")
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("size", SIZES)
def test_main_memory_has_every_amo_and_devices_none(lab: Lab, operation: str, size: str) -> None:
    lab.write(PAGE, 3)
    text = f"amo{operation}.{size} a0, a2, (a1)"
    assert do(lab, text, Mode.HS, a1=PAGE, a2=6) is None
    assert (lab.a0, lab.read(PAGE)) == (3, RESULTS[operation])
    assert trapped(lab, text, Mode.HS, a1=DEVICE, a2=6).cause == Cause.STORE_ACCESS


@pytest.mark.rule("pma_amo_levels")
@pytest.mark.rule("pma_amo_zacas_levels1")
@pytest.mark.rule("pma_amo_zacas_levels2")
@pytest.mark.rule("pma_amo_zacas_req_arith")
@pytest.mark.rule("ziccamoc_pma_amo_req")
@pytest.mark.parametrize("size", ["b", "h", "w", "d", "q"])
@pytest.mark.parametrize("expected", [3, 4])
def test_main_memory_compares_and_swaps(lab: Lab, size: str, expected: int) -> None:
    lab.write(PAGE, 3)
    text = f"amocas.{size} a2, a4, (a1)"
    lab.hart.x[13] = lab.hart.x[15] = 0
    assert do(lab, text, Mode.HS, a1=PAGE, a2=expected, a4=6) is None
    assert (lab.hart.x[12], lab.read(PAGE)) == (3, 6 if expected == 3 else 3)
    assert trapped(lab, text, Mode.HS, a1=DEVICE).cause == Cause.STORE_ACCESS


@pytest.mark.rule("pma_rsrv_levels")
@pytest.mark.rule("ziccrse_pma_rsrv_req")
@pytest.mark.parametrize("size", ["w", "d"])
def test_main_memory_is_reservable_and_devices_are_not(lab: Lab, size: str) -> None:
    """A pair on one hart succeeds; a device takes neither half."""
    program = Program(lab, f"lr.{size} a0, (a1)", f"sc.{size} a0, a2, (a1)", a1=PAGE, a2=5)
    assert program.run(0, Mode.HS) is None
    assert program.run(1, Mode.HS) is None
    assert (lab.a0, lab.read(PAGE)) == (0, 5)
    assert trapped(lab, f"lr.{size} a0, (a1)", Mode.HS, a1=DEVICE).cause == Cause.LOAD_ACCESS
    assert trapped(lab, f"sc.{size} a0, a2, (a1)", Mode.HS, a1=DEVICE).cause == Cause.STORE_ACCESS


@pytest.mark.rule("pma_mm_mandatory_sz")
@pytest.mark.rule("pma_mag_op_ldst")
@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize("offset", [0, 1, 3, 7, 4093])
def test_main_memory_has_every_width_at_any_address(lab: Lab, size: int, offset: int) -> None:
    value = 0x0102_0304_0506_0708 & (1 << 8 * size) - 1
    assert lab.store(PAGE + offset, Mode.HS, value=value, size=size) is None
    assert lab.load(PAGE + offset, Mode.HS, size=size) is None
    assert lab.a0 == value
    for n in range(size):
        assert do(lab, "lbu a0, 0(a1)", Mode.HS, a1=PAGE + offset + n) is None
        assert lab.a0 == value >> 8 * n & 255


@pytest.mark.rule("pma_io_rwx_per_sz")
@pytest.mark.rule("pma_indep_exec_context")
@pytest.mark.parametrize("mode", list(Mode))
def test_a_device_has_its_widths_in_every_mode(lab: Lab, mode: Mode) -> None:
    """The UART has bytes and no code, the PLIC words; as the level of privilege changes, neither does."""
    assert do(lab, "lbu a0, 5(a1)", mode, a1=DEVICE) is None
    assert trapped(lab, "ld a0, 0(a1)", mode, a1=0xC00_0000).cause == Cause.LOAD_ACCESS
    assert do(lab, "lw a0, 4(a1)", mode, a1=0xC00_0000) is None
    record = lab.fetch(DEVICE, mode)
    assert record is not None
    assert record.cause == Cause.FETCH_ACCESS


@pytest.mark.rule("mstatus_mbe_op")
@pytest.mark.rule("mstatus_sbe_op")
@pytest.mark.rule("mstatus_ube_op")
@pytest.mark.parametrize("mode", list(Mode))
def test_with_the_byte_orders_zero_memory_is_little_endian(lab: Lab, mode: Mode) -> None:
    lab.csr("mstatus", 1 << 37 | 1 << 36 | 1 << 6)
    assert lab.csr("mstatus") & (1 << 37 | 1 << 36 | 1 << 6) == 0
    assert lab.store(PAGE, Mode.M, value=0x0102_0304_0506_0708) is None
    for text, expected in (("lbu", 8), ("lhu", 0x708), ("lwu", 0x0506_0708), ("ld", 0x0102_0304_0506_0708)):
        assert do(lab, f"{text} a0, 0(a1)", mode, a1=PAGE) is None
        assert lab.a0 == expected
    assert do(lab, "sh a0, 0(a1)", mode, a1=PAGE, a0=0xAABB) is None
    assert lab.machine.ram.read(PAGE - lab.machine.ram.base, 1) == 0xBB


@pytest.mark.rule("mstatus_sbe_implicit")
@pytest.mark.parametrize(("register", "mode"), [(HS, Mode.HS), (VS, Mode.VS)])
def test_page_tables_are_little_endian(lab: Lab, register: str, mode: Mode) -> None:
    slot = lab.table(register, SV39).map(VA, 0)
    lab.write(PAGE, 0x42)
    for place, byte in enumerate((PAGE >> 12 << 10 | 0xCF).to_bytes(8, "little")):
        lab.machine.ram.write(slot + place - lab.machine.ram.base, 1, byte)
    assert lab.load(VA, mode) is None
    assert lab.a0 == 0x42


@pytest.mark.rule("endianness_inst_fetch_little")
@pytest.mark.parametrize("mode", list(Mode))
def test_instructions_are_little_endian(lab: Lab, mode: Mode) -> None:
    """addi a0, x0, 0x123 is 0x12300513, its lowest byte first."""
    for place, byte in enumerate((0x13, 0x05, 0x30, 0x12)):
        assert lab.store(PAGE + place, Mode.M, value=byte, size=1) is None
    assert lab.fetch(PAGE, mode) is None
    assert (lab.a0, lab.state.pc) == (0x123, PAGE + 4)


@pytest.mark.rule("mstatus_sum_op_no-vm")
@pytest.mark.parametrize("bits", [0, 1 << 18])
@pytest.mark.parametrize("mprv", [0, 1 << 17 | 1 << 11])
def test_without_translation_sum_means_nothing(lab: Lab, bits: int, mprv: int) -> None:
    lab.csr("mstatus", bits | mprv)
    assert lab.load(PAGE, Mode.M if mprv else Mode.HS) is None
    assert lab.store(PAGE, Mode.M if mprv else Mode.HS) is None


@pytest.mark.rule("mtval_vaddr_wr2")
@pytest.mark.rule("pmp_misaligned_access_behavior")
@pytest.mark.parametrize("text", ["ld a0, 0(a1)", "sd a0, 0(a1)"])
@pytest.mark.parametrize("absent", ["second", "first"])
def test_a_misaligned_access_tells_the_part_that_failed(lab: Lab, text: str, absent: str) -> None:
    """Across two pages of which one is mapped, then across two regions of which PMP allows one."""
    lab.csr("medeleg", 0)
    lab.table(HS, SV39).map(VA + (4096 if absent == "first" else 0), PAGE)
    assert trapped(lab, text, Mode.HS, a1=VA + 4092).cause in (Cause.LOAD_PAGE_FAULT, Cause.STORE_PAGE_FAULT)
    assert lab.csr("mtval") == VA + (4092 if absent == "first" else 4096)
    lab.csr("satp", 0)
    lab.csr("pmpaddr1", (1 << 54) - 1)
    lab.csr("pmpaddr0", PAGE >> 2 | 511)
    lab.csr("pmpcfg0", 0x1F18)  # entry 0: the page at PAGE, nothing allowed
    address, failing = (PAGE + 4092, PAGE + 4092) if absent == "first" else (PAGE - 4, PAGE)
    assert trapped(lab, text, Mode.HS, a1=address).cause in (Cause.LOAD_ACCESS, Cause.STORE_ACCESS)
    assert lab.csr("mtval") == failing


@pytest.mark.rule("cbo-inval_h-mode_op0")
@pytest.mark.rule("cbo-inval_s-mode_op0")
@pytest.mark.rule("menvcfg_cbie_cbo-inval_op_lead-in")
@pytest.mark.rule("menvcfg_cbie_cbo-inval_op_list")
@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("h", [1, 3])
@pytest.mark.parametrize("s", [1, 3])
def test_cbo_inval_loses_nothing_where_one_level_asks_for_a_flush(lab: Lab, m: int, h: int, s: int) -> None:
    """Executed wherever no level has CBIE=0. To flush keeps what was stored, and to invalidate may keep it."""
    for name, value in (("menvcfg", m), ("henvcfg", h), ("senvcfg", s)):
        lab.csr(name, value << 4)
        assert lab.csr(name) >> 4 & 3 == value
    for mode in Mode:
        program = Program(lab, "sd a0, 0(a1)", "cbo.inval (a1)", "ld a0, 0(a1)", a0=77 + mode, a1=PAGE)
        for number in range(3):
            assert program.run(number, mode) is None, mode
        assert lab.a0 == 77 + mode
