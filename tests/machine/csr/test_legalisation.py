"""What each register makes of what is written: rows of (register, before, written, read)."""

from __future__ import annotations

import pytest

from machine.csr.access import registers

from .conftest import Bench

ONES = (1 << 64) - 1
SV39, SV48, SV57 = 8 << 60, 9 << 60, 10 << 60
XL = 2 << 34 | 2 << 32
PPN = (1 << 44) - 1


def row(rule: str, register: str, before: int, written: int, read: int) -> object:
    """Write ``before``, write ``written``, expect ``read``."""
    return pytest.param(
        register, before, written, read, marks=pytest.mark.rule(rule), id=f"{rule}-{register}-{written:#x}"
    )


@pytest.mark.parametrize(
    ("register", "before", "written", "read"),
    [
        # Identity and ISA.
        row("mvendorid_always_rd", "mvendorid", 0, ONES, 0),
        row("marchid_always_rd", "marchid", 0, ONES, 0),
        row("mimpid_always_rd", "mimpid", 0, ONES, 0),
        row("mconfigptr_val", "mconfigptr", 0, ONES, 0),
        row("misa_extensions_warl_op", "misa", 0, 0, 2 << 62 | 0x1411AD),
        # mstatus.
        row("mstatus_xpp_warl", "mstatus", 3 << 11, 2 << 11, XL | 3 << 11),
        row("mstatus_xpp_warl", "mstatus", 3 << 11, 1 << 11, XL | 1 << 11),
        row("mstatus_xpp_warl", "mstatus", 3 << 11, 0, XL),
        row("mstatus_sd_op1", "mstatus", 0, 3 << 13, 1 << 63 | XL | 3 << 13),
        row("mstatus_sd_acc", "mstatus", 0, 1 << 63 | 2 << 13, XL | 2 << 13),
        row("mstatus_fs_vs_xs_enc", "mstatus", 0, 1 << 13, XL | 1 << 13),
        row("mstatus_xs_acc", "mstatus", 0, 3 << 15, XL),
        row("mstatus_vs_rdonly0_s_no_v", "mstatus", 0, 3 << 9, XL),
        row("mstatus_sxl_rdonly_mxlen64", "mstatus", 0, 1 << 34, XL),
        row("mstatus_uxl_rdonly_mxlen64", "mstatus", 0, 1 << 32, XL),
        row("mstatus_mstatush_xbe_warl", "mstatus", 0, 1 << 37 | 1 << 36 | 1 << 6, XL),
        row("mstatus_tvm_warl_op", "mstatus", 0, 0x7E0000, XL | 0x7E0000),
        row("mstatus_mpv_op", "mstatus", 0, 1 << 39 | 1 << 38, XL | 1 << 39 | 1 << 38),
        row("mstatus_sz_acc", "mstatus", 0, ONES, 0x8000_00CA_007E_79AA),
        # Status of the supervisor levels.
        row("sstatus", "sstatus", 0, ONES, 0x8000_0002_000C_6122),
        row("sstatus_uxl_behavior", "sstatus", 0, 0, 2 << 32),
        row("vsstatus_sz_acc_op", "vsstatus", 0, ONES, 0x8000_0002_000C_6122),
        row("vsstatus_uxl_op", "vsstatus", 0, 1 << 32, 2 << 32),
        row("hstatus_sz_acc_op", "hstatus", 0, ONES, 0x2_0073_F3C0),
        row("vsxl_ro", "hstatus", 0, 1 << 32, 2 << 32),
        row("hstatus_vsbe_op", "hstatus", 0, 1 << 5, 2 << 32),
        row("hstatus_vgein_op", "hstatus", 0, 63 << 12, 2 << 32 | 63 << 12),
        # Trap vectors.
        row("mtvec_mode_enc", "mtvec", 0, 0x8000_0001, 0x8000_0001),
        row("mtvec_sz_warl_acc", "mtvec", 1, 0x8000_0002, 0x8000_0001),
        row("mtvec_sz_warl_acc", "mtvec", 0, 0x8000_0003, 0x8000_0000),
        row("mtvec_base_align_4B", "mtvec", 0, ONES - 3, ONES - 3),
        row("stvec_op", "stvec", 1, 0x1002, 0x1001),
        row("shvstvecd_vstvec_mode_direct", "vstvec", 1, 0x1000, 0x1000),
        row("shvstvecd_vstvec_base_aligned_address", "vstvec", 0, ONES - 3, ONES - 3),
        # Trap handling.
        row("mepc_align", "mepc", 0, ONES, ONES - 1),
        row("sepc", "sepc", 0, 0x1003, 0x1002),
        row("vsepc_warl", "vsepc", 0, 0x1003, 0x1002),
        row("mcause_exccode_wlrl", "mcause", 0, 1 << 63 | 11, 1 << 63 | 11),
        row("vscause_wlrl", "vscause", 0, 1 << 63 | 9, 1 << 63 | 9),
        row("mtval_warl", "mtval", 0, ONES, ONES),
        row("vstval_warl", "vstval", 0, ONES, ONES),
        row("htval_val", "htval", 0, ONES >> 2, ONES >> 2),
        row("mtval2_val", "mtval2", 0, ONES >> 2, ONES >> 2),
        row("htinst_val", "htinst", 0, 0x3000, 0x3000),
        row("mtinst_val", "mtinst", 0, 0x3020, 0x3020),
        row("mscratch_sz_acc", "mscratch", 0, ONES, ONES),
        row("vsscratch_sz_acc_op", "vsscratch", 0, ONES, ONES),
        # Delegation.
        row("medeleg_when_rd0", "medeleg", 0, ONES, 0xF0_B7FF),
        row("medeleg_16_no_rd0", "medeleg", 0, 1 << 16, 0),
        row("medeleg_no_rd1", "medeleg", ONES, 0, 0),
        row("hedeleg_acc", "hedeleg", 0, ONES, 0xC_B1FF),
        row("mideleg_acc_h", "mideleg", 0, 0, 0x1444),
        row("mideleg_no_rd1", "mideleg", 0, ONES, 0x1666),
        row("hideleg_acc", "hideleg", 0, ONES, 0x444),
        # Translation.
        row("satp_mode", "satp", 0, SV39 | 0xFFFF << 44 | PPN, SV39 | 0xFFFF << 44 | PPN),
        row("satp_mode_sxlen64", "satp", 0, SV48 | 1, SV48 | 1),
        row("satp_mode_sxlen64", "satp", 0, SV57 | 1, SV57 | 1),
        row("svbare_satp_mode_bare", "satp", SV39 | 5, 0, 0),
        row("satp_mode_op_unsupported", "satp", SV39 | 5, 1 << 60 | 7, SV39 | 5),
        row("satp_mode_op_unsupported", "satp", SV39 | 5, 11 << 60 | 7, SV39 | 5),
        row("shvsatpa_satp_vsatp_modes", "vsatp", 0, SV57 | 3 << 44 | 1, SV57 | 3 << 44 | 1),
        row("vsatp_mode_unsupported_v0", "vsatp", SV48 | 5, 15 << 60 | 7, SV48 | 5),
        row("shgatpa_satp_hgatp_mode_support", "hgatp", 0, SV39 | 4, SV39 | 4),
        row("shgatpa_satp_hgatp_mode_support", "hgatp", 0, SV48 | 4, SV48 | 4),
        row("shgatpa_satp_hgatp_mode_support", "hgatp", 0, SV57 | 4, SV57 | 4),
        row("shgatpa_hgatp_bare_mode", "hgatp", SV39 | 4, 0, 0),
        row("hgatp_mode_warl", "hgatp", SV39 | 4, 2 << 60 | 1 << 44 | 8, SV39 | 1 << 44 | 8),
        row("hgatp_ppn_op", "hgatp", 0, SV39 | PPN, SV39 | PPN - 3),
        row("hgatp_vmid_lsbs", "hgatp", 0, SV39 | 0xFFFF << 44, SV39 | 0x3FFF << 44),
        # Counters.
        row("mcounteren_sz", "mcounteren", 0, ONES, 0xFFFF_FFFF),
        row("scounteren", "scounteren", 0, ONES, 0xFFFF_FFFF),
        row("hcounteren_sz", "hcounteren", 0, ONES, 0xFFFF_FFFF),
        row("mcountinhibit_sz_warl_op1", "mcountinhibit", 0, ONES, 0x7D),
        row("mcycle_minstret_sz", "mcycle", 0, ONES, ONES),
        row("mcycle_minstret_sz", "minstret", 0, ONES, ONES),
        row("mhpmcounter_mhpmevent_rdonly0", "mhpmcounter7", 0, ONES, 0),
        row("mhpmcounter_mhpmevent_rdonly0", "mhpmevent31", 0, ONES, 0),
        # Environment configuration.
        row("menvcfg_pbmte_rdonly0", "menvcfg", 0, ONES, 1 << 63 | 1 << 61 | 1),  # a hart without Svpbmt
        row("Svadu_hw_update_a_d_bits", "menvcfg", 0, 1 << 61, 1 << 61),
        row("menvcfg_stce_op1", "menvcfg", 0, 1 << 63, 1 << 63),
        row("menvcfg_stce_op2", "henvcfg", 0, ONES, 1),
        row("senvcfg", "senvcfg", 0, ONES, 1),
        # Timers.
        row("stimecmp_stimecmph_sz_acc", "stimecmp", 0, ONES, ONES),
        row("vstimecmp_sz", "vstimecmp", 0, ONES, ONES),
        row("htimedelta_sz_acc_op", "htimedelta", 0, ONES, ONES),
        # Protection.
        row("pmp_addr_encoding", "pmpaddr0", 0, ONES, (1 << 54) - 1),
        row("pmp_rwx_warl", "pmpcfg0", 0x0F, 0x1A, 0x1F),
        row("pmp_rwx_warl", "pmpcfg0", 0, 0x9E << 8, 0x98 << 8),
        row("pmp_cfg_permissions", "pmpcfg2", 0, 0x1F1D_1C19_1B0F_0800, 0x1F1D_1C19_1B0F_0800),
        row("pmp_csrs_warl_access", "pmpcfg0", 0, 0x60, 0),
        row("pmp_l_bit_write_protection", "pmpcfg0", 0x9F << 16, 0x0101_0101, 0x9F_0101 | 1 << 24),
        # Floating point.
        row("mstatus_fs_op", "fcsr", 0, ONES, 0xFF),
        row("mstatus_fs_op", "frm", 0, ONES, 7),
        row("mstatus_fs_op", "fflags", 0, ONES, 0x1F),
    ],
)
def test_write_then_read(bench: Bench, register: str, before: int, written: int, read: int) -> None:
    bench.write(register, before)
    bench.write(register, written)
    assert bench.read(register) == read


