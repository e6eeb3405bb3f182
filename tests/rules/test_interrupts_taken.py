"""Which interrupt is taken, where, and when (both chapters' interrupt registers; WFI)."""

from __future__ import annotations

import itertools

import pytest

from machine.isa.assemble import assemble
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, Lab
from tests.rules.lines import ONES, USER_CODE, do, field, put, trapped

INTERRUPT = 1 << 63
NOP = "addi x0, x0, 0"
TO_M = (Interrupt.MEI, Interrupt.MSI, Interrupt.MTI)
SUPERVISOR = (Interrupt.SEI, Interrupt.SSI, Interrupt.STI, Interrupt.LCOFI)
GUEST = (Interrupt.VSEI, Interrupt.VSSI, Interrupt.VSTI)


@pytest.fixture
def lab() -> Lab:
    return Lab()


def assert_line(lab: Lab, interrupt: Interrupt) -> None:
    """Make the interrupt pending by its own source."""
    if interrupt is Interrupt.MTI:
        lab.machine.board.aclint.mtimecmp[0] = 0
    elif interrupt in TO_M:
        lab.state.lines |= 1 << interrupt
    elif interrupt in SUPERVISOR:
        lab.set("mip", 1 << interrupt)
    elif interrupt is Interrupt.SGEI:
        lab.state.hgeip = 1 << 9
        lab.csr("hgeie", 1 << 9)
    else:
        lab.set("hvip", 1 << interrupt)


def enables(lab: Lab, m: int, hs: int, vs: int) -> None:
    put(lab, "mstatus.MIE", m)
    put(lab, "mstatus.SIE", hs)
    put(lab, "vsstatus.SIE", vs)


def handler(lab: Lab, interrupt: Interrupt, mode: Mode, m: int, hs: int, vs: int) -> Mode | None:
    """Where the manual sends a pending, enabled interrupt: its own three conditions, mode by mode."""
    delegated = lab.csr("mideleg") >> interrupt & 1
    to = Mode.M if not delegated else Mode.VS if lab.csr("hideleg") >> interrupt & 1 else Mode.HS
    if to is Mode.M:
        return to if mode is not Mode.M or m else None
    if to is Mode.HS:
        return to if mode in (Mode.U, Mode.VU, Mode.VS) or (mode is Mode.HS and hs) else None
    return to if mode is Mode.VU or (mode is Mode.VS and vs) else None


@pytest.mark.rule("mip_meip_mie_meie_op")
@pytest.mark.rule("mip_msip_mie_msie_op")
@pytest.mark.rule("mip_seip_mie_seie_op")
@pytest.mark.rule("mip_stip_mie_stie_op")
@pytest.mark.rule("mip_ssip_mie_ssie_op")
@pytest.mark.rule("medeleg_mideleg_op2")
@pytest.mark.rule("mstatus_mie_sie_op1")
@pytest.mark.rule("intr_mip_mie_op")
@pytest.mark.rule("hideleg_hs")
@pytest.mark.rule("hideleg_op")
@pytest.mark.rule("sie_sip_supervisor_strap")
@pytest.mark.rule("mstatus_xie_intr_en_dis")
@pytest.mark.rule("mstatus_mie_sie_op2")
@pytest.mark.rule("trap_del_intr_priv_lvl")
@pytest.mark.rule("sstatus_sie")
@pytest.mark.parametrize("delegated", [False, True])
@pytest.mark.parametrize("interrupt", list(Interrupt), ids=lambda interrupt: interrupt.name)
def test_each_interrupt_in_each_mode(interrupt: Interrupt, delegated: bool) -> None:
    for mode, m, hs, vs in itertools.product(Mode, (0, 1), (0, 1), (0, 1)):
        lab = Lab()
        lab.csr("mideleg", ONES if delegated else 0)
        lab.csr("hideleg", ONES if delegated else 0)
        enables(lab, m, hs, vs)
        lab.csr("mie", ONES)
        assert_line(lab, interrupt)
        expected = handler(lab, interrupt, mode, m, hs, vs)
        record = do(lab, NOP, mode)
        assert (record and record.target) == expected, (mode, m, hs, vs)
        if record is not None:
            assert (record.code, record.interrupt, record.pc, record.source) == (interrupt, True, lab_pc(mode), mode)
            name = {Mode.M: "mcause", Mode.HS: "scause", Mode.VS: "vscause"}[record.target]
            assert lab.csr(name) == INTERRUPT | interrupt - (record.target is Mode.VS)


