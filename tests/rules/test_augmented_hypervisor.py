"""What RVA23 asks of a hypervisor hart beyond the chapter ("Sha" and its parts), which this machine meets."""

from __future__ import annotations

import pytest

from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, HS, NOP, Lab
from tests.rules.lines import FAR, ONES, PAGE, SV39, SV48, SV57, VA, field, trapped, two_stages

MODES = [0, SV39, SV48, SV57]


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("shgatpa_satp_hgatp_mode_support")
@pytest.mark.rule("shgatpa_hgatp_bare_mode")
@pytest.mark.rule("shvsatpa_satp_vsatp_modes")
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_satp_is_there_for_guests(lab: Lab, mode: int) -> None:
    for name in (HS, "vsatp", "hgatp"):
        lab.csr(name, SV39 << 60)
        lab.csr(name, mode << 60)
        assert field(lab, f"{name}.MODE") == mode


@pytest.mark.rule("shcounterenw_hpmcounter_hcounteren")
@pytest.mark.parametrize("bit", range(32))
def test_each_counter_can_be_given_to_the_guest(lab: Lab, bit: int) -> None:
    assert lab.csr("hcounteren", 1 << bit) == 1 << bit


@pytest.mark.rule("shvstvecd_vstvec_mode_direct")
@pytest.mark.rule("shvstvecd_vstvec_base_aligned_address")
@pytest.mark.parametrize("base", [4, PAGE + 8, 0x3F_FFFF_FFFC, ONES - 3])
def test_any_aligned_address_is_a_guests_vector(lab: Lab, base: int) -> None:
    lab.csr("vstvec", 1)
    lab.csr("vstvec", base)
    assert lab.csr("vstvec") == base
    lab.csr("hedeleg", ONES)
    trapped(lab, "ebreak", Mode.VS)
    assert lab.state.pc == base


@pytest.mark.rule("shtvala_htval_faulting_gpa")
@pytest.mark.parametrize(("text", "cause"), [("ld a0, 16(a1)", 21), ("sd a0, 16(a1)", 23), ("fetch", 20)])
def test_htval_always_tells_the_guest_physical_address(lab: Lab, text: str, cause: int) -> None:
    first, _ = two_stages(lab)
    first.map(VA, FAR)
    record = lab.fetch(VA + 16, Mode.VS) if text == "fetch" else trapped(lab, text, Mode.VS, a1=VA)
    assert record is not None
    assert (record.cause, lab.csr("stval"), lab.csr("htval")) == (cause, VA + 16, FAR + 16 >> 2)


VSTVAL = [
    # instruction, cause, what vstval receives: an address, or None for the instruction's own bits
    ("ebreak", Cause.BREAKPOINT, CODE),
    ("ld a0, 0(a1)", Cause.LOAD_PAGE_FAULT, VA),
    ("sd a0, 0(a1)", Cause.STORE_PAGE_FAULT, VA),
    ("lr.w a0, (a2)", Cause.LOAD_MISALIGNED, VA + 1),
    ("amoor.w a0, a0, (a2)", Cause.STORE_MISALIGNED, VA + 1),
    ("lbu a0, 0(a3)", Cause.LOAD_ACCESS, VA + 4096),
    ("sb a0, 0(a3)", Cause.STORE_ACCESS, VA + 4096),
    ("csrrs a0, mstatus, x0", Cause.ILLEGAL_INSTRUCTION, None),
    ("fadd.d fa0, fa0, fa0", Cause.ILLEGAL_INSTRUCTION, None),
]


@pytest.mark.rule("shvstvala_vstval_written")
@pytest.mark.parametrize(("text", "cause", "expected"), VSTVAL)
def test_vstval_is_always_informative(lab: Lab, text: str, cause: Cause, expected: int | None) -> None:
    lab.csr("hedeleg", ONES)
    first, guest = two_stages(lab)
    guest.map(FAR, 0x4000_0000, 0xDF)
    first.map(VA + 4096, FAR)
    record = trapped(lab, text, Mode.VS, a1=VA, a2=VA + 1, a3=VA + 4096)
    assert (record.target, lab.csr("vscause")) == (Mode.VS, cause)
    assert lab.csr("vstval") == (record.instruction if expected is None else expected)
    assert lab.csr("vstval") != 0
    assert lab.state.pc == HANDLERS["VS"]


@pytest.mark.rule("shvstvala_vstval_written")
def test_vstval_of_fetches(lab: Lab) -> None:
    lab.csr("hedeleg", ONES)
    first, guest = two_stages(lab)
    guest.map(FAR, 0x4000_0000, 0xDF)
    first.map(VA, PAGE)
    first.map(VA + 8192, FAR)
    lab.machine.ram.write(PAGE + 4094 - lab.machine.ram.base, 2, NOP & 0xFFFF)
    for address, cause, expected in ((VA + 4094, 12, VA + 4096), (VA + 4096, 12, VA + 4096), (VA + 8194, 1, VA + 8194)):
        record = lab.fetch(address, Mode.VS)
        assert record is not None
        assert (lab.csr("vscause"), lab.csr("vsepc"), lab.csr("vstval")) == (cause, address, expected)
