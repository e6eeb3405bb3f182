"""The supervisor chapter's registers and traps."""

from __future__ import annotations

import pytest

from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, HS, NOP, A, D, Lab, R, U, V, W, X
from tests.rules.lines import ONES, PAGE, SV39, VA, do, field, put, trapped

MASKED = sum(1 << n for n in (Interrupt.SSI, Interrupt.STI, Interrupt.SEI, Interrupt.LCOFI))
VISIBLE = [status.SIE, status.SPIE, status.SPP, status.SUM, status.MXR]


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("trap_del_S-mode")
@pytest.mark.rule("sstatus_spp")
@pytest.mark.rule("sstatus_spie")
@pytest.mark.rule("mstatus_xpie_xie_xpp_trap_op")
@pytest.mark.rule("trap_del_S_mode_op")
@pytest.mark.rule("trap_del_S_mode_no_M_mode")
@pytest.mark.rule("sepc_op_trap_write")
@pytest.mark.rule("ecall_ebreak_epc_value")
@pytest.mark.parametrize("mode", [Mode.U, Mode.HS])
@pytest.mark.parametrize("sie", [0, 1])
def test_a_trap_and_its_return_in_hs_mode(lab: Lab, mode: Mode, sie: int) -> None:
    put(lab, "sstatus.SIE", sie)
    untouched = {name: lab.csr(name) for name in ("mepc", "mcause", "mtval", "mtval2", "mtinst")}
    pushed = [field(lab, f"mstatus.{name}") for name in ("MPP", "MPIE", "MIE")]
    record = trapped(lab, "ecall", mode)
    assert (lab.csr("sepc"), lab.csr("scause"), lab.csr("stval")) == (record.pc, 9 if mode is Mode.HS else 8, 0)
    assert [field(lab, f"sstatus.{name}") for name in ("SPP", "SIE", "SPIE")] == [mode.privilege, 0, sie]
    assert {name: lab.csr(name) for name in untouched} == untouched
    assert [field(lab, f"mstatus.{name}") for name in ("MPP", "MPIE", "MIE")] == pushed
    assert do(lab, "sret", Mode.HS) is None
    assert [field(lab, f"sstatus.{name}") for name in ("SPP", "SIE", "SPIE")] == [0, sie, 1]
    assert (lab.hart.mode, lab.state.pc) == (mode, record.pc)


@pytest.mark.rule("sstatus_uxl")
@pytest.mark.rule("sstatus_uxl_sz")
@pytest.mark.rule("sstatus_ube")
@pytest.mark.rule("mstatus_sie_spie_rdonly0")
@pytest.mark.rule("mstatus_xpp_enc")
@pytest.mark.rule("mstatus_spp_sz")
def test_what_sstatus_shows_of_mstatus(lab: Lab) -> None:
    assert do(lab, "csrrw x0, sstatus, a1", Mode.HS, a1=ONES) is None
    written = sum(1 << n for n in VISIBLE) | 3 << status.FS
    assert lab.csr("sstatus") == written | 1 << status.SD | status.XL_64 << status.UXL
    assert lab.csr("mstatus") == lab.csr("sstatus") | status.XL_64 << status.SXL
    lab.csr("mstatus", ONES ^ written)
    assert lab.csr("sstatus") == status.XL_64 << status.UXL


@pytest.mark.rule("sip_acc")
@pytest.mark.rule("sip_op")
@pytest.mark.rule("sip_sie_warl")
@pytest.mark.rule("sip_sie_bits_sz")
@pytest.mark.rule("sip_sie_Sscofpmf")
@pytest.mark.rule("std_super_intr_impl")
@pytest.mark.rule("sie_hip_hie_mutex")
@pytest.mark.parametrize("delegated", [0, ONES])
def test_sip_and_sie(lab: Lab, delegated: int) -> None:
    lab.csr("mideleg", delegated)
    shown = MASKED & delegated
    assert do(lab, "csrrw x0, sie, a1", Mode.HS, a1=ONES) is None
    assert lab.csr("sie") == lab.csr("mie") == shown
    lab.csr("mip", ONES)
    assert do(lab, "csrrs a0, sip, x0", Mode.M) is None
    assert lab.a0 == shown
    assert do(lab, "csrrw x0, sip, x0", Mode.M) is None
    assert lab.csr("sip") == shown & ~(1 << Interrupt.SSI | 1 << Interrupt.LCOFI)
    lab.csr("mie", ONES)
    assert lab.csr("sie") & lab.csr("hie") == 0


