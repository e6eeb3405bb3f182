"""The hypervisor chapter's traps: who takes them, and what each handler's registers receive."""

from __future__ import annotations

import pytest

from machine.isa.encode import encode
from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import HANDLERS, NOP, A, D, Lab, R, U, V, W, X
from tests.rules.lines import FAR, ONES, PAGE, VA, field, put, trapped, two_stages

BELOW_M = [Mode.U, Mode.HS, Mode.VU, Mode.VS]
ILLEGAL = "csrrs a0, mstatus, x0"
INTERRUPT = 1 << 63
LOAD_UNIT = "ld a0, 0(a1)"


@pytest.fixture
def lab() -> Lab:
    return Lab()


def guest_page_fault(lab: Lab, text: str = LOAD_UNIT, mode: Mode = Mode.VS) -> None:
    first, _ = two_stages(lab)
    first.map(VA, FAR, 0xDF if mode is Mode.VU else 0xCF)
    trapped(lab, text, mode, a1=VA)


@pytest.mark.rule("H_cause")
@pytest.mark.rule("H_cause_ecall")
@pytest.mark.parametrize(("mode", "cause"), [(Mode.U, 8), (Mode.VU, 8), (Mode.HS, 9), (Mode.VS, 10)])
@pytest.mark.parametrize("delegated", [False, True])
def test_calls_of_hs_and_vs_mode_are_delegated_apart(lab: Lab, mode: Mode, cause: int, delegated: bool) -> None:
    lab.csr("medeleg", 1 << cause if delegated else ONES ^ 1 << cause)
    record = trapped(lab, "ecall", mode)
    assert (record.cause, record.target) == (cause, Mode.HS if delegated else Mode.M)
    name = "scause" if delegated else "mcause"
    assert lab.csr(name) == cause


MODES_AND_DELEGATION = [
    # mode, medeleg, hedeleg, handler
    *((mode, m, h, Mode.M) for mode in Mode for m, h in ((0, 0), (0, 1))),
    *((Mode.M, 1, h, Mode.M) for h in (0, 1)),
    *((mode, 1, h, Mode.HS) for mode in (Mode.U, Mode.HS) for h in (0, 1)),
    *((mode, 1, 0, Mode.HS) for mode in (Mode.VU, Mode.VS)),
    *((mode, 1, 1, Mode.VS) for mode in (Mode.VU, Mode.VS)),
]


@pytest.mark.rule("H_trap_deleg")
@pytest.mark.rule("hedeleg_op")
@pytest.mark.rule("trap_def_M_mode")
@pytest.mark.rule("trap_never_trans_lower")
@pytest.mark.rule("trap_horiz")
@pytest.mark.parametrize(("mode", "m", "h", "handler"), MODES_AND_DELEGATION)
def test_delegation(lab: Lab, mode: Mode, m: int, h: int, handler: Mode) -> None:
    lab.csr("medeleg", m << Cause.BREAKPOINT)
    lab.csr("hedeleg", h << Cause.BREAKPOINT)
    record = trapped(lab, "ebreak", mode)
    assert record.target is handler
    assert lab.hart.mode is handler
    assert lab.state.pc == HANDLERS[handler.label]


@pytest.mark.rule("hstatus_spv_op")
@pytest.mark.rule("hstatus_spvp_op")
@pytest.mark.parametrize("mode", BELOW_M)
@pytest.mark.parametrize("spvp", [0, 1])
@pytest.mark.parametrize("spv", [0, 1])
def test_previous_virtualization(lab: Lab, mode: Mode, spvp: int, spv: int) -> None:
    put(lab, "hstatus.SPVP", spvp)
    put(lab, "hstatus.SPV", spv)
    trapped(lab, "ecall", mode)
    assert field(lab, "hstatus.SPV") == mode.virtual
    assert field(lab, "hstatus.SPVP") == (mode.privilege if mode.virtual else spvp)
    assert field(lab, "sstatus.SPP") == mode.privilege


@pytest.mark.rule("hstatus_spv_op")
def test_a_trap_to_m_mode_leaves_hstatus(lab: Lab) -> None:
    lab.csr("medeleg", 0)
    put(lab, "hstatus.GVA", 1)
    before = lab.csr("hstatus")
    trapped(lab, "ecall", Mode.VS)
    assert lab.csr("hstatus") == before


