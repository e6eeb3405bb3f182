"""What the machine chapter says of running: counters, breakpoints, returns, physical memory attributes."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.isa.encode import encode
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import CODE, Lab
from tests.rules.lines import ONES, PAGE, USER_CODE, Program, do, field, put, trapped

NOP = "addi x0, x0, 0"


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("ebreak_op2")
@pytest.mark.rule("mtval_vaddr_wr1")
@pytest.mark.rule("ecall_ebreak_epc_value")
@pytest.mark.rule("mstatus_xpie_xpp_op")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("text", ["ebreak", "c.ebreak"])
def test_breakpoints_show_their_address(lab: Lab, mode: Mode, text: str) -> None:
    lab.csr("medeleg", 0)
    put(lab, "mstatus.MIE", 1)
    at = USER_CODE if mode.privilege == 0 else CODE
    assert trapped(lab, text, mode).cause == Cause.BREAKPOINT
    assert (lab.csr("mepc"), lab.csr("mtval"), field(lab, "mstatus.GVA")) == (at, at, mode.virtual)
    assert [field(lab, f"mstatus.{n}") for n in ("MPP", "MPV", "MIE", "MPIE")] == [mode.privilege, mode.virtual, 0, 1]


@pytest.mark.rule("mcountinhibit_enc_img")
@pytest.mark.rule("ecall_ebreak_no_minstret_inc")
@pytest.mark.rule("minstret_op")
@pytest.mark.rule("mcycle_op")
@pytest.mark.parametrize("text", ["ecall", "ebreak", "csrrw x0, cycle, x0", "ld a0, 0(x0)", "lr.w a0, (a1)"])
@pytest.mark.parametrize("inhibit", [0, 1, 4, 5])
def test_what_traps_does_not_retire(lab: Lab, text: str, inhibit: int) -> None:
    lab.csr("mcountinhibit", inhibit)
    cycles, retired = lab.csr("mcycle"), lab.csr("minstret")
    trapped(lab, text, Mode.HS, a1=PAGE + 1)
    assert (lab.csr("mcycle") - cycles, lab.csr("minstret") - retired) == (1 - (inhibit & 1), 0)
    assert do(lab, NOP, Mode.HS) is None
    assert (lab.csr("mcycle") - cycles, lab.csr("minstret") - retired) == (2 - 2 * (inhibit & 1), 1 - (inhibit >> 2))


@pytest.mark.rule("mcycle_minstret_wr")
@pytest.mark.parametrize("name", ["mcycle", "minstret"])
@pytest.mark.parametrize("value", [0, 1000, ONES])
def test_a_written_counter_is_read_by_the_next_instruction(lab: Lab, name: str, value: int) -> None:
    program = Program(lab, f"csrrw x0, {name}, a1", f"csrrs a0, {name}, x0", f"csrrs a2, {name}, x0", a1=value)
    for number in range(3):
        assert program.run(number, Mode.M) is None
    assert (lab.a0, lab.hart.x[12]) == (value, value + 1 & ONES)


@pytest.mark.rule("m_mode_perf_monitoring")
def test_event_counters_that_count_nothing_read_zero(lab: Lab) -> None:
    for n in range(7, 32):
        for name in (f"mhpmcounter{n}", f"mhpmevent{n}"):
            assert do(lab, f"csrrw a0, {name}, a1", Mode.M, a1=ONES) is None
            assert lab.csr(name) == lab.a0 == 0


@pytest.mark.rule("xret_in_higher_mode")
@pytest.mark.rule("xret_op")
@pytest.mark.rule("sret_presence")
@pytest.mark.rule("mret_presence")
@pytest.mark.rule("mstatus_xret_op")
@pytest.mark.rule("sret_ill_inst_exc_rst")
@pytest.mark.parametrize(("text", "modes"), [("mret", [Mode.M]), ("sret", [Mode.M, Mode.HS, Mode.VS])])
@pytest.mark.parametrize("mode", list(Mode))
def test_who_may_return(lab: Lab, text: str, modes: list[Mode], mode: Mode) -> None:
    for name in ("mepc", "sepc", "vsepc"):
        lab.csr(name, PAGE)
    record = do(lab, text, mode)
    assert (record is None) == (mode in modes)
    if record is None:
        assert lab.state.pc == PAGE
    else:
        virtual = text == "sret" and mode is Mode.VU
        assert record.cause == (Cause.VIRTUAL_INSTRUCTION if virtual else Cause.ILLEGAL_INSTRUCTION)


@pytest.mark.rule("pma_chk_paddr")
@pytest.mark.rule("pma_precise_recom")
@pytest.mark.rule("pma_mm_rw")
@pytest.mark.rule("pma_amo_far_subset_proc")
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS, Mode.VS])
def test_what_memory_answers(lab: Lab, mode: Mode) -> None:
    """Nothing, a device and main memory, by fetch, load, store and atomics."""
    absent, device = 0x4000_0000, 0x1000_0000
    assert trapped(lab, "ld a0, 0(a1)", mode, a1=absent).cause == Cause.LOAD_ACCESS
    assert trapped(lab, "sb a0, 0(a1)", mode, a1=absent).cause == Cause.STORE_ACCESS
    assert trapped(lab, "amoadd.w a0, a2, (a1)", mode, a1=device).cause == Cause.STORE_ACCESS
    assert trapped(lab, "lr.w a0, (a1)", mode, a1=device).cause == Cause.LOAD_ACCESS
    assert do(lab, "lbu a0, 5(a1)", mode, a1=device) is None
    for address in (absent, device, ONES - 3):
        record = lab.fetch(address, mode)
        assert record is not None
        assert (record.cause, record.tval, record.pc) == (Cause.FETCH_ACCESS, address, address)


@pytest.mark.parametrize("mode", [Mode.HS, Mode.VS])
@pytest.mark.reference_only
def test_without_c_a_jump_to_a_half_word_traps(mode: Mode) -> None:
    """The jump itself traps, with the target as its address; misa.C cannot be changed, so IALIGN never grows."""
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("rv64gh")))
    record = lab.execute(encode("jalr", rd=1, rs1=11, imm=0), mode, a1=PAGE + 2, ra=7)
    assert record is not None
    assert (record.cause, record.pc, record.tval, record.gva) == (0, CODE, PAGE + 2, mode.virtual)
    assert lab.hart.x[1] == 7
    assert lab.csr("sepc", ONES) == ONES - 3
