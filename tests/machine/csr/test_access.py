"""Single gates of access, each with the clause that it cites, and what V=1 substitutes."""

from __future__ import annotations

import pytest

from machine.csr import access
from machine.spec.modes import Mode
from machine.spec.rules import Reason

from .conftest import Bench, build

TVM, VTVM = 1 << 20, 1 << 20
FS_DIRTY = 3 << 13
OK = ("ok", Reason.NONE)


def rule(name: str, *values: object) -> object:
    """A row that checks a rule of the manual."""
    return pytest.param(*values, marks=pytest.mark.rule(name), id=f"{name}-{'-'.join(map(str, values[:2]))}")


@pytest.mark.parametrize(
    ("settings", "register", "mode", "outcome"),
    [
        rule("mstatus_tvm_warl_op", {"mstatus": TVM}, "satp", Mode.HS, ("illegal", Reason.CSR_TVM)),
        rule("mstatus_tvm_warl_op", {"mstatus": TVM}, "satp", Mode.M, OK),
        rule("mstatus_modes", {"mstatus": TVM}, "satp", Mode.VS, OK),
        rule("mstatus_tvm_warl_op", {"mstatus": TVM}, "satp", Mode.U, ("illegal", Reason.CSR_PRIVILEGE)),
        rule("hgatp_tvm_illegal", {"mstatus": TVM}, "hgatp", Mode.HS, ("illegal", Reason.CSR_TVM)),
        rule("mstatus_tvm_hs", {"mstatus": TVM}, "vsatp", Mode.HS, OK),
        rule(
            "H_virtinst_vu_vs_nonhigh_allowedhs_tvm0",
            *({"mstatus": TVM}, "hgatp", Mode.VS, ("virtual", Reason.V_HYPERVISOR_CSR)),
        ),
        rule(
            "H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0",
            *({"mstatus": TVM}, "satp", Mode.VU, ("virtual", Reason.VU_SUPERVISOR_CSR)),
        ),
        rule("hstatus_vtvm_op", {"hstatus": VTVM}, "satp", Mode.VS, ("virtual", Reason.VS_FENCE_SATP_VTVM)),
        rule("hstatus_vtvm_op", {"hstatus": VTVM}, "satp", Mode.HS, OK),
        rule("hstatus_vtvm_op", {"hstatus": VTVM}, "stvec", Mode.VS, OK),
        rule(
            "mcounteren_clr_ill_inst_exc", {"mcounteren": ~4}, "instret", Mode.HS, ("illegal", Reason.COUNTER_DISABLED)
        ),
        rule("mcounteren_clr_ill_inst_exc", {"mcounteren": 4}, "instret", Mode.HS, OK),
        rule("mcounteren_clr_ill_inst_exc", {"mcounteren": 0}, "cycle", Mode.VS, ("illegal", Reason.COUNTER_DISABLED)),
        rule("scounteren_op", {"scounteren": ~8}, "hpmcounter3", Mode.U, ("illegal", Reason.COUNTER_DISABLED)),
        rule("scounteren_op", {"scounteren": ~8}, "hpmcounter3", Mode.HS, OK),
        rule("scounteren_op", {"scounteren": ~8}, "hpmcounter3", Mode.VS, OK),
        rule("hcounteren_op", {"hcounteren": ~1}, "cycle", Mode.U, OK),
        rule("H_virtinst_vs_nonhighctr_h0_m1", {"hcounteren": ~1}, "cycle", Mode.VS, ("virtual", Reason.VS_COUNTER)),
        rule("H_virtinst_vu_nonhighctr_h0_s0_m1", {"hcounteren": ~1}, "cycle", Mode.VU, ("virtual", Reason.VU_COUNTER)),
        rule("H_virtinst_vu_nonhighctr_h0_s0_m1", {"scounteren": ~1}, "cycle", Mode.VU, ("virtual", Reason.VU_COUNTER)),
        rule(
            "H_virtinst_vu_nonhighctr_h0_s0_m1",
            *({"scounteren": 0, "mcounteren": 0}, "time", Mode.VU, ("illegal", Reason.COUNTER_DISABLED)),
        ),
        rule("menvcfg_stce_op2", {"menvcfg": 0}, "stimecmp", Mode.HS, ("illegal", Reason.STIMECMP_DISABLED)),
        rule("menvcfg_stce_op2", {"menvcfg": 0}, "stimecmp", Mode.VS, ("illegal", Reason.STIMECMP_DISABLED)),
        rule("menvcfg_stce_op2", {"menvcfg": 0}, "stimecmp", Mode.M, OK),
        rule("mcounteren_tm_clr", {"mcounteren": ~2}, "stimecmp", Mode.HS, ("illegal", Reason.STIMECMP_DISABLED)),
        rule("mcounteren_tm_clr", {"mcounteren": ~2}, "vstimecmp", Mode.HS, ("illegal", Reason.STIMECMP_DISABLED)),
        rule("mcounteren_tm_clr", {"mcounteren": ~2}, "vstimecmp", Mode.VS, ("illegal", Reason.STIMECMP_DISABLED)),
        rule("henvcfg_stce", {"henvcfg": 0}, "stimecmp", Mode.VS, ("virtual", Reason.V_STIMECMP_STCE)),
        rule("henvcfg_stce", {"henvcfg": 0}, "stimecmp", Mode.VU, ("virtual", Reason.VU_SUPERVISOR_CSR)),
        rule("henvcfg_stce", {"henvcfg": 0}, "vstimecmp", Mode.HS, OK),
        rule("hcounteren_acc", {"hcounteren": ~2}, "stimecmp", Mode.VS, ("virtual", Reason.VS_STIMECMP_TM)),
        rule("hcounteren_acc", {"hcounteren": ~2}, "stimecmp", Mode.HS, OK),
        rule("H_illegalinst_xstatus_fs_vs", {"vsstatus": 0}, "fcsr", Mode.VS, ("illegal", Reason.FP_OFF)),
        rule("H_illegalinst_xstatus_fs_vs", {"mstatus": 0}, "frm", Mode.VU, ("illegal", Reason.FP_OFF)),
        rule("vsstatus_v0", {"vsstatus": 0}, "fflags", Mode.HS, OK),
        rule("mstatus_fs_vs_xs_off_op", {"mstatus": 0}, "fcsr", Mode.M, ("illegal", Reason.FP_OFF)),
        rule("Zicsr_illegal_mode", {}, "mscratch", Mode.VS, ("illegal", Reason.CSR_PRIVILEGE)),
        rule("H_vscsrs_acc_u", {}, "vsscratch", Mode.U, ("illegal", Reason.CSR_PRIVILEGE)),
        rule("H_vscsrs_acc_vs", {}, "vsscratch", Mode.VS, ("virtual", Reason.V_HYPERVISOR_CSR)),
        rule("H_scsrs_nomatch", {}, "senvcfg", Mode.VS, OK),
    ],
)
def test_gate(bench: Bench, settings: dict[str, int], register: str, mode: Mode, outcome: tuple[str, Reason]) -> None:
    bench.allow_everything()
    for name, value in settings.items():
        bench.write(name, value)
    bench.enter(mode)
    assert bench.attempt(register) == outcome


