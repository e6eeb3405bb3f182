"""Trap entry and return between the five modes, interrupts included, through an engine."""

from __future__ import annotations

import pytest

from machine.isa.encode import encode
from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, NOP, STCE, Lab

ECALL, EBREAK, SRET, MRET, WFI = (encode(name) for name in ("ecall", "ebreak", "sret", "mret", "wfi"))
CAUSES = {Mode.U: 8, Mode.HS: 9, Mode.VS: 10, Mode.VU: 8, Mode.M: 11}
BELOW_M = [Mode.U, Mode.HS, Mode.VS, Mode.VU]
INTERRUPT = 1 << 63


@pytest.fixture
def lab() -> Lab:
    return Lab()


def bit(lab: Lab, name: str, position: int) -> int:
    return lab.csr(name) >> position & 1


@pytest.mark.rule("H_trap_m_csrwrites")
@pytest.mark.parametrize("mode", list(Mode))
def test_into_m_mode(lab: Lab, mode: Mode) -> None:
    lab.csr("medeleg", 0)
    lab.set("mstatus", 1 << status.MIE)
    record = lab.execute(ECALL, mode)
    assert record is not None
    assert record.target is Mode.M
    assert lab.hart.mode is Mode.M
    assert (lab.csr("mepc"), lab.csr("mcause"), lab.csr("mtval")) == (CODE, CAUSES[mode], 0)
    assert lab.csr("mstatus") >> status.MPP & 3 == mode.privilege
    assert bit(lab, "mstatus", status.MPV) == mode.virtual
    assert (bit(lab, "mstatus", status.MIE), bit(lab, "mstatus", status.MPIE)) == (0, 1)
    assert lab.state.pc == HANDLERS["M"]
    assert lab.execute(MRET, Mode.M) is None
    assert lab.hart.mode is mode
    assert lab.state.pc == CODE
    assert (bit(lab, "mstatus", status.MIE), bit(lab, "mstatus", status.MPIE), bit(lab, "mstatus", status.MPV)) == (
        1,
        1,
        0,
    )


@pytest.mark.rule("H_trap_hs_csrwrites")
@pytest.mark.rule("sret_v0")
@pytest.mark.parametrize("mode", BELOW_M)
@pytest.mark.parametrize("spvp", [0, 1])
def test_into_hs_mode(lab: Lab, mode: Mode, spvp: int) -> None:
    lab.csr("hedeleg", 0)
    lab.csr("hstatus", spvp << status.HSTATUS_SPVP)
    lab.set("mstatus", 1 << status.SIE)
    record = lab.execute(EBREAK, mode)
    assert record is not None
    assert record.target is Mode.HS
    assert (lab.csr("sepc"), lab.csr("scause"), lab.csr("stval")) == (CODE, Cause.BREAKPOINT, CODE)
    assert bit(lab, "sstatus", status.SPP) == mode.privilege
    assert bit(lab, "hstatus", status.HSTATUS_SPV) == mode.virtual
    assert bit(lab, "hstatus", status.HSTATUS_SPVP) == (mode.privilege if mode.virtual else spvp)
    assert bit(lab, "hstatus", status.HSTATUS_GVA) == mode.virtual, "ebreak writes its address to stval"
    assert (bit(lab, "sstatus", status.SIE), bit(lab, "sstatus", status.SPIE)) == (0, 1)
    assert lab.execute(SRET, Mode.HS) is None
    assert lab.hart.mode is mode
    assert bit(lab, "hstatus", status.HSTATUS_SPV) == 0
    assert bit(lab, "hstatus", status.HSTATUS_SPVP) == (mode.privilege if mode.virtual else spvp)


