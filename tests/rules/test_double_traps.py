"""Double traps below M-mode: Ssdbltrp's SDT and DTE ("Double Trap Control in sstatus Register")."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, Lab
from tests.rules.lines import ONES, do, field, put, trapped

DTE, SDT, SIE = 1 << status.ENVCFG_DTE, 1 << status.SDT, 1 << status.SIE
INTERRUPT = 1 << 63


@pytest.fixture
def lab() -> Lab:
    """Double traps are enabled for both levels, and the guest handles its own traps."""
    lab = Lab()
    lab.set("menvcfg", DTE)
    lab.set("henvcfg", DTE)
    lab.csr("hedeleg", ONES)
    return lab


@pytest.mark.rule("menvcfg_DTE")
@pytest.mark.rule("henvcfg_DTE")
@pytest.mark.rule("sstatus_SDT")
@pytest.mark.rule("vsstatus_SDT")
@pytest.mark.rule("sstatus_sdt")
@pytest.mark.rule("vsstatus_sdt_op")
@pytest.mark.rule("menvcfg_dte_op")
@pytest.mark.rule("henvcfg_dte_op")
def test_sdt_is_there_where_dte_is(lab: Lab) -> None:
    for name in ("sstatus", "mstatus", "vsstatus"):
        put(lab, f"{name}.SDT", 1)
    assert (field(lab, "mstatus.SDT"), field(lab, "sstatus.SDT")) == (1, 1)
    put(lab, "henvcfg.DTE", 0)
    assert (field(lab, "sstatus.SDT"), field(lab, "vsstatus.SDT")) == (1, 0)
    assert do(lab, "csrrw x0, vsstatus, a1", Mode.HS, a1=SDT) is None
    assert field(lab, "vsstatus.SDT") == 0
    put(lab, "henvcfg.DTE", 1)
    put(lab, "vsstatus.SDT", 1)
    assert do(lab, "csrrc x0, menvcfg, a1", Mode.M, a1=DTE) is None
    assert [field(lab, path) for path in ("sstatus.SDT", "vsstatus.SDT", "henvcfg.DTE")] == [0, 0, 0]
    for name in ("sstatus", "vsstatus", "henvcfg"):
        assert do(lab, f"csrrw x0, {name}, a1", Mode.HS, a1=SDT | DTE) is None
    assert [field(lab, path) for path in ("sstatus.SDT", "vsstatus.SDT", "henvcfg.DTE")] == [0, 0, 0]


@pytest.mark.rule("sstatus_sdt_sstatus_sie_overwrite")
@pytest.mark.parametrize(("name", "mode"), [("sstatus", Mode.HS), ("mstatus", Mode.M), ("sstatus", Mode.VS)])
def test_setting_sdt_clears_sie(lab: Lab, name: str, mode: Mode) -> None:
    stored = "vsstatus" if mode is Mode.VS else "sstatus"
    for value, held in ((SIE, SIE), (SDT | SIE, SDT), (SDT, SDT), (SIE, SIE), (0, 0), (SDT, SDT)):
        assert do(lab, f"csrrc x0, {name}, a1", mode, a1=(SDT | SIE) & ~value) is None
        assert do(lab, f"csrrs x0, {name}, a1", mode, a1=value) is None
        assert lab.csr(stored) & (SDT | SIE) == held, hex(value)
    assert do(lab, f"csrrs x0, {name}, a1", mode, a1=SIE) is None
    assert lab.csr(stored) & SIE == 0, "SDT stays 1, so SIE cannot be set"


@pytest.mark.rule("sstatus_sdt_trap")
@pytest.mark.parametrize(("mode", "name"), [(Mode.U, "sstatus"), (Mode.HS, "sstatus"), (Mode.VU, "vsstatus")])
def test_a_trap_sets_sdt(lab: Lab, mode: Mode, name: str) -> None:
    record = trapped(lab, "ecall", mode)
    assert record.target is (Mode.VS if mode.virtual else Mode.HS)
    assert field(lab, f"{name}.SDT") == 1
    assert field(lab, "sstatus.SDT" if name == "vsstatus" else "vsstatus.SDT") == 0


@pytest.mark.rule("sstatus_sdt_trap")
@pytest.mark.rule("M_mode_invoke_error")
@pytest.mark.rule("mtval2_Ssdbltrap")
@pytest.mark.rule("medeleg_16_no_rd0")
def test_a_second_trap_of_hs_mode_is_a_double_trap(lab: Lab) -> None:
    assert lab.csr("medeleg", ONES) >> Cause.DOUBLE_TRAP & 1 == 0
    put(lab, "sstatus.SDT", 1)
    lab.csr("sepc", 0x1234)
    record = trapped(lab, "ld a0, 0(a1)", Mode.HS, a1=0x10)
    assert (record.code, record.target, record.interrupt) == (Cause.DOUBLE_TRAP, Mode.M, False)
    assert (lab.csr("mcause"), lab.csr("mtval2"), lab.csr("mtval")) == (Cause.DOUBLE_TRAP, Cause.LOAD_ACCESS, 0x10)
    assert (lab.csr("mepc"), lab.state.pc) == (CODE, HANDLERS["M"])
    assert (field(lab, "mstatus.MPP"), field(lab, "mstatus.MPV")) == (1, 0)
    assert (lab.csr("sepc"), lab.csr("scause"), field(lab, "sstatus.SDT")) == (0x1234, 0, 1)


@pytest.mark.rule("sstatus_sdt_trap")
@pytest.mark.rule("HS_mode_invoke_error")
@pytest.mark.rule("vsstatus_sdt_op")
@pytest.mark.parametrize("mode", [Mode.VS, Mode.VU])
def test_a_second_trap_of_the_guest_is_a_double_trap(lab: Lab, mode: Mode) -> None:
    put(lab, "vsstatus.SDT", 1)
    record = trapped(lab, "ebreak", mode)
    assert (record.code, record.target) == (Cause.DOUBLE_TRAP, Mode.M)
    assert (lab.csr("mtval2"), lab.csr("mtval")) == (Cause.BREAKPOINT, lab.csr("mepc"))
    assert (field(lab, "mstatus.MPP"), field(lab, "mstatus.MPV"), field(lab, "mstatus.GVA")) == (mode.privilege, 1, 1)
    assert field(lab, "sstatus.SDT") == 0


def test_what_hs_mode_takes_from_the_guest_asks_hs_mode_s_bit(lab: Lab) -> None:
    put(lab, "vsstatus.SDT", 1)
    assert trapped(lab, "ecall", Mode.VS).target is Mode.HS
    assert (field(lab, "sstatus.SDT"), field(lab, "vsstatus.SDT")) == (1, 1)


@pytest.mark.rule("sstatus_sdt_trap")
@pytest.mark.parametrize("guest", [False, True])
def test_an_interrupt_that_is_not_expected(lab: Lab, guest: bool) -> None:
    """A user mode is interrupted although its supervisor's SDT is 1; mtval2 has the interrupt's whole cause."""
    mode, interrupt = (Mode.VU, Interrupt.VSSI) if guest else (Mode.U, Interrupt.SSI)
    lab.csr("hideleg", ONES)
    put(lab, "vsstatus.SDT" if guest else "sstatus.SDT", 1)
    lab.csr("mie", ONES)
    lab.set("hvip" if guest else "mip", 1 << interrupt)
    record = trapped(lab, "addi x0, x0, 0", mode)
    assert (record.code, record.target, record.interrupt) == (Cause.DOUBLE_TRAP, Mode.M, False)
    assert (lab.csr("mcause"), lab.csr("mtval2")) == (Cause.DOUBLE_TRAP, INTERRUPT | interrupt)


@pytest.mark.rule("sstatus_sdt_sret")
@pytest.mark.rule("sret_dt")
@pytest.mark.parametrize("target", [Mode.HS, Mode.U, Mode.VS, Mode.VU])
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS])
def test_sret_clears_sdt(lab: Lab, mode: Mode, target: Mode) -> None:
    for name in ("sstatus", "vsstatus"):
        put(lab, f"{name}.SDT", 1)
    put(lab, "sstatus.SPP", target.privilege)
    put(lab, "hstatus.SPV", int(target.virtual))
    lab.csr("sepc", CODE)
    assert do(lab, "sret", mode) is None
    assert lab.hart.mode is target
    assert (field(lab, "sstatus.SDT"), field(lab, "vsstatus.SDT")) == (0, (mode, target) != (Mode.HS, Mode.VU))


@pytest.mark.rule("sret_dt")
def test_sret_of_the_guest_clears_its_own(lab: Lab) -> None:
    for name in ("sstatus", "vsstatus"):
        put(lab, f"{name}.SDT", 1)
    assert do(lab, "sret", Mode.VS) is None
    assert (field(lab, "sstatus.SDT"), field(lab, "vsstatus.SDT")) == (1, 0)


@pytest.mark.rule("menvcfg_dte_op")
@pytest.mark.parametrize("isa", ["default", "default,-ssdbltrp"])
@pytest.mark.reference_only
def test_where_double_traps_are_off_a_trap_is_a_trap(isa: str) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa(isa)))
    if isa != "default":
        lab.csr("menvcfg", ONES)
        assert not lab.csr("menvcfg") & DTE
    for _ in range(2):
        assert trapped(lab, "ecall", Mode.HS).target is Mode.HS
        assert not lab.csr("sstatus") & SDT
    assert not lab.csr("mstatus", ONES) & SDT