def lab_pc(mode: Mode) -> int:
    return USER_CODE if mode.privilege == 0 else CODE


@pytest.mark.rule("hie_op")
@pytest.mark.rule("mie_bits_wr")
@pytest.mark.parametrize("interrupt", list(Interrupt), ids=lambda interrupt: interrupt.name)
def test_an_interrupt_that_is_not_enabled_waits(lab: Lab, interrupt: Interrupt) -> None:
    enables(lab, 1, 1, 1)
    lab.csr("hideleg", ONES)
    lab.csr("mie", ONES ^ 1 << interrupt)
    assert_line(lab, interrupt)
    assert all(do(lab, NOP, mode) is None for mode in Mode)


@pytest.mark.rule("intr_M_mode_highest_pri")
@pytest.mark.rule("s_interrupt_priority")
@pytest.mark.rule("intr_M_mode_pri")
@pytest.mark.rule("sip_sie_priority_bit_order")
def test_the_more_privileged_handler_comes_first(lab: Lab) -> None:
    """In VU-mode with everything pending: M's in their order, then HS's, then the guest's."""
    lab.csr("mideleg", 1 << Interrupt.STI)
    lab.csr("hideleg", 1 << Interrupt.VSEI | 1 << Interrupt.VSTI)
    lab.csr("mie", ONES)
    for interrupt in Interrupt:
        assert_line(lab, interrupt)
    order = []
    for _ in Interrupt:
        record = trapped(lab, NOP, Mode.VU)
        order.append((record.target.label, Interrupt(record.code).name))
        lab.csr("mie", lab.csr("mie") & ~(1 << record.code))
    assert order == [
        *(("M", name) for name in ("MEI", "MSI", "MTI", "SEI", "SSI", "LCOFI")),
        *(("HS", name) for name in ("STI", "SGEI", "VSSI")),
        *(("VS", name) for name in ("VSEI", "VSTI")),
    ]


@pytest.mark.rule("hip_sgeip_sgeie_acc_op")
@pytest.mark.rule("hip_vseip_vseie_op")
@pytest.mark.rule("hstatus_vgein_op")
@pytest.mark.rule("hgeip_hgeie_fields")
@pytest.mark.rule("hgeie_op")
@pytest.mark.parametrize("line", [1, 31, 63])
@pytest.mark.parametrize("vgein", [0, 1, 63])
@pytest.mark.parametrize("enabled", [0, 1])
def test_guest_external_lines(lab: Lab, line: int, vgein: int, enabled: int) -> None:
    lab.state.hgeip = 1 << line
    lab.csr("hgeie", enabled << line)
    put(lab, "hstatus.VGEIN", vgein)
    assert do(lab, "csrrs a0, hip, x0", Mode.HS) is None
    assert lab.a0 == enabled << Interrupt.SGEI | (vgein == line) << Interrupt.VSEI
    assert do(lab, "csrrs a0, hgeip, x0", Mode.HS) is None
    assert lab.a0 == 1 << line


@pytest.mark.rule("hip_op")
@pytest.mark.rule("hip_acc")
@pytest.mark.rule("hie_acc")
@pytest.mark.rule("mip_mie_vs")
def test_only_hvip_clears_what_hvip_set(lab: Lab) -> None:
    everything = sum(1 << n for n in GUEST)
    lab.csr("hvip", everything)
    assert do(lab, "csrrw x0, hip, x0", Mode.HS) is None
    assert lab.csr("hip") == everything & ~(1 << Interrupt.VSSI), "VSSIP alone is writable here"
    assert lab.csr("hvip") == lab.csr("hip") == lab.csr("mip") & everything
    lab.csr("hvip", 0)
    assert lab.csr("hip") == 0