@pytest.mark.rule("H_trap_vs_csrwrites")
@pytest.mark.rule("sret_v1")
@pytest.mark.parametrize("mode", [Mode.VS, Mode.VU])
def test_into_vs_mode(lab: Lab, mode: Mode) -> None:
    lab.csr("hedeleg", 1 << Cause.BREAKPOINT)
    lab.set("vsstatus", 1 << status.SIE)
    before = lab.csr("hstatus"), lab.csr("sstatus"), lab.csr("sepc")
    record = lab.execute(EBREAK, mode)
    assert record is not None
    assert record.target is Mode.VS
    assert (lab.csr("vsepc"), lab.csr("vscause"), lab.csr("vstval")) == (CODE, Cause.BREAKPOINT, CODE)
    assert bit(lab, "vsstatus", status.SPP) == mode.privilege
    assert (bit(lab, "vsstatus", status.SIE), bit(lab, "vsstatus", status.SPIE)) == (0, 1)
    assert (lab.csr("hstatus"), lab.csr("sstatus"), lab.csr("sepc")) == before
    assert lab.state.pc == HANDLERS["VS"]
    assert lab.execute(SRET, Mode.VS) is None
    assert lab.hart.mode is mode


def test_traps_never_go_down(lab: Lab) -> None:
    """From M-mode no delegation applies, from HS-mode hedeleg does not (rule H_trap_deleg)."""
    lab.csr("hedeleg", 1 << Cause.BREAKPOINT)
    record = lab.execute(EBREAK, Mode.M)
    assert record is not None
    assert record.target is Mode.M
    record = lab.execute(EBREAK, Mode.HS)
    assert record is not None
    assert record.target is Mode.HS


def test_mret_clears_mprv_unless_it_returns_to_m(lab: Lab) -> None:
    lab.csr("mepc", CODE)
    lab.set("mstatus", 1 << status.MPRV | 3 << status.MPP)
    lab.execute(MRET, Mode.M)
    assert bit(lab, "mstatus", status.MPRV) == 1
    lab.csr("mstatus", 1 << status.MPRV | 1 << status.MPP)
    lab.execute(MRET, Mode.M)
    assert bit(lab, "mstatus", status.MPRV) == 0


@pytest.mark.parametrize("vectored", [0, 1])
def test_vectored_interrupts(lab: Lab, vectored: int) -> None:
    lab.csr("stvec", HANDLERS["HS"] | vectored)
    lab.csr("mie", 1 << Interrupt.SSI)
    lab.csr("mip", 1 << Interrupt.SSI)
    record = lab.execute(NOP, Mode.U)
    assert record is not None
    assert record.cause == INTERRUPT | Interrupt.SSI
    assert lab.state.pc == HANDLERS["HS"] + 4 * vectored * Interrupt.SSI
    assert lab.csr("htinst") == 0


@pytest.mark.rule("hideleg_trans")
@pytest.mark.parametrize(("interrupt", "seen"), [(2, 1), (6, 5), (10, 9)])
def test_the_guest_sees_supervisor_codes(lab: Lab, interrupt: int, seen: int) -> None:
    lab.csr("hideleg", 1 << interrupt)
    lab.csr("hvip", 1 << interrupt)
    lab.csr("hie", 1 << interrupt)
    lab.csr("vstvec", HANDLERS["VS"] | 1)
    assert lab.execute(NOP, Mode.HS) is None, "a guest's interrupt does not disturb HS-mode"
    assert lab.execute(NOP, Mode.VS) is None, "vsstatus.SIE=0"
    lab.set("vsstatus", 1 << status.SIE)
    record = lab.execute(NOP, Mode.VS)
    assert record is not None
    assert (record.cause, record.target) == (INTERRUPT | interrupt, Mode.VS)
    assert lab.csr("vscause") == INTERRUPT | seen
    assert lab.state.pc == HANDLERS["VS"] + 4 * seen


