"""The hypervisor chapter's registers: what they hold, who reaches them, what V=1 puts in their place."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import HS, URWX, A, Lab, V, X
from tests.rules.lines import ONES, PAGE, do, field, put, trapped

H_CSRS = [
    *("hstatus", "hedeleg", "hideleg", "hvip", "hip", "hie", "hgeip", "hgeie", "henvcfg", "hcounteren", "htimedelta"),
    *("htval", "htinst", "hgatp"),
]
TWINS = ["sstatus", "stvec", "sscratch", "sepc", "scause", "stval", "sip", "sie"]


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("H_csrs_hs_not_vs")
@pytest.mark.parametrize("name", H_CSRS)
def test_hypervisor_registers_are_hs_modes_alone(lab: Lab, name: str) -> None:
    assert do(lab, f"csrrs a0, {name}, x0", Mode.HS) is None
    assert trapped(lab, f"csrrs a0, {name}, x0", Mode.VS).cause == Cause.VIRTUAL_INSTRUCTION
    assert trapped(lab, f"csrrs a0, {name}, x0", Mode.U).cause == Cause.ILLEGAL_INSTRUCTION


HIGH_HALVES = {"hedelegh": 0x612, "henvcfgh": 0x61A, "htimedeltah": 0x615, "vstimecmph": 0x25D, "medelegh": 0x312}


@pytest.mark.rule("hedelegh_sz_acc_op")
@pytest.mark.rule("henvcfgh_sz_acc_op")
@pytest.mark.rule("htimedeltah_sz_acc_op")
@pytest.mark.rule("medelegh_omit_xlen64")
@pytest.mark.rule("menvcfgh_sz_acc_op")
@pytest.mark.parametrize("number", [*HIGH_HALVES.values(), 0x31A], ids=[*HIGH_HALVES, "menvcfgh"])
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS, Mode.VS])
def test_there_are_no_high_halves(lab: Lab, number: int, mode: Mode) -> None:
    assert trapped(lab, f"csrrs a0, {number:#x}, x0", mode).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("vstvec_sz_acc_op")
@pytest.mark.rule("vspec_sz_acc_op")
@pytest.mark.rule("vscause_sz_acc_op")
@pytest.mark.rule("vstval_sz_acc_op")
@pytest.mark.rule("H_vscsrs_v0")
@pytest.mark.parametrize("name", ["stvec", "sscratch", "sepc", "scause", "stval"])
def test_the_guest_writes_its_own_twin(lab: Lab, name: str) -> None:
    lab.csr(name, 0x1000)
    lab.csr(f"v{name}", 0x2000)
    assert do(lab, f"csrrw a0, {name}, a1", Mode.VS, a1=0x3000) is None
    assert (lab.a0, lab.csr(name), lab.csr(f"v{name}")) == (0x2000, 0x1000, 0x3000)
    assert do(lab, f"csrrw a0, {name}, a1", Mode.HS, a1=0x4000) is None
    assert (lab.a0, lab.csr(name), lab.csr(f"v{name}")) == (0x1000, 0x4000, 0x3000)


@pytest.mark.rule("vsatp_sz_acc_op")
@pytest.mark.rule("vsatp_v0")
def test_vsatp_means_nothing_to_hs_mode(lab: Lab) -> None:
    lab.csr("vsatp", 8 << 60 | 0x12345)
    lab.write(PAGE, 77)
    assert lab.load(PAGE, Mode.HS) is None
    assert lab.a0 == 77
    assert trapped(lab, "ld a0, 0(a1)", Mode.VS, a1=PAGE).code == Cause.FETCH_ACCESS
    assert do(lab, "csrrw a0, satp, x0", Mode.HS) is None
    assert lab.csr("vsatp") == 8 << 60 | 0x12345


@pytest.mark.rule("vsatp_mode_unsupported_v1")
@pytest.mark.parametrize("mode", [1, 7, 11, 15])
def test_a_guests_satp_ignores_an_unsupported_mode(lab: Lab, mode: int) -> None:
    assert do(lab, "csrrw a0, satp, a1", Mode.VS, a1=5 << 44) is None
    assert do(lab, "csrrw a0, satp, a1", Mode.VS, a1=mode << 60 | 6 << 44 | 9) is None
    assert lab.csr("vsatp") == 5 << 44


@pytest.mark.rule("xlen_le_mxlen")
@pytest.mark.rule("mstatus_sxl_uxl_warl_op")
@pytest.mark.rule("sxlen_uxlen")
@pytest.mark.rule("mstatus_sxl_acc_mxlen64")
@pytest.mark.rule("mstatus_uxl_acc_mxlen64")
@pytest.mark.rule("mstatus_uxl_legal_vals_smode")
@pytest.mark.rule("hstatus_vsxl_64")
@pytest.mark.rule("hstatus_vsxl_op")
@pytest.mark.rule("vsxlen")
@pytest.mark.rule("hsxlen")
@pytest.mark.rule("vsstatus_ube")
def test_every_mode_has_64_bits_and_little_endian(lab: Lab) -> None:
    for name in ("hstatus", "mstatus", "vsstatus"):
        lab.csr(name, ONES)
    widths = ("hstatus.VSXL", "mstatus.SXL", "mstatus.UXL", "vsstatus.UXL")
    assert [field(lab, path) for path in widths] == [status.XL_64] * 4
    orders = ("hstatus.VSBE", "mstatus.MBE", "mstatus.SBE", "mstatus.UBE", "vsstatus.UBE")
    assert [field(lab, path) for path in orders] == [0] * 5
    for name in ("hstatus", "mstatus", "vsstatus"):
        lab.csr(name, 0)
    assert [field(lab, path) for path in widths] == [status.XL_64] * 4


WRITABLE = [
    ("hedeleg", sum(1 << n for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 15, 18, 19))),
    ("hideleg", 1 << 2 | 1 << 6 | 1 << 10),
    ("hvip", 1 << 2 | 1 << 6 | 1 << 10),
    ("hie", 1 << 2 | 1 << 6 | 1 << 10 | 1 << 12),
    ("hgeie", ONES - 1),
    ("hgeip", 0),
    ("htimedelta", ONES),
    ("hcounteren", 0xFFFF_FFFF),
    ("htval", ONES),
    ("htinst", ONES),
    ("mtval2", ONES),
    ("mtinst", ONES),
    ("vstimecmp", ONES),
]


@pytest.mark.rule("hedeleg_sz_acc")
@pytest.mark.rule("hideleg_sz_acc")
@pytest.mark.rule("hvip_sz_op")
@pytest.mark.rule("hip_hie_sz_acc")
@pytest.mark.rule("hgeie_sz_acc_op")
@pytest.mark.rule("hcounteren_warl")
@pytest.mark.rule("time_htimedelta_req")
@pytest.mark.rule("htval_sz_acc_op")
@pytest.mark.rule("htinst_sz_acc_op")
@pytest.mark.rule("mtval2_sz_acc_op")
@pytest.mark.rule("mtinst_sz_acc_op")
@pytest.mark.rule("vsip_vsie_lcofi")
@pytest.mark.parametrize(("name", "expected"), WRITABLE)
def test_what_a_register_holds(lab: Lab, name: str, expected: int) -> None:
    lab.csr("hgeie", 0)
    mode = Mode.M if name.startswith("m") else Mode.HS
    lab.set("menvcfg", 1 << status.ENVCFG_STCE)
    if name == "hgeip":
        assert trapped(lab, "csrrw x0, hgeip, a1", mode, a1=ONES).cause == Cause.ILLEGAL_INSTRUCTION
    else:
        assert do(lab, f"csrrw x0, {name}, a1", mode, a1=ONES) is None
    assert do(lab, f"csrrs a0, {name}, x0", mode) is None
    assert lab.a0 == expected


@pytest.mark.rule("henvcfg_pbmte_op")
@pytest.mark.rule("henvcfg_cbie")
@pytest.mark.rule("henvcfg_pmm_op")
@pytest.mark.rule("henvcfg_lpe_op")
@pytest.mark.rule("henvcfg_sse_op")
@pytest.mark.rule("henvcfg_dte_op")
@pytest.mark.rule("henvcfg_sz_acc_op")
@pytest.mark.rule("menvcfg_pbmte_henvcfg_pbmte_rdonly0")
@pytest.mark.rule("menvcfg_cbze_rdonly0")
@pytest.mark.rule("menvcfg_cbcfe_rdonly0")
@pytest.mark.rule("menvcfg_cbie_rdonly0")
@pytest.mark.rule("menvcfg_cde_rdonly0")
@pytest.mark.rule("menvcfg_pmm_rdonly0")
@pytest.mark.rule("menvcfg_sz_acc")
@pytest.mark.rule("senvcfg_cbze")
@pytest.mark.rule("senvcfg_cbcfe")
@pytest.mark.rule("senvcfg_cbie")
@pytest.mark.rule("senvcfg_pmm_Ssnpm")
@pytest.mark.parametrize("name", ["menvcfg", "henvcfg", "senvcfg"])
@pytest.mark.reference_only
def test_configuration_of_absent_extensions_reads_zero(name: str) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("rv64gch_sstc_svadu")))
    lab.csr("menvcfg", ONES)
    assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=ONES) is None
    translating = 1 << status.ENVCFG_STCE | 1 << status.ENVCFG_ADUE
    assert lab.csr(name) == 1 << status.ENVCFG_FIOM | (0 if name == "senvcfg" else translating)


@pytest.mark.rule("stce_bit_exist")
@pytest.mark.rule("menvcfg_stce_op1")
@pytest.mark.rule("Svadu_hypervisor_adue_writable")
@pytest.mark.rule("menvcfg_adue_henvcfg_adue_rdonly0")
@pytest.mark.parametrize("name", ["STCE", "ADUE"])
def test_henvcfg_needs_menvcfg(lab: Lab, name: str) -> None:
    lab.csr("menvcfg", 0)
    lab.csr("henvcfg", ONES)
    assert field(lab, f"henvcfg.{name}") == 0
    put(lab, f"menvcfg.{name}", 1)
    put(lab, f"henvcfg.{name}", 1)
    put(lab, f"menvcfg.{name}", 0)
    assert field(lab, f"henvcfg.{name}") == 0


@pytest.mark.rule("hgatp_sz_acc_op")
@pytest.mark.rule("hgatp_mode_sv")
@pytest.mark.rule("hgatp_mode_bare")
@pytest.mark.rule("hgatp_vmid")
@pytest.mark.rule("hgatp_mode_warl")
@pytest.mark.parametrize("mode", range(16))
def test_hgatp_legalises_field_by_field(lab: Lab, mode: int) -> None:
    lab.csr("hgatp", 8 << 60)
    assert do(lab, "csrrw x0, hgatp, a1", Mode.HS, a1=mode << 60 | (1 << 60) - 1) is None
    assert field(lab, "hgatp.MODE") == (mode if mode in (0, 8, 9, 10) else 8)
    assert field(lab, "hgatp.VMID") == (1 << 14) - 1
    assert field(lab, "hgatp.PPN") == (1 << 44) - 4
    assert lab.csr("hgatp") >> 58 & 3 == 0


@pytest.mark.rule("misa_h_op")
@pytest.mark.rule("H_vm_supported")
@pytest.mark.rule("H_mtval_nrz")
def test_the_extension_is_there(lab: Lab) -> None:
    assert lab.csr("misa") >> 7 & 1 == 1
    assert lab.csr("satp", 8 << 60) == 8 << 60
    lab.csr("satp", 0)
    assert lab.csr("mtval", ONES) == ONES


@pytest.mark.rule("H_scsrs_nomatch")
@pytest.mark.parametrize(("name", "value"), [("senvcfg", 1), ("scounteren", 5)])
def test_registers_without_a_twin_serve_the_guest_too(lab: Lab, name: str, value: int) -> None:
    assert do(lab, f"csrrw a0, {name}, a1", Mode.VS, a1=value) is None
    assert lab.csr(name) == value
    assert do(lab, f"csrrs a0, {name}, x0", Mode.HS) is None
    assert lab.a0 == value


@pytest.mark.rule("H_scsrs_nomatch")
@pytest.mark.parametrize(("h", "s", "runs"), [(0, 0, False), (0, 1, False), (1, 0, False), (1, 1, True)])
def test_scounteren_decides_for_vu_mode(lab: Lab, h: int, s: int, runs: bool) -> None:
    lab.csr("hcounteren", h)
    lab.csr("scounteren", s)
    assert (do(lab, "csrrs a0, cycle, x0", Mode.VU) is None) == runs
    assert (do(lab, "csrrs a0, cycle, x0", Mode.VS) is None) == (h == 1)


@pytest.mark.rule("htimedelta_sz_acc_op")
@pytest.mark.parametrize("delta", [0, 5000, ONES - 2])
def test_only_the_guests_time_is_shifted(lab: Lab, delta: int) -> None:
    lab.csr("htimedelta", delta)
    for name in ("hcounteren", "scounteren"):
        lab.csr(name, ONES)
    for mode in Mode:
        before = lab.hart.time()
        assert do(lab, "csrrs a0, time, x0", mode) is None
        seen = lab.a0 - delta * mode.virtual & ONES
        assert before <= seen <= lab.hart.time(), mode


@pytest.mark.rule("H_vscsrs_v1")
def test_the_hosts_vector_and_status_rest_while_the_guest_traps(lab: Lab) -> None:
    lab.csr("hedeleg", ONES)
    before = {name: lab.csr(name) for name in TWINS}
    assert trapped(lab, "ebreak", Mode.VU).target is Mode.VS
    assert {name: lab.csr(name) for name in TWINS} == before


@pytest.mark.rule("vsstatus_sd_xs_op")
@pytest.mark.rule("mstatus_fs_vs_xs_update_indep_priv")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("text", ["fadd.s fa0, fa0, fa0", "csrrwi x0, frm, 1", "fmv.d.x fa0, a0"])
def test_floating_point_dirties_both_levels_in_the_guest(lab: Lab, mode: Mode, text: str) -> None:
    put(lab, "mstatus.FS", status.FS_INITIAL)
    put(lab, "vsstatus.FS", status.FS_CLEAN)
    assert do(lab, text, mode) is None
    assert (field(lab, "sstatus.FS"), field(lab, "sstatus.SD")) == (status.FS_DIRTY, 1)
    guest = (status.FS_DIRTY, 1) if mode.virtual else (status.FS_CLEAN, 0)
    assert (field(lab, "vsstatus.FS"), field(lab, "vsstatus.SD")) == guest


@pytest.mark.rule("vsstatus_v0")
@pytest.mark.rule("H_vscsrs_v0")
@pytest.mark.parametrize("guest", [0, ONES])
def test_vsstatus_means_nothing_to_hs_mode(lab: Lab, guest: int) -> None:
    """SUM, MXR, FS and SIE of the guest, against the opposite of HS-mode."""
    table = lab.table(HS, 8)
    table.map(0x4000_0000, PAGE, URWX)
    table.map(0x4000_1000, PAGE, V | X | A)
    host = 0 if guest else 1 << status.SUM | 1 << status.MXR | 3 << status.FS | 1 << status.SIE
    lab.csr("vsstatus", guest)
    lab.csr("mie", 1 << 1)
    for address, text in ((0x4000_0000, "ld a0, 0(a1)"), (0x4000_1000, "ld a0, 0(a1)"), (0, "fadd.d fa0, fa0, fa0")):
        lab.csr("mstatus", host & ~(1 << status.SIE))
        assert (do(lab, text, Mode.HS, a1=address) is None) == (not guest), text
    lab.csr("mstatus", host)
    lab.csr("mip", 1 << 1)
    assert (do(lab, "addi x0, x0, 0", Mode.HS) is None) == bool(guest)