@pytest.mark.rule("scause_interrupt")
@pytest.mark.rule("scause_exception_code_acc")
@pytest.mark.rule("scause_exception_code_sz")
@pytest.mark.rule("sepc_acc_invalid_addr")
@pytest.mark.rule("stval_acc")
@pytest.mark.rule("Zicsr_wlrl")
@pytest.mark.parametrize("value", [0, 31, 1 << 63 | 9, ONES])
def test_the_trap_registers_hold_values(lab: Lab, value: int) -> None:
    for name in ("scause", "stval", "sepc", "sscratch"):
        assert do(lab, f"csrrw x0, {name}, a1", Mode.HS, a1=value) is None
        assert lab.csr(name) == (value & ~1 if name == "sepc" else value)


@pytest.mark.rule("scounteren_acc")
@pytest.mark.rule("mcounteren_flds_mandatory_warl")
@pytest.mark.rule("mcounteren_set_nxt_priv")
@pytest.mark.rule("mcounteren_inc_inaccessible")
@pytest.mark.parametrize("name", ["cycle", "time", "instret", "hpmcounter3", "hpmcounter31"])
@pytest.mark.parametrize("m", [0, 1])
@pytest.mark.parametrize("s", [0, 1])
def test_counters_below_m_mode(lab: Lab, name: str, m: int, s: int) -> None:
    lab.csr("mcounteren", ONES * m)
    lab.csr("scounteren", ONES * s)
    assert (do(lab, f"csrrs a0, {name}, x0", Mode.HS) is None) == bool(m)
    assert (do(lab, f"csrrs a0, {name}, x0", Mode.U) is None) == bool(m and s)
    before = lab.csr("minstret")
    assert do(lab, f"csrrs a0, {name}, x0", Mode.M) is None
    assert lab.csr("minstret") == before + 1


@pytest.mark.rule("stval_op_illegal_instr")
@pytest.mark.rule("stval_op_illegal_instr_format")
@pytest.mark.rule("mtval_instr_bits_lead-in")
@pytest.mark.rule("mtval_instr_bits_list")
@pytest.mark.rule("mtval_ill_instr_exc_in_low_bits")
@pytest.mark.parametrize("handler", [Mode.M, Mode.HS, Mode.VS])
@pytest.mark.parametrize(("word", "seen"), [(0, 0), (0xABCD_9C00, 0x9C00), (0xFFFF_FFFF, 0xFFFF_FFFF)])
def test_an_illegal_instruction_shows_its_own_bits_only(lab: Lab, handler: Mode, word: int, seen: int) -> None:
    """16 bits of a compressed one, whatever lies behind it; 0x9C00 is in a reserved row of quadrant 0."""
    lab.csr("medeleg", 0 if handler is Mode.M else ONES)
    lab.csr("hedeleg", ONES)
    record = lab.execute(word, Mode.HS if handler is Mode.HS else Mode.VS)
    assert record is not None
    assert (record.cause, record.target, record.tval) == (Cause.ILLEGAL_INSTRUCTION, handler, seen)
    assert lab.csr({Mode.M: "mtval", Mode.HS: "stval", Mode.VS: "vstval"}[handler]) == seen


