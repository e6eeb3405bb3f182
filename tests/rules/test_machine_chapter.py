"""The machine chapter's registers, counters and traps."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.csr.access import registers
from machine.csr.indirect import Alias
from machine.machine import Machine
from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from tests.lab import HANDLERS, Lab
from tests.rules.lines import ONES, PAGE, do, field, put, trapped

NOP = "addi x0, x0, 0"
INTERRUPT = 1 << 63
M_MODE_ONLY = (Cause.ECALL_M, Cause.DOUBLE_TRAP)


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("M_highest_priv_mode")
@pytest.mark.rule("M_access_all_lower_priv_CSRs")
@pytest.mark.rule("Zicsr_higher_priv")
@pytest.mark.rule("Zicsr_access")
@pytest.mark.rule("Zicsr_rw")
@pytest.mark.parametrize("mode", list(Mode))
def test_every_register_by_its_level(lab: Lab, mode: Mode) -> None:
    """Bits 9:8 of the number are the least privilege, bits 11:10 say read-only; every enable bit is set."""
    for name in ("mcounteren", "scounteren", "hcounteren", "menvcfg", "henvcfg"):
        lab.csr(name, ONES & ~(1 << status.ENVCFG_DTE))  # no handler here returns: the next trap is no double one
    for name in ("mstatus", "vsstatus"):
        lab.set(name, 3 << status.FS)
    rank = {Mode.VU: 0, Mode.U: 0, Mode.VS: 1, Mode.HS: 2, Mode.M: 3}[mode]
    for register in registers(lab.hart):
        if isinstance(register, Alias):
            continue  # these answer for what they select: nothing here
        number = register.number
        refused = do(lab, f"csrrs a0, {number:#x}, x0", mode)
        assert (refused is None) == (rank >= number >> 8 & 3), register.name
        if number >> 10 == 3:
            assert trapped(lab, f"csrrw x0, {number:#x}, a0", mode).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("Zicsr_debug_illegal")
@pytest.mark.rule("mseccfgh_presence")
@pytest.mark.parametrize("number", [*range(0x7B0, 0x7C0), 0x757, 0xC80, 0xB80, 0x310])
def test_registers_that_m_mode_does_not_have(lab: Lab, number: int) -> None:
    assert trapped(lab, f"csrrs a0, {number:#x}, x0", Mode.M).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("misa_enc_img")
@pytest.mark.rule("misa_mxl_op_isa")
@pytest.mark.rule("misa_mxl_enc")
@pytest.mark.rule("misa_extensions_enc_tbl")
@pytest.mark.rule("misa_acc")
@pytest.mark.rule("misa_always_rd")
@pytest.mark.rule("misa_mxl_acc")
@pytest.mark.rule("misa_mxl_op_nz")
@pytest.mark.rule("misa_sz")
@pytest.mark.rule("misa_i_op")
@pytest.mark.rule("misa_e_op")
@pytest.mark.rule("misa_e_acc")
@pytest.mark.rule("misa_e_not_i")
@pytest.mark.rule("misa_m_op")
@pytest.mark.rule("misa_s_op")
@pytest.mark.rule("misa_u_op")
@pytest.mark.rule("misa_b_op")
@pytest.mark.rule("misa_x_op")
@pytest.mark.rule("misa_extensions_rst1")
@pytest.mark.rule("misa_extensions_enc_txt")
@pytest.mark.rule("misa_extensions_rsv_ret_0")
@pytest.mark.parametrize("isa", ["rv64imah", "rv64imafh", "rv64gch_sstc_svadu"])
@pytest.mark.reference_only
def test_misa(isa: str) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa(isa)))
    letters = {*"IMAHSU", *(x.upper() for x in isa[4:].split("_")[0].replace("g", "imafd"))}
    expected = 2 << 62 | sum(1 << ord(x) - ord("A") for x in letters)
    for value in (0, ONES):
        assert do(lab, "csrrw x0, misa, a1", Mode.M, a1=value) is None
        assert lab.csr("misa") == expected


@pytest.mark.rule("mconfigptr_enc_img")
@pytest.mark.rule("mvendorid_sz_acc_op")
@pytest.mark.rule("marchid_sz_acc_op")
@pytest.mark.rule("mimpid_op")
@pytest.mark.rule("misa_csr_implemented")
@pytest.mark.rule("mconfigptr_sz_acc")
@pytest.mark.rule("mconfigptr_op")
@pytest.mark.rule("mconfigptr_mandatory")
@pytest.mark.rule("mconfigptr_align")
@pytest.mark.parametrize("name", ["mvendorid", "marchid", "mimpid", "mconfigptr"])
def test_identity(lab: Lab, name: str) -> None:
    assert do(lab, f"csrrs a0, {name}, x0", Mode.M) is None
    assert lab.a0 == 0


@pytest.mark.rule("mhartid_sz_acc_op")
@pytest.mark.rule("mhartid_always_rd")
@pytest.mark.rule("mhartid_one_is_zero")
@pytest.mark.rule("mhartid_unique")
def test_harts_are_numbered_from_zero() -> None:
    machine = Machine(Config(memory=1 << 20, harts=3))
    machine.reset()
    assert [hart.state.mhartid for hart in machine.harts] == [0, 1, 2]


@pytest.mark.rule("mcause_rst1_val")
@pytest.mark.rule("M-mode_at_rst1")
@pytest.mark.rule("M-mode_at_rst2")
@pytest.mark.rule("mstatus_mie_mprv_rst")
@pytest.mark.rule("mstatus_mstatush_mbe_rst")
@pytest.mark.rule("ld_rsv_rst")
@pytest.mark.rule("mcause_rst2_val")
@pytest.mark.rule("hgatp_vsatp_mode_rst")
@pytest.mark.rule("warl_rst")
@pytest.mark.rule("pc_rst")
def test_reset(lab: Lab) -> None:
    """Every register is written with all that it takes; after a reset only legal values are left."""
    assert do(lab, "lr.d a0, (a1)", Mode.M, a1=PAGE) is None
    for register in registers(lab.hart):
        register.write(lab.hart, ONES)
    lab.machine.reset()
    assert lab.hart.mode is Mode.M
    assert [field(lab, f"mstatus.{name}") for name in ("MIE", "MPRV", "MBE", "SXL")] == [0, 0, 0, 2]
    assert [field(lab, name) for name in ("hgatp.MODE", "vsatp.MODE", "satp.MODE")] == [0, 0, 0]
    assert lab.csr("mcause") == 0
    assert [lab.csr(f"pmpcfg{n}") & 0x9898_9898_9898_9898 for n in (0, 2)] == [0, 0], "no entry is locked or matches"
    assert do(lab, "sc.d a0, a2, (a1)", Mode.M, a1=PAGE) is None
    assert lab.a0 == 1, "no reservation"
    for register in registers(lab.hart):
        held = register.read(lab.hart)
        register.write(lab.hart, held)
        if register.name not in ("mip", "mcycle", "minstret"):
            assert register.read(lab.hart) == held, f"{register.name} was reset to a value that it cannot hold"


@pytest.mark.rule("mstatus_mpp_sz")
@pytest.mark.rule("mstatus_tw_warl")
@pytest.mark.rule("mstatus_tw_acc")
@pytest.mark.rule("mstatus_tsr_warl")
@pytest.mark.rule("mstatus_tsr_acc")
@pytest.mark.rule("mstatus_sum_rdonly0")
@pytest.mark.rule("mstatus_mxr_rdonly0_no_smode")
@pytest.mark.rule("mstatus_mprv_rdonly0_no_umode")
@pytest.mark.rule("mstatus_sxl_uxl_enc")
@pytest.mark.rule("mstatus_fs_acc1")
@pytest.mark.rule("mstatus_xs_op2")
def test_what_mstatus_holds(lab: Lab) -> None:
    assert do(lab, "csrrw x0, mstatus, a1", Mode.M, a1=ONES) is None
    named = ("SIE", "MIE", "SPIE", "MPIE", "SPP", "MPRV", "SUM", "MXR", "TVM", "TW", "TSR", "GVA", "MPV", "SD")
    assert [field(lab, f"mstatus.{name}") for name in named] == [1] * len(named)
    assert [field(lab, f"mstatus.{name}") for name in ("MPP", "FS", "VS", "XS", "SXL", "UXL")] == [3, 3, 0, 0, 2, 2]
    for mpp, held in ((0, 0), (2, 0), (1, 1), (2, 1), (3, 3), (2, 3)):
        assert do(lab, "csrrw x0, mstatus, a1", Mode.M, a1=mpp << status.MPP) is None
        assert field(lab, "mstatus.MPP") == held


@pytest.mark.rule("mstatus_fs_wr")
@pytest.mark.rule("mstatus_fs_vs_warl")
def test_changing_fs_leaves_the_registers(lab: Lab) -> None:
    put(lab, "mstatus.FS", status.FS_DIRTY)
    assert do(lab, "fmv.d.x fa0, a0", Mode.M, a0=0x1234) is None
    for value in (status.FS_OFF, status.FS_INITIAL, status.FS_CLEAN):
        put(lab, "mstatus.FS", value)
        assert field(lab, "mstatus.SD") == 0
    assert do(lab, "fmv.x.d a1, fa0", Mode.M) is None
    assert lab.hart.x[11] == 0x1234
    assert field(lab, "mstatus.FS") == status.FS_CLEAN, "reading a register dirties nothing"


@pytest.mark.rule("mtvec_mandatory")
@pytest.mark.rule("mtvec_base_align_4B")
@pytest.mark.rule("mtvec_mode_direct_op")
@pytest.mark.rule("mtvec_mode_vectored_op")
@pytest.mark.rule("mcause_intr_op")
@pytest.mark.rule("mcause_exccode_op")
@pytest.mark.rule("mcause_op")
@pytest.mark.parametrize("vectored", [0, 1])
def test_vectors_of_m_mode(lab: Lab, vectored: int) -> None:
    lab.csr("mtvec", HANDLERS["M"] | vectored)
    assert trapped(lab, "ecall", Mode.M).cause == Cause.ECALL_M
    assert (lab.state.pc, lab.csr("mcause")) == (HANDLERS["M"], Cause.ECALL_M)
    for interrupt in (Interrupt.MSI, Interrupt.MEI):
        lab.csr("mie", 1 << interrupt)
        lab.state.lines = 1 << interrupt
        assert trapped(lab, NOP, Mode.HS).target is Mode.M
        assert lab.state.pc == HANDLERS["M"] + 4 * vectored * interrupt
        assert lab.csr("mcause") == INTERRUPT | interrupt


@pytest.mark.rule("medeleg_sz_acc")
@pytest.mark.rule("mideleg_sz_acc")
@pytest.mark.rule("medeleg_mideleg_warl")
@pytest.mark.rule("medeleg_mideleg_mandatory_S_mode")
@pytest.mark.rule("medeleg_enc_txt")
@pytest.mark.rule("mideleg_enc_txt")
@pytest.mark.rule("mideleg_rd1_lower_level")
@pytest.mark.rule("mideleg_hroz")
@pytest.mark.rule("mie_sz_acc")
@pytest.mark.rule("mie_bits_rdonly0")
@pytest.mark.rule("mip_mie_enc_txt")
def test_what_can_be_delegated_and_enabled(lab: Lab) -> None:
    lower = sum(1 << n for n in (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI, Interrupt.SGEI))
    supervisor = sum(1 << n for n in (Interrupt.SSI, Interrupt.STI, Interrupt.SEI, Interrupt.LCOFI))
    assert lab.csr("mideleg", ONES) == lower | supervisor
    assert lab.csr("mideleg", 0) == lower, "the hypervisor's interrupts are always HS-mode's or the guest's"
    assert lab.csr("mie", ONES) == sum(1 << n for n in Interrupt)
    assert lab.csr("medeleg", ONES) == sum(1 << cause for cause in Cause if cause not in M_MODE_ONLY)
    assert lab.csr("medeleg", 0) == 0


@pytest.mark.rule("mepc_sz_acc")
@pytest.mark.rule("mepc_warl")
@pytest.mark.rule("mtval_vaddr_and_0_sz")
@pytest.mark.rule("mtval_instr_bits_sz")
@pytest.mark.rule("mcause_sz_acc")
@pytest.mark.rule("mtval_sz_acc")
@pytest.mark.parametrize("value", [0, 1, 2, 1 << 63, ONES])
def test_the_trap_registers_hold_values(lab: Lab, value: int) -> None:
    for name in ("mepc", "mtval", "mcause", "mscratch", "mtval2", "mtinst"):
        assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=value) is None
        assert lab.csr(name) == (value & ~1 if name == "mepc" else value)


LETTERS = [
    # extension of misa, one of its instructions
    ("C", "c.nop"),
    ("F", "fadd.s fa0, fa0, fa0"),
    ("D", "fadd.d fa0, fa0, fa0"),
    ("B", "andn a0, a0, a0"),
    ("M", "mul a0, a0, a0"),
    ("A", "amoadd.w a0, a0, (a1)"),
    ("H", "hlv.w a0, (a1)"),
]


@pytest.mark.rule("misa_extensions_impl_def")
@pytest.mark.rule("misa_c_set_line")
@pytest.mark.rule("misa_c_set_list")
@pytest.mark.parametrize("isa", ["rv64imah", "rv64imafh", "rv64gh", "rv64imach", "rv64gcbh"])
@pytest.mark.reference_only
def test_a_letter_of_misa_means_that_its_instructions_run(isa: str) -> None:
    """Without C there is no Zca, and with it Zca is there, and Zcd if D is."""
    for letter, text in LETTERS:
        lab = Lab(Config(memory=64 << 20, isa=parse_isa(isa)))
        put(lab, "mstatus.FS", lab.csr("misa") >> 5 & 1)
        runs = do(lab, text, Mode.M, a1=PAGE) is None
        assert runs == bool(lab.csr("misa") >> ord(letter) - ord("A") & 1), text
        assert runs == (letter in parse_isa(isa).string[4:].split("_")[0].upper())
        stack = do(lab, "c.fld fa0, 0(a1)", Mode.M, a1=PAGE)
        assert (stack is None) == ({"c", "d"} <= set(parse_isa(isa).string[4:].split("_")[0]))


@pytest.mark.rule("mstatus_sd_rdonly0")
@pytest.mark.reference_only
def test_without_floating_point_nothing_is_ever_dirty() -> None:
    """FS, VS and XS are read-only zero."""
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("rv64imah")))
    for name in ("mstatus", "sstatus", "vsstatus"):
        lab.csr(name, ONES)
        assert [field(lab, f"{name}.{x}") for x in ("FS", "VS", "XS", "SD")] == [0, 0, 0, 0]