def test_undelegated_guest_interrupts_go_to_hs(lab: Lab) -> None:
    lab.csr("hvip", 1 << Interrupt.VSSI)
    lab.csr("hie", 1 << Interrupt.VSSI)
    record = lab.execute(NOP, Mode.VS)
    assert record is not None
    assert (record.cause, record.target) == (INTERRUPT | Interrupt.VSSI, Mode.HS)
    assert lab.execute(NOP, Mode.HS) is None, "sstatus.SIE=0"
    lab.set("mstatus", 1 << status.SIE)
    assert lab.execute(NOP, Mode.HS) is not None


@pytest.mark.rule("hsint_priority")
def test_priority(lab: Lab) -> None:
    """MEI MSI MTI SEI SSI STI SGEI VSEI VSSI VSTI when all go to the same mode; each is masked in its turn."""
    lab.csr("mideleg", 0)
    lab.state.lines = 1 << Interrupt.MEI | 1 << Interrupt.MSI
    lab.machine.board.aclint.mtimecmp[0] = 0
    lab.csr("mip", 1 << Interrupt.SEI | 1 << Interrupt.SSI | 1 << Interrupt.STI)
    lab.csr("mie", (1 << 64) - 1)
    lab.set("mstatus", 1 << status.MIE)
    order = []
    for _ in range(6):
        record = lab.execute(NOP, Mode.HS)
        assert record is not None
        order.append(record.code)
        lab.csr("mie", lab.csr("mie") & ~(1 << record.code))
    assert order == [Interrupt.MEI, Interrupt.MSI, Interrupt.MTI, Interrupt.SEI, Interrupt.SSI, Interrupt.STI]
    lab.csr("hvip", (1 << 64) - 1)
    lab.state.hgeip = 2
    lab.csr("hgeie", 2)
    for _ in range(4):
        record = lab.execute(NOP, Mode.U)
        assert record is not None
        assert record.target is Mode.HS
        order.append(record.code)
        lab.csr("mie", lab.csr("mie") & ~(1 << record.code))
    assert order[6:] == [Interrupt.SGEI, Interrupt.VSEI, Interrupt.VSSI, Interrupt.VSTI]


@pytest.mark.rule("hip_vstip_op")
def test_vstimecmp_raises_vstip_at_its_exact_time(lab: Lab) -> None:
    lab.set("menvcfg", STCE)
    lab.set("henvcfg", STCE)
    lab.csr("htimedelta", 1000)
    lab.csr("hideleg", 1 << Interrupt.VSTI)
    lab.csr("hie", 1 << Interrupt.VSTI)
    lab.set("vsstatus", 1 << status.SIE)
    due = lab.hart.time() + 5
    lab.csr("vstimecmp", due + 1000)
    loop = encode("jal", rd=0, imm=0)
    assert lab.execute(loop, Mode.VS) is None
    lab.machine.step(0, 1000)
    record = lab.machine.traps.last(1000)[0]
    assert record.cause == INTERRUPT | Interrupt.VSTI
    assert record.cycle == due * lab.machine.clock.divisor


@pytest.mark.parametrize("enabled", [0, 1])
def test_wfi_wakes_by_a_pending_interrupt_whether_or_not_it_is_taken(lab: Lab, enabled: int) -> None:
    lab.set("menvcfg", STCE)
    lab.csr("mie", 1 << Interrupt.STI)
    lab.csr("sstatus", enabled << status.SIE)
    lab.csr("stimecmp", lab.hart.time() + 100)
    lab.execute(WFI, Mode.HS)
    assert lab.state.waiting
    while lab.state.waiting:
        lab.machine.run(1)
    assert lab.hart.time() >= lab.csr("stimecmp")
    causes = [record.cause for record in lab.machine.traps.last(10) if record.interrupt]
    assert causes == [INTERRUPT | Interrupt.STI] * enabled


def test_an_undefined_encoding_reports_its_bits(lab: Lab) -> None:
    record = lab.execute(0xFFFF_FFFF, Mode.VS)
    assert record is not None
    assert (record.cause, record.tval) == (Cause.ILLEGAL_INSTRUCTION, 0xFFFF_FFFF)