GVA = [
    # instruction, mode, does the handler's tval hold a guest virtual address
    ("ebreak", Mode.VS, 1),
    ("ebreak", Mode.VU, 1),
    ("c.ebreak", Mode.VS, 1),
    ("ebreak", Mode.HS, 0),
    ("ebreak", Mode.U, 0),
    ("ecall", Mode.VS, 0),
    (ILLEGAL, Mode.VS, 0),
    ("csrrs a0, hstatus, x0", Mode.VS, 0),
    ("lr.d a0, (a1)", Mode.VS, 1),
    ("lr.d a0, (a1)", Mode.HS, 0),
    ("lr.d a0, (a1)", Mode.U, 0),
]


@pytest.mark.rule("hstatus_gva_op")
@pytest.mark.rule("mstatus_gva_op")
@pytest.mark.rule("htval_trapval")
@pytest.mark.rule("mtval2_trapval")
@pytest.mark.parametrize(("text", "mode", "expected"), GVA)
@pytest.mark.parametrize("handler", [Mode.M, Mode.HS])
def test_guest_virtual_address(lab: Lab, text: str, mode: Mode, expected: int, handler: Mode) -> None:
    """LR at an odd address stands for address-misaligned. Only a guest-page fault has a guest physical address."""
    lab.csr("medeleg", ONES if handler is Mode.HS else 0)
    for register in ("htval", "htinst", "mtval2", "mtinst"):
        lab.csr(register, ONES)
    put(lab, "hstatus.GVA", 1 - expected)
    put(lab, "mstatus.GVA", 1 - expected)
    assert trapped(lab, text, mode, a1=PAGE + 1).target is handler
    written, kept = ("hstatus", "mstatus") if handler is Mode.HS else ("mstatus", "hstatus")
    assert (field(lab, f"{written}.GVA"), field(lab, f"{kept}.GVA")) == (expected, 1 - expected)
    gpa, tinst = ("htval", "htinst") if handler is Mode.HS else ("mtval2", "mtinst")
    assert lab.csr(gpa) == 0
    assert lab.csr(tinst) == (0x1000352F | 3 << 12 if text.startswith("lr") else 0)


@pytest.mark.rule("H_trap_xtinst_interrupt")
@pytest.mark.rule("hstatus_gva_op")
@pytest.mark.rule("htval_trapval")
@pytest.mark.rule("mtval_other_traps_zero")
@pytest.mark.rule("stval_op_other_traps")
@pytest.mark.parametrize("handler", [Mode.M, Mode.HS])
def test_an_interrupt_clears_what_a_fault_left(lab: Lab, handler: Mode) -> None:
    lab.csr("mideleg", ONES if handler is Mode.HS else 0)
    for register in ("htval", "htinst", "stval", "mtval2", "mtinst", "mtval"):
        lab.csr(register, ONES)
    put(lab, "hstatus.GVA", 1)
    put(lab, "mstatus.GVA", 1)
    lab.csr("mie", 1 << Interrupt.SSI)
    lab.csr("mip", 1 << Interrupt.SSI)
    assert trapped(lab, "addi x0, x0, 0", Mode.VS).target is handler
    written = ("htval", "htinst", "stval") if handler is Mode.HS else ("mtval2", "mtinst", "mtval")
    assert [lab.csr(name) for name in written] == [0, 0, 0]
    assert field(lab, "hstatus.GVA" if handler is Mode.HS else "mstatus.GVA") == 0


@pytest.mark.rule("mtval2_trapval")
@pytest.mark.rule("mstatus_gva_op")
@pytest.mark.rule("H_guest_page_fault")
@pytest.mark.parametrize("mode", [Mode.VS, Mode.VU])
def test_a_guest_page_fault_in_m_mode(lab: Lab, mode: Mode) -> None:
    lab.csr("medeleg", 0)
    lab.csr("hedeleg", ONES)
    guest_page_fault(lab, mode=mode)
    assert (lab.csr("mcause"), lab.csr("mtval"), lab.csr("mtval2")) == (21, VA, FAR >> 2)
    assert (field(lab, "mstatus.GVA"), field(lab, "mstatus.MPV"), field(lab, "mstatus.MPP")) == (1, 1, mode.privilege)
    assert lab.csr("mtinst") == 0x3503
    assert (lab.csr("htval"), lab.csr("htinst")) == (0, 0)


