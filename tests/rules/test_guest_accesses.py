"""HLV, HLVX and HSV, and MPRV: accesses with the rights of a mode that is not the current one."""

from __future__ import annotations

import pytest

from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import HS, URWX, A, D, Lab, R, U, V, W, X
from tests.rules.lines import FAR, ONES, PAGE, SV39, VA, do, put, trapped, two_stages

VALUE = 0x8877_6655_4433_2211
GUEST_LEAF = V | R | W | X | A | D


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, VALUE)
    put(made, "hstatus.SPVP", 1)
    return made


@pytest.mark.rule("hlsv_mode")
@pytest.mark.rule("mstatus_mprv_hlsv")
@pytest.mark.parametrize(("mode", "hu", "mprv"), [(Mode.M, 0, 0), (Mode.M, 0, 1), (Mode.HS, 0, 0), (Mode.U, 1, 0)])
def test_who_may_act_as_the_guest(lab: Lab, mode: Mode, hu: int, mprv: int) -> None:
    put(lab, "hstatus.HU", hu)
    lab.set("mstatus", mprv << status.MPRV)  # with MPP=U: a plain access would be U-mode's
    first, guest = two_stages(lab)
    guest.map(FAR, PAGE, URWX)
    first.map(VA, FAR)
    assert do(lab, "hlv.d a0, (a1)", mode, a1=VA) is None
    assert lab.a0 == VALUE
    assert do(lab, "hsv.h a0, (a1)", mode, a1=VA + 2, a0=0xABCD) is None
    assert lab.read(PAGE) == VALUE & ~0xFFFF_0000 | 0xABCD_0000


SUM_CASES = [
    # SPVP, sstatus.SUM, vsstatus.SUM, U of the guest's page, does it load
    (1, 0, 0, 0, True),
    (1, 0, 0, U, False),
    (1, 1, 0, U, False),
    (1, 0, 1, U, True),
    (0, 1, 1, 0, False),
    (0, 0, 0, U, True),
]


@pytest.mark.rule("hlsv_trans")
@pytest.mark.rule("hstatus_spvp_op")
@pytest.mark.parametrize(("spvp", "host", "guest_sum", "user", "runs"), SUM_CASES)
@pytest.mark.parametrize("text", ["hlv.d a0, (a1)", "hlvx.wu a0, (a1)", "hsv.b a0, (a1)"])
def test_the_guests_sum_decides(
    lab: Lab, spvp: int, host: int, guest_sum: int, user: int, runs: bool, text: str
) -> None:
    put(lab, "hstatus.SPVP", spvp)
    put(lab, "sstatus.SUM", host)
    put(lab, "vsstatus.SUM", guest_sum)
    two_stages(lab)[0].map(VA, PAGE, GUEST_LEAF | user)
    record = do(lab, text, Mode.HS, a1=VA)
    assert (record is None) == runs
    if record is not None:
        assert record.cause == (Cause.STORE_PAGE_FAULT if text.startswith("hsv") else Cause.LOAD_PAGE_FAULT)


MXR_CASES = [
    # sstatus.MXR, vsstatus.MXR, which stage is execute-only, the fault (0: none)
    (0, 0, "vs", 13),
    (0, 1, "vs", 0),
    (1, 0, "vs", 0),
    (0, 0, "g", 21),
    (0, 1, "g", 21),
    (1, 0, "g", 0),
]


@pytest.mark.rule("hlsv_sstatus_mxr")
@pytest.mark.rule("hlsv_vsstatus_mxr")
@pytest.mark.parametrize(("host", "guest_mxr", "stage", "cause"), MXR_CASES)
@pytest.mark.parametrize("access", ["hlv.d a0, (a1)", "ld a0, 0(a1)"])
def test_make_executable_readable(lab: Lab, host: int, guest_mxr: int, stage: str, cause: int, access: str) -> None:
    put(lab, "sstatus.MXR", host)
    put(lab, "vsstatus.MXR", guest_mxr)
    first, guest = two_stages(lab)
    guest.map(FAR, PAGE, V | X | U | A if stage == "g" else URWX)
    first.map(VA, FAR, V | X | A if stage == "vs" else GUEST_LEAF)
    record = do(lab, access, Mode.HS if access[0] == "h" else Mode.VS, a1=VA)
    assert (0 if record is None else record.cause) == cause


@pytest.mark.rule("H_vm_gpapriv")
@pytest.mark.rule("hlsv_sstatus_mxr")
def test_mxr_does_not_open_the_guests_tables(lab: Lab) -> None:
    """MXR concerns explicit loads; a VS-level table in an execute-only page of the G-stage stays closed."""
    put(lab, "sstatus.MXR", 1)
    first, guest = two_stages(lab)
    first.map(VA, PAGE)
    leaf = first.slot(VA)
    guest.map(FAR, leaf & -4096, V | X | U | A)
    lab.write(first.slot(VA, 1), FAR >> 12 << 10 | V)
    record = trapped(lab, "ld a0, 0(a1)", Mode.VS, a1=VA)
    assert (record.cause, record.reason, record.tinst) == (21, Reason.PTE_NO_READ, 0x3000)