@pytest.mark.rule("Zicsr_wpri_roz")
@pytest.mark.rule("Zicsr_write_ro")
def test_bits_outside_the_declared_fields_read_zero(bench: Bench) -> None:
    bench.allow_everything()
    for register in registers(bench.hart):
        register.write(bench.hart, ONES)
    for register in registers(bench.hart):
        if register.fields:
            declared = sum(field.mask for field in register.fields)
            assert register.read(bench.hart) & ~declared == 0, register.name


def test_fields_do_not_overlap(bench: Bench) -> None:
    for register in registers(bench.hart):
        masks = [field.mask for field in register.fields]
        assert sum(masks) == sum({*masks}) <= ONES, register.name
        assert len({field.name for field in register.fields}) == len(masks), register.name


def test_every_register_says_where_it_comes_from(bench: Bench) -> None:
    assert all(type(register).__doc__ for register in registers(bench.hart))


@pytest.mark.rule("sstatus")
def test_sstatus_is_a_part_of_mstatus(bench: Bench) -> None:
    bench.write("mstatus", 1 << 17 | 3 << 11 | 1 << 3)
    bench.write("sstatus", 3 << 13 | 1 << 18 | 1 << 1)
    assert bench.read("mstatus") == 1 << 63 | XL | 1 << 17 | 3 << 11 | 1 << 3 | 3 << 13 | 1 << 18 | 1 << 1
    bench.write("sstatus", 0)
    assert bench.read("mstatus") == XL | 1 << 17 | 3 << 11 | 1 << 3