@pytest.mark.rule("mtval2_trapval_vstrans")
def test_m_mode_learns_of_an_implicit_access(lab: Lab) -> None:
    lab.csr("medeleg", 0)
    first, _ = two_stages(lab)
    lab.write(first.root + 8 * (VA >> 30), FAR >> 12 << 10 | V)
    trapped(lab, LOAD_UNIT, Mode.VS, a1=VA)
    assert (lab.csr("mcause"), lab.csr("mtval"), lab.csr("mtval2")) == (21, VA, FAR >> 2)
    assert lab.csr("mtinst") == 0x3000


@pytest.mark.rule("mtval2_trapval_other")
@pytest.mark.rule("mtval2_htval_virtaddr")
@pytest.mark.rule("H_straddle")
@pytest.mark.rule("stval_op_load_store_fault")
@pytest.mark.parametrize("text", ["ld a0, 0(a1)", "sd a0, 0(a1)", "fsd fa0, 0(a1)"])
@pytest.mark.parametrize("second", [False, True])
def test_the_faulting_portion_of_a_misaligned_access(lab: Lab, text: str, second: bool) -> None:
    first, _ = two_stages(lab)
    lab.set("mstatus", 1 << status.FS)
    lab.set("vsstatus", 1 << status.FS)
    first.map(VA, PAGE if second else FAR)
    first.map(VA + 4096, FAR + 4096)
    record = trapped(lab, text, Mode.VS, a1=VA + 4090)
    offset = 6 if second else 0
    assert record.tval == VA + 4090 + offset
    assert lab.csr("htval") == FAR + 4090 + offset >> 2
    assert lab.csr("htinst") >> 15 & 31 == offset


@pytest.mark.rule("mtval2_trapval_other")
@pytest.mark.rule("stval_faulting_address_variable_instr")
@pytest.mark.rule("H_trap_xtinst_val")
def test_the_faulting_portion_of_an_instruction(lab: Lab) -> None:
    first, _ = two_stages(lab)
    first.map(VA, PAGE)
    first.map(VA + 4096, FAR)
    lab.machine.ram.write(PAGE + 4094 - lab.machine.ram.base, 2, NOP & 0xFFFF)
    record = lab.fetch(VA + 4094, Mode.VS)
    assert record is not None
    assert (record.cause, record.pc, record.tval, record.gva) == (20, VA + 4094, VA + 4096, 1)
    assert (lab.csr("sepc"), lab.csr("htval"), lab.csr("htinst")) == (VA + 4094, FAR >> 2, 0)


@pytest.mark.rule("H_guest_page_fault")
@pytest.mark.rule("hedeleg_op")
def test_a_guest_page_fault_never_reaches_the_guest(lab: Lab) -> None:
    lab.csr("hedeleg", ONES)
    guest_page_fault(lab)
    assert lab.hart.mode is Mode.HS


TRANSFORMED = [
    ("lw a0, 12(a1)", encode("lw", rd=10, rs1=0, imm=0)),
    ("lbu a0, 12(a1)", encode("lbu", rd=10, rs1=0, imm=0)),
    ("sh a0, 12(a1)", encode("sh", rs1=0, rs2=10, imm=0)),
    ("fld fa0, 8(a1)", encode("fld", rd=10, rs1=0, imm=0)),
    ("c.ld a0, 8(a1)", encode("ld", rd=10, rs1=0, imm=0) & ~2),
    ("c.sw a0, 4(a1)", encode("sw", rs1=0, rs2=10, imm=0) & ~2),
    ("lr.w.aq a0, (a1)", encode("lr.w", rd=10, rs1=0, aqrl=2)),
    ("sc.d a0, a2, (a1)", encode("sc.d", rd=10, rs1=0, rs2=12)),
    ("amomaxu.w a0, a2, (a1)", encode("amomaxu.w", rd=10, rs1=0, rs2=12)),
]