@pytest.mark.rule("mstatus_mprv_hypervisor")
@pytest.mark.parametrize(("mpp", "mpv", "runs"), [(0, 0, "U"), (1, 0, "S"), (3, 0, "M"), (3, 1, "M"), (0, 1, "VU")])
def test_mprv_takes_the_place_of_the_mode(lab: Lab, mpp: int, mpv: int, runs: str) -> None:
    """Each world maps the address to a page of its own; only user pages for U and VU."""
    worlds = {name: lab.page() for name in ("U", "S", "VU")}
    host = lab.table(HS, SV39)
    host.map(VA, worlds["U"], URWX)
    host.map(VA + 4096, worlds["S"])
    first, _ = two_stages(lab)
    first.map(VA, worlds["VU"], URWX)
    for number, page in enumerate(worlds.values()):
        lab.write(page, number)
    lab.set("mstatus", 1 << status.MPRV | mpp << status.MPP | mpv << status.MPV)
    record = do(lab, "ld a0, 0(a1)", Mode.M, a1=VA + 4096 if runs == "S" else VA)
    if runs == "M":
        assert record is not None
        assert (record.cause, record.gva) == (Cause.LOAD_ACCESS, 0)
    else:
        assert record is None
        assert lab.a0 == list(worlds).index(runs)


@pytest.mark.rule("hlvx-wu_valid32")
def test_hlvx_zero_extends(lab: Lab) -> None:
    lab.write(PAGE, ONES)
    assert do(lab, "hlvx.wu a0, (a1)", Mode.HS, a1=PAGE) is None
    assert lab.a0 == 0xFFFF_FFFF
    assert do(lab, "hlvx.hu a0, (a1)", Mode.HS, a1=PAGE) is None
    assert lab.a0 == 0xFFFF


@pytest.mark.rule("hedeleg_op")
@pytest.mark.rule("hstatus_gva_op")
@pytest.mark.parametrize("mode", [Mode.HS, Mode.U])
@pytest.mark.parametrize("text", ["hlv.b a0, (a1)", "hlvx.hu a0, (a1)", "hsv.w a0, (a1)"])
def test_the_guest_never_handles_the_hosts_faults(lab: Lab, mode: Mode, text: str) -> None:
    """The page fault is the VS-stage's, but V was 0 before the trap: hedeleg does not apply."""
    put(lab, "hstatus.HU", 1)
    put(lab, "hstatus.SPV", 1)
    lab.csr("hedeleg", ONES)
    two_stages(lab)
    lab.csr("htval", ONES)
    record = trapped(lab, text, mode, a1=VA)
    assert (record.cause, record.target) == (15 if text.startswith("hsv") else 13, Mode.HS)
    assert (lab.csr("stval"), lab.csr("htval")) == (VA, 0)
    assert lab.csr("hstatus") >> status.HSTATUS_GVA & 1 == 1
    assert lab.csr("hstatus") >> status.HSTATUS_SPV & 1 == 0


@pytest.mark.rule("mstatus_gva_op")
@pytest.mark.rule("mtval2_trapval")
@pytest.mark.parametrize("mpp", [0, 1])
def test_a_guest_page_fault_of_m_mode_itself(lab: Lab, mpp: int) -> None:
    """Through MPRV: the address is the guest's (GVA), the trap came from M-mode (MPP=3, MPV=0)."""
    two_stages(lab)[0].map(VA, FAR, GUEST_LEAF | (0 if mpp else U))
    lab.set("mstatus", 1 << status.MPRV | 1 << status.MPV | mpp << status.MPP)
    record = trapped(lab, "sd a0, 0(a1)", Mode.M, a1=VA + 8)
    assert (record.cause, record.target, record.gva) == (23, Mode.M, 1)
    assert (lab.csr("mtval"), lab.csr("mtval2"), lab.csr("mtinst")) == (VA + 8, FAR + 8 >> 2, 0xA03023)
    assert lab.csr("mstatus") >> status.GVA & 1 == 1
    assert (lab.csr("mstatus") >> status.MPV & 1, lab.csr("mstatus") >> status.MPP & 3) == (0, 3)


@pytest.mark.rule("mtval2_trapval_other")
@pytest.mark.parametrize("text", ["hlv.d a0, (a1)", "hsv.d a0, (a1)"])
def test_a_misaligned_guest_access_names_its_faulting_part(lab: Lab, text: str) -> None:
    first, _ = two_stages(lab)
    first.map(VA, PAGE)
    first.map(VA + 4096, FAR)
    record = trapped(lab, text, Mode.HS, a1=VA + 4091)
    assert (record.tval, record.gpa, record.tinst >> 15 & 31) == (VA + 4096, FAR, 5)