@pytest.mark.rule("vsip_vsie_ssi")
@pytest.mark.rule("vsip_vsie_sti")
@pytest.mark.rule("vsip_vsie_sei")
@pytest.mark.parametrize("interrupt", GUEST)
@pytest.mark.parametrize("delegated", [0, 1])
def test_the_guests_sip_and_sie(lab: Lab, interrupt: Interrupt, delegated: int) -> None:
    """With its hideleg bit clear an interrupt is neither seen nor enabled nor cleared by the guest."""
    lab.csr("hideleg", delegated << interrupt)
    lab.csr("hvip", ONES)
    assert do(lab, "csrrs a0, sip, x0", Mode.VS) is None
    assert lab.a0 == delegated << interrupt - 1
    assert do(lab, "csrrw a0, sie, a1", Mode.VS, a1=ONES) is None
    assert lab.csr("hie") == delegated << interrupt
    assert lab.csr("vsie") == delegated << interrupt - 1
    assert do(lab, "csrrw a0, sip, x0", Mode.VS) is None
    cleared = interrupt is Interrupt.VSSI and delegated
    assert lab.csr("hvip") >> interrupt & 1 == (0 if cleared else 1)


@pytest.mark.rule("sie_sip_strap_time_constraint")
@pytest.mark.rule("mstatus_xie_intr_en_dis")
def test_an_enabled_interrupt_is_taken_before_the_next_instruction(lab: Lab) -> None:
    """After the CSR write that enables it, and after SRET."""
    lab.csr("mie", 1 << Interrupt.SSI)
    lab.csr("mip", 1 << Interrupt.SSI)
    assert do(lab, "csrrsi x0, sstatus, 2", Mode.HS) is None
    lab.machine.step(0)
    assert (lab.hart.mode, lab.csr("sepc"), lab.state.pc) == (Mode.HS, CODE + 4, HANDLERS["HS"])
    lab.csr("sepc", USER_CODE)
    put(lab, "mstatus.SPP", 0)
    assert do(lab, "sret", Mode.HS) is None
    lab.machine.step(0)
    assert (lab.csr("sepc"), field(lab, "sstatus.SPP"), lab.state.pc) == (USER_CODE, 0, HANDLERS["HS"])


WAITS = [
    *((Mode.M, interrupt) for interrupt in Interrupt),
    *((Mode.HS, interrupt) for interrupt in Interrupt if interrupt not in TO_M),
    *((Mode.VS, interrupt) for interrupt in GUEST),
]
"""Where an interrupt can be enabled in mie and yet not be taken, because xIE=0 or its destination is below."""


@pytest.mark.rule("wfi_unaffected_conditions")
@pytest.mark.rule("wfi_intr_dis")
@pytest.mark.rule("wfi_no_intr_pc")
@pytest.mark.rule("wfi_all_privileged_modes")
@pytest.mark.rule("wfi_op")
@pytest.mark.parametrize(("mode", "interrupt"), WAITS, ids=lambda value: value.name)
@pytest.mark.parametrize("enabled", [0, 1])
def test_wfi_ends_by_an_enabled_interrupt_of_any_destination(
    lab: Lab, mode: Mode, interrupt: Interrupt, enabled: int
) -> None:
    """Neither xIE nor delegation matters, mie does."""
    lab.csr("hideleg", ONES)
    lab.csr("mie", enabled << interrupt)
    lab.machine.ram.write(CODE + 4 - lab.machine.ram.base, 4, assemble(NOP))
    assert do(lab, "wfi", mode) is None
    assert lab.state.waiting == 1
    assert_line(lab, interrupt)
    lab.hart.reconsider_interrupts()
    lab.machine.run(1)
    assert lab.state.waiting == 1 - enabled
    assert (lab.hart.mode, lab.state.pc, lab.state.trap_count) == (mode, CODE + 4 + 4 * enabled, 0)


@pytest.mark.rule("wfi_mepc_val")
@pytest.mark.rule("wfi_op")
@pytest.mark.parametrize(("mode", "target"), [(Mode.M, "m"), (Mode.HS, "s"), (Mode.VS, "vs")])
def test_the_interrupt_that_ends_wfi_comes_behind_it(lab: Lab, mode: Mode, target: str) -> None:
    enables(lab, 1, 1, 1)
    lab.csr("hideleg", ONES)
    interrupt = {"m": Interrupt.MSI, "s": Interrupt.SSI, "vs": Interrupt.VSSI}[target]
    lab.csr("mie", 1 << interrupt)
    assert do(lab, "wfi", mode) is None
    assert_line(lab, interrupt)
    lab.hart.reconsider_interrupts()
    lab.machine.run(1)
    assert (lab.csr(f"{target}epc"), lab.hart.mode, lab.state.waiting) == (CODE + 4, mode, 0)