@pytest.mark.rule("Zicsr_illegal_acc")
@pytest.mark.parametrize("register", ["hgeip", "time"])
@pytest.mark.parametrize("mode", Mode)
def test_a_write_that_hs_mode_could_not_do_is_illegal_in_every_mode(bench: Bench, register: str, mode: Mode) -> None:
    bench.allow_everything()
    bench.enter(mode)
    assert bench.attempt(register, write=True) == ("illegal", Reason.CSR_READ_ONLY)


SUBSTITUTED = {
    "sstatus": (1 << 18, "vsstatus"),
    "stvec": (0x8000_0001, "vstvec"),
    "sscratch": (0x1234, "vsscratch"),
    "sepc": (0x1002, "vsepc"),
    "scause": (13, "vscause"),
    "stval": (0x5678, "vstval"),
    "satp": (8 << 60 | 0x80000, "vsatp"),
    "stimecmp": (77, "vstimecmp"),
}


@pytest.mark.rule("H_vscsrs_sub")
@pytest.mark.rule("H_vscsrs_v1")
@pytest.mark.parametrize("name", SUBSTITUTED)
def test_v1_substitutes(bench: Bench, name: str) -> None:
    value, twin = SUBSTITUTED[name]
    before = bench.read(name)
    bench.enter(Mode.VS)
    bench.execute_write(name, value)
    assert bench.execute_read(name) & value == value
    assert bench.read(twin) == bench.execute_read(name)
    assert bench.read(name) == before


@pytest.mark.rule("H_scsrs_nomatch")
@pytest.mark.parametrize("name", ["senvcfg", "scounteren"])
def test_registers_without_a_twin_are_shared(bench: Bench, name: str) -> None:
    bench.enter(Mode.VS)
    bench.execute_write(name, 1)
    bench.enter(Mode.HS)
    assert bench.execute_read(name) == 1


@pytest.mark.rule("menvcfg_stce_rdonly0")
def test_without_sstc_there_are_no_timers() -> None:
    bench = build("rv64gch")
    assert bench.attempt("stimecmp") == bench.attempt("vstimecmp") == ("illegal", Reason.CSR_ABSENT)
    bench.write("menvcfg", -1)
    assert (bench.field("menvcfg.STCE"), bench.field("menvcfg.ADUE")) == (0, 0)


@pytest.mark.rule("mstatus_fs_rdonly0_s_no_f")
def test_without_f_there_is_no_floating_point() -> None:
    bench = build("rv64imach")
    bench.write("mstatus", FS_DIRTY)
    bench.write("vsstatus", FS_DIRTY)
    assert (bench.field("mstatus.FS"), bench.field("vsstatus.FS")) == (0, 0)
    assert bench.attempt("fcsr") == ("illegal", Reason.CSR_ABSENT)


@pytest.mark.rule("mepc_align")
def test_without_c_addresses_have_two_zero_bits() -> None:
    bench = build("rv64imah")
    for name in ("mepc", "sepc", "vsepc"):
        bench.write(name, 0x1003)
        assert bench.read(name) == 0x1000


def test_a_debugger_names_a_register_and_means_it_in_every_mode(bench: Bench) -> None:
    bench.enter(Mode.VS)
    assert access.named(bench.hart, "sepc").name == "sepc"
    with pytest.raises(LookupError, match="no CSR named 'hstatsu'"):
        access.named(bench.hart, "hstatsu")


def test_a_debugger_is_not_shown_a_register_that_the_hart_lacks() -> None:
    with pytest.raises(LookupError, match="'stimecmp'"):
        access.named(build("rv64gch").hart, "stimecmp")