@pytest.mark.rule("H_trap_xtinst")
@pytest.mark.rule("H_trap_xtinst_exception_lead-in")
@pytest.mark.rule("H_trap_xtinst_exception_list")
@pytest.mark.parametrize(("text", "expected"), TRANSFORMED)
def test_the_transformed_instruction(lab: Lab, text: str, expected: int) -> None:
    for register in ("mstatus", "vsstatus"):
        lab.set(register, 1 << status.FS)
    guest_page_fault(lab, text)
    assert lab.csr("htinst") == expected


@pytest.mark.rule("H_trap_xtinst_exception_list")
@pytest.mark.parametrize(("text", "name"), [("hlv.hu a0, (a1)", "hlv.hu"), ("hsv.d a0, (a1)", "hsv.d")])
@pytest.mark.parametrize("mode", [Mode.HS, Mode.U])
def test_the_transformed_guest_access(lab: Lab, text: str, name: str, mode: Mode) -> None:
    """SPV and GVA differ exactly here: the trap came with V=0 and its address is the guest's."""
    put(lab, "hstatus.HU", 1)
    put(lab, "hstatus.SPVP", 1)
    put(lab, "hstatus.SPV", 1)
    guest_page_fault(lab, text, mode)
    operands = {"rs2": 10} if name == "hsv.d" else {"rd": 10}
    assert lab.csr("htinst") == encode(name, rs1=0, **operands)
    assert (lab.csr("stval"), lab.csr("htval")) == (VA, FAR >> 2)
    assert (field(lab, "hstatus.GVA"), field(lab, "hstatus.SPV"), field(lab, "hstatus.SPVP")) == (1, 0, 1)
    assert field(lab, "sstatus.SPP") == mode.privilege


@pytest.mark.rule("H_exception_priority")
@pytest.mark.rule("mcause_exccode_pri1")
@pytest.mark.rule("exc_priority")
def test_the_fetch_comes_before_the_instruction(lab: Lab) -> None:
    first, _ = two_stages(lab)
    first.map(VA, PAGE, V | R | A)
    lab.write(PAGE, 0)
    record = lab.fetch(VA, Mode.VS)
    assert record is not None
    assert (record.cause, record.tval, record.instruction) == (Cause.FETCH_PAGE_FAULT, VA, 0)


@pytest.mark.rule("H_exception_priority")
def test_legality_comes_before_the_access(lab: Lab) -> None:
    two_stages(lab)
    assert trapped(lab, "hlv.d a0, (a1)", Mode.VS, a1=VA + 1).cause == Cause.VIRTUAL_INSTRUCTION
    assert trapped(lab, "fld fa0, 0(a1)", Mode.VS, a1=VA).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("H_exception_priority")
@pytest.mark.parametrize(("table", "cause"), [("vs", 13), ("g", 21), ("gone", 5)])
def test_the_first_fault_of_the_walk_counts(lab: Lab, table: str, cause: int) -> None:
    """The VS-stage's own failure, then the G-stage's on the result, then what lies behind the physical address."""
    first, guest = two_stages(lab)
    guest.map(FAR, 0x4000_0000, V | R | U | A if table == "gone" else V | X | U | A)
    first.map(VA, FAR, V | X | A if table == "vs" else V | R | A)
    record = trapped(lab, LOAD_UNIT, Mode.VS, a1=VA)
    assert (record.cause, record.tval, record.gva) == (cause, VA, 1)
    assert record.gpa == (FAR if cause == 21 else 0)


def test_a_refused_device_access_says_which_part(lab: Lab) -> None:
    """The second part of a misaligned access reaches a device that takes no such width: nothing is written."""
    first, guest = two_stages(lab)
    guest.map(FAR, 0xC00_0000, V | R | W | U | A | D)
    first.map(VA, PAGE)
    first.map(VA + 4096, FAR)
    record = trapped(lab, "sd a0, 0(a1)", Mode.VS, a1=VA + 4093, a0=ONES)
    assert (record.cause, record.tval, record.reason) == (Cause.STORE_ACCESS, VA + 4096, Reason.NO_MEMORY)
    assert lab.csr("htinst") >> 15 & 31 == 3
    assert lab.read(PAGE + 4088) == 0