@pytest.mark.rule("vsstatus_sd_xs_op")
def test_each_status_has_its_own_dirty_summary(bench: Bench) -> None:
    bench.write("mstatus", 3 << 13)
    assert (bench.field("sstatus.SD"), bench.field("vsstatus.SD")) == (1, 0)


@pytest.mark.rule("mstatus_fs_vs_xs_dirty_op")
@pytest.mark.rule("vsstatus_fs_op")
@pytest.mark.parametrize(("virtual", "guest"), [(0, 1), (1, 3)])
@pytest.mark.parametrize("name", ["fcsr", "frm", "fflags"])
def test_a_write_of_fcsr_is_dirty(bench: Bench, name: str, virtual: int, guest: int) -> None:
    bench.write("mstatus", 1 << 13)
    bench.write("vsstatus", 1 << 13)
    bench.hart.state.virt = virtual
    bench.write(name, 0)
    assert (bench.field("mstatus.FS"), bench.field("vsstatus.FS")) == (3, guest)


def test_frm_and_fflags_are_parts_of_fcsr(bench: Bench) -> None:
    bench.write("fcsr", 0b100_10001)
    assert (bench.read("frm"), bench.read("fflags")) == (0b100, 0b10001)
    bench.write("frm", 1)
    bench.write("fflags", 2)
    assert bench.read("fcsr") == 0b001_00010