@pytest.mark.rule("stval_op_faulting_addr")
@pytest.mark.rule("mcause_exccode_ld_ldrsv")
@pytest.mark.rule("mcause_exccode_st_sc_amo")
@pytest.mark.rule("fetch_page_fault_no_x")
@pytest.mark.rule("load_page_fault_no_r")
@pytest.mark.rule("store_page_fault_no_w")
@pytest.mark.parametrize("mode", [Mode.HS, Mode.U])
def test_permission_faults_by_kind(lab: Lab, mode: Mode) -> None:
    table = lab.table(HS, SV39)
    user = U if mode is Mode.U else 0
    table.map(VA, PAGE, V | R | W | A | D | user)
    table.map(VA + 4096, PAGE, V | X | A | user)
    table.map(VA + 8192, PAGE, V | R | A | user)
    rows = [
        ("ld a0, 8(a1)", VA + 4096, Cause.LOAD_PAGE_FAULT),
        ("lr.d a0, (a1)", VA + 4096, Cause.LOAD_PAGE_FAULT),
        ("sd a0, 8(a1)", VA + 8192, Cause.STORE_PAGE_FAULT),
        ("sc.d a0, a2, (a1)", VA + 8192, Cause.STORE_PAGE_FAULT),
        ("amoadd.d a0, a2, (a1)", VA + 8192, Cause.STORE_PAGE_FAULT),
    ]
    for text, address, cause in rows:
        record = trapped(lab, text, mode, a1=address)
        assert (record.cause, record.tval) == (cause, address + 8 * ("8(" in text)), text
    lab.write(PAGE, NOP)
    record = lab.fetch(VA, mode)
    assert record is not None
    assert (record.cause, record.tval) == (Cause.FETCH_PAGE_FAULT, VA)


@pytest.mark.rule("mtval_varlen_wr")
@pytest.mark.rule("mepc_varlen_wr")
@pytest.mark.rule("mepc_op")
def test_an_instruction_that_straddles_into_a_fault(lab: Lab) -> None:
    lab.csr("medeleg", 0)
    lab.table(HS, SV39).map(VA, PAGE)
    lab.machine.ram.write(PAGE + 4094 - lab.machine.ram.base, 2, NOP & 0xFFFF)
    assert lab.fetch(VA + 4094, Mode.HS) is not None
    assert (lab.csr("mcause"), lab.csr("mepc"), lab.csr("mtval")) == (12, VA + 4094, VA + 4096)
    assert lab.state.pc == HANDLERS["M"]


MISALIGNED = [
    # instruction, address, cause with misaligned loads and stores supported: only atomics trap
    *((f"{name} a0, (a1)", Cause.LOAD_MISALIGNED) for name in ("lr.w", "lr.d")),
    *((f"{name} a0, a2, (a1)", Cause.STORE_MISALIGNED) for name in ("sc.w", "sc.d", "amoswap.w", "amomin.d")),
]


@pytest.mark.rule("pma_mag_op_amo")
@pytest.mark.rule("pma_mag_op_rsrv")
@pytest.mark.rule("mcause_exccode_pri2")
@pytest.mark.parametrize(("text", "cause"), MISALIGNED)
@pytest.mark.parametrize("address", [PAGE + 2, VA + 2, PAGE + 4095])
def test_misaligned_atomics(lab: Lab, text: str, cause: Cause, address: int) -> None:
    """Address-misaligned comes before the page fault here, one of the manual's two orders."""
    lab.table(HS, SV39)
    record = trapped(lab, text, Mode.HS, a1=address)
    assert (record.cause, record.tval, lab.csr("sepc")) == (cause, address, CODE)


@pytest.mark.rule("pma_idp_misaligned_exc")
@pytest.mark.parametrize(("text", "cause"), [("ld a0, 0(a1)", 5), ("lw a0, 2(a1)", 5), ("sd a0, 0(a1)", 7)])
def test_devices_refuse_other_widths_and_alignments(lab: Lab, text: str, cause: int) -> None:
    """The PLIC takes aligned words alone."""
    record = trapped(lab, text, Mode.HS, a1=0xC00_0000)
    assert (record.cause, record.tval) == (cause, 0xC00_0002 if "2(" in text else 0xC00_0000)