@pytest.mark.rule("menvcfg_adue_henvcfg_adue_rdonly0")
@pytest.mark.rule("menvcfg_stce_op2")
@pytest.mark.parametrize("bit", [61, 63])
def test_henvcfg_needs_menvcfg(bench: Bench, bit: int) -> None:
    bench.write("menvcfg", 1 << bit)
    bench.write("henvcfg", ONES)
    assert bench.read("henvcfg") == 1 << bit | 1
    bench.write("menvcfg", 0)
    assert bench.read("henvcfg") == 1


@pytest.mark.rule("pmp_l_bit_write_protection")
@pytest.mark.parametrize(
    ("config", "entry", "locked"),
    [
        ("0x80", 0, True),
        ("0x00", 0, False),
        ("0x8800", 0, True),  # entry 1 is TOR and locked: its lower bound is locked too
        ("0x8800", 1, True),
        ("0x9800", 0, False),  # NAPOT does not use the entry below
        ("0x0800", 0, False),
    ],
)
@pytest.mark.parametrize(("register", "first"), [("pmpcfg0", 0), ("pmpcfg2", 8)])
def test_a_locked_address(bench: Bench, register: str, first: int, config: str, entry: int, locked: bool) -> None:
    bench.write(register, int(config, 16))
    bench.write(f"pmpaddr{first + entry}", 0x1234)
    assert bench.read(f"pmpaddr{first + entry}") == (0 if locked else 0x1234)


@pytest.mark.rule("pmp_l_bit_write_protection")
def test_the_lock_reaches_across_configuration_registers(bench: Bench) -> None:
    bench.write("pmpcfg2", 0x88)
    bench.write("pmpaddr7", 0x1234)
    assert bench.read("pmpaddr7") == 0


@pytest.mark.rule("pmp_l_bit_function")
@pytest.mark.rule("pmp_A_L_rst")
def test_reset_unlocks(bench: Bench) -> None:
    bench.write("pmpcfg0", 0x9F)
    bench.write("pmpcfg0", 0)
    assert bench.read("pmpcfg0") == 0x9F
    bench.hart.reset(0)
    assert bench.read("pmpcfg0") == 0


@pytest.mark.rule("hgatp_vsatp_mode_rst")
@pytest.mark.rule("mstatus_mie_mprv_rst")
@pytest.mark.rule("misa_extensions_rst2")
@pytest.mark.rule("mcause_rst_zero")
def test_reset(bench: Bench) -> None:
    before = {register.name: register.read(bench.hart) for register in registers(bench.hart)}
    for register in registers(bench.hart):
        register.write(bench.hart, ONES)
    bench.hart.reset(0)
    after = {register.name: register.read(bench.hart) for register in registers(bench.hart)}
    assert after == before
    assert {name: value for name, value in after.items() if value} == {
        "misa": 2 << 62 | 0x1411AD,
        "mstatus": XL,
        "sstatus": 2 << 32,
        "vsstatus": 2 << 32,
        "hstatus": 2 << 32,
        "mideleg": 0x1444,
    }
