"""The manual's rules that no test shows on this machine, each with its reason.

Only what a program on this machine could never see broken is here: whatever it can see has a test that cites it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

__all__ = ["NOT_SHOWN", "Reason", "Why"]


class Why(Enum):
    """Kinds of reasons."""

    RV32 = "of RV32 only"
    ABSENT = "of an extension or unit that the machine does not have"
    CHOICE = "of an implementation that chose otherwise"
    PERMISSION = "permits something and requires nothing"
    UNOBSERVABLE = "no program on this machine could see the difference"
    DEFINITION = "defines a word"
    SOFTWARE = "binds software, not the machine"
    PLATFORM = "asks for a platform's specification"
    MANUAL = "binds later versions of the manual"


@dataclass(frozen=True)
class Reason:
    """Why no test shows a rule: the kind, and what holds on this machine."""

    why: Why
    text: str


def because(why: Why, text: str, *rules: str) -> Iterator[tuple[str, Reason]]:
    """The same reason for each of the rules; names may stand together, separated by blanks."""
    reason = Reason(why, text)
    yield from ((rule, reason) for names in rules for rule in names.split())


def rv32() -> Iterator[tuple[str, Reason]]:
    why = Why.RV32
    yield from because(
        why,
        "a CSR, or half of one, that only an RV32 hart has",
        "vstimecmp_acc mstatush_sz_acc mstatush_enc medelegh_sz_acc_enc_xlen32 mcycleh_minstreth_mhpmh_op",
        "mhpmeventh_presence cycleh_instreth_hpmcounternh_op_rdonly timeh_op_rdonly mseccfgh_sz_acc_op",
        "pmp_cfg_rv32_layout",
    )
    yield from because(
        why,
        "which exception an access to a high half raises where XLEN=32",
        "H_cause_virtual_instruction_high H_virtinst_vs32_highctr_h0_m1 H_virtinst_vu32_highctr_h0_s0_m1",
        "H_virtinst_vu_vs32_high_allowedhs_tvm0 H_virtinst_vu32_high_supervisor_allowedhs_tvm0",
    )
    yield from because(why, "Sv32 and Sv32x4", "hgatp_mode_sv32x4 satp_mode_sxlen32 satp_ppn_sv32_sz")
    yield from because(why, "PMM is read-only zero where XLEN=32", "pm_rv32_illegal")
    yield from because(why, "a width's field where XLEN=32", "hstatus_vsxl_32 mstatus_sxl_uxl_sxlen_uxlen_mxlen32")
    yield from because(why, "how RV32 stores 64 bits to mtimecmp", "mtimecmp_rv32_wr")
    yield from because(why, "high halves of the state enables", "stateen_rv32_upper_bits_csrs")


def absent() -> Iterator[tuple[str, Reason]]:
    why = Why.ABSENT
    yield from because(
        why,
        "V: VS is read-only zero in every status register",
        "vsstatus_vs_op mstatus_vs_op mstatus_vs_acc1 mstatus_vs_wr mstatus_vs_imprecise mstatus_vs_no_change_dirty",
        "pma_mag_op_vec",
    )
    yield from because(
        why,
        "Zicfilp: no landing pads, so no ELP, no LPE and no SPELP",
        "vsstatus_spelp_op sstatus_spelp senvcfg_lpe_Zicfilp mstatus_spelp_mpelp_op mstatus_spelp_mpelp_enc_lead-in",
        "mstatus_spelp_mpelp_enc_list menvcfg_lpe_op_lead-in menvcfg_lpe_op_list",
        "mseccfg_mlpe_presence mseccfg_mlpe_set_op mseccfg_mlpe_clr_op_lead-in mseccfg_mlpe_clr_op_list",
        "mseccfg_mlpe_rst",
    )
    yield from because(
        why,
        "Zicfiss: no shadow stacks, so no SSE",
        "senvcfg_sse_Zicfilp menvcfg_sse_op_lead-in menvcfg_sse_op_list",
    )
    yield from because(
        why,
        "Zicfilp and Zicfiss, whose checks alone raise software-check exceptions",
        "stval_exception_info mtval_swchk_lead-in mtval_swchk_list",
    )
    yield from because(
        why,
        "Zkr: there is no seed CSR for SSEED and USEED to open",
        "mseccfg_sseed_useed_presence mseccfg_useed_U-mode_op mseccfg_sseed_SorHS-mode_op mseccfg_sseed_VSorVU-mode_op",
        "mseccfg_sseed_useed_op_tbl mseccfg_useed_sseed_rst",
    )
    yield from because(
        why,
        "Smdbltrp: there is no MDT, so a trap of M-mode in its own handler is a trap like any other",
        "mstatus_mdt_sz_warl mstatus_mdt_rst mstatus_mie_clr_by_mdt mstatus_mie_clr_by_mdt_rv64",
        "mstatus_mie_set_mdt_0 mstatus_mie_set_mdt_0_rv64 trap_exp trap_unexp_mdt_1 trap_unexp_hndl_lead-in",
        "trap_unexp_hndl_no_rnmi critical_error mstatus_mdt_clr_mret_sret sstatus_sdt_clr_mret_sret",
        "vsstatus_sdt_clr_mret_sret",
    )
    yield from because(
        why,
        "Smrnmi: no resumable non-maskable interrupts",
        "trap_unexp_rnmi mstatus_mdt_not_set_rnmi trap_unexp_mnstatus_nmie_0 trap_unexp_hndl_rnmi",
        "mstatus_mdt_clr_mnret sstatus_sdt_clr_mnret vsstatus_sdt_clr_mnret mnstatus_nmie_rst Smdbltrp_with_Smrnmi_op",
    )
    yield from because(
        why,
        "non-maskable interrupts: the board has no source of one",
        "nmi_op nmi_mcause_val1 nmi_mcause_val2 nmi_mcause_restrictions nmi_no_rst",
    )
    yield from because(why, "Zfinx and Zcmt: no user state is behind a bit of sstateen", "sstateen_user_access_control")
    yield from because(why, "Zfinx, whose floating point alone asks the FCSR bit", "stateen0_fcsr_op")
    yield from because(why, "Sdtrig: no scontext and hcontext", "mstateen0_context_op hstateen0_context_op")
    yield from because(
        why,
        "an extension with registers behind a value of miselect, siselect or vsiselect",
        "mireg_access_on_legal_miselect sireg_access_on_legal_siselect vsireg_access_on_legal_vsiselect",
        "vsmode_virtual_inst_fault",
    )
    yield from because(why, "Smcdeleg: counters are not delegated", "menvcfg_cde_op")
    yield from because(why, "Zama16b, and with it any atomicity granule", "zama16b_pma_mag_req")
    yield from because(why, "custom extensions with state: XS is read-only zero", "mstatus_xs_op1 mstatus_xs_equiv")
    yield from because(
        why,
        "a misaligned atomicity granule: misaligned AMOs always trap",
        "pma_mag_def pma_mag_insts pma_mag_op_within pma_mag_op_implicit",
    )

    yield from because(
        why,
        "Sspm: the built-in firmware has no call by which a supervisor asks for pointer masking",
        "sspm_definition",
    )


def choice() -> Iterator[tuple[str, Reason]]:
    why = Why.CHOICE
    yield from because(
        why,
        "XLEN is 64 in every mode and cannot be changed",
        "hstatus_vsxl_change vsstatus_uxl_change hint_sxlen xlen_reduction_op",
        "xlen_reduction_hint_op1 xlen_reduction_hint_op2 pm_uxl_clear",
    )
    yield from because(
        why,
        "misa is read-only: extensions are chosen before reset",
        "misa_extensions_disabling misa_extensions_disabling_def misa_extensions_dependencies misa_inc_ialign",
    )
    yield from because(why, "M is always there, so Zmmul never stands alone", "Zmmul_misa_m")
    yield from because(
        why,
        "IALIGN follows from misa.C, which is read-only",
        "sepc_op_mask_ialign32 mepc_bit1_dyn_ialign_op",
    )
    yield from because(
        why,
        "satp.MODE is writable and takes Sv39",
        "sstatus_sum_satp_mode senvcfg_fiom_acc satp_mode_roz_sfence_illegal menvcfg_fiom_rdonly0_ok",
    )
    yield from because(
        why,
        "M-mode, S-mode and U-mode are always there",
        "mstatus_xpp_rdonly0 mstatus_fs_acc2 mstatus_vs_acc2 medeleg_mideleg_omit_wo_S_mode mip_sxip_mie_sxie_rdonly0",
        "mcounteren_presence",
    )
    yield from because(
        why,
        "little-endian only: the byte order's fields are read-only zero",
        "sstatus_ube_implicit mstatus_sbe_rocopy mstatus_ube_rocopy",
    )
    yield from because(why, "mvendorid is 0: no commercial implementation", "mvendorid_enc")
    yield from because(why, "mtval holds information, so it is not read-only zero", "mtval_rdonly0")
    yield from because(why, "mcountinhibit is implemented", "mcountinhibit_not_impl")
    yield from because(
        why,
        "the grain of PMP is 4 bytes, G=0",
        "pmp_na4_select_restriction pmp_napot_addr_read_mask pmp_tor_off_addr_read_mask",
        "pmp_addr_retention_on_mode_change",
    )


def permission() -> Iterator[tuple[str, Reason]]:
    why = Why.PERMISSION
    yield from because(why, "a WLRL field's illegal value may trap; here it is held", "Zicsr_wlrl_exception")
    yield from because(
        why,
        "FS may turn Dirty without need; this machine is exact for each instruction that writes the state",
        "mstatus_fs_imprecise mstatus_fs_no_dirty_track mstatus_fs_no_change_dirty",
    )
    yield from because(why, "xtvec may be restricted; here it is not", "mtvec_rdonly mtvec_base_align_func_mode")
    yield from because(
        why,
        "an invalid address may be converted; here every value is held",
        "mepc_inv_addr_conv mtval_inv_addr_conv",
    )
    yield from because(why, "MSIP may be absent with one hart; here it never is", "mip_msip_mie_msie_maybe_rdonly0")
    yield from because(why, "an interrupt controller may set SSIP; the board's do not", "mip_ssip_intr_ctrl")
    yield from because(why, "harts may share counters; here each has its own", "mcycle_shared mcountinhibit_cy_shared")
    yield from because(why, "bits of mcounteren may be read-only; here all are writable", "mcounteren_flds_rdonly0")
    yield from because(why, "time may be emulated; here the hart reads it", "time_csr_architectural_availability")
    yield from because(why, "a return may clear the reservation", "xret_clr_lr_resv")
    yield from because(
        why, "WFI may resume at any time, and be available to U-mode", "wfi_resume_reason wfi_opt_U_mode"
    )
    yield from because(why, "mcause after a reset may equal an exception's", "mcause_rst_alias_ok")
    yield from because(
        why,
        "attributes may be configurable, imprecise or withheld; here they are fixed and traps are precise",
        "pma_rtcfg_mmr pma_imprecise_ok pma_mm_ifetch pma_cache_mm_all_atomics pma_mo_dyn pma_mag_exc",
    )
    yield from because(why, "what each extension with indirect registers may choose", "csr_access csrs_alias")
    yield from because(
        why,
        "an instruction that writes guarded state without reading it may trap, as each extension says for itself",
        "stateen_implicit_state_update",
    )
    yield from because(
        why,
        "aliases of other memory types may be weaker; here they never are",
        "Svpbmt_noncacheable_aliasing_may_weaken_ordering Svpbmt_cacheable_aliasing_may_cause_coherence_loss",
    )
    yield from because(why, "regions may be M-mode's alone; here only PMP makes one so", "pmp_mmode_only_regions")
    yield from because(
        why,
        "a translation or check may be early, or a stale one be used until the fence",
        "pmp_speculative_translations sfence_vma_ordering_semantics",
    )


def unobservable() -> Iterator[tuple[str, Reason]]:
    why = Why.UNOBSERVABLE
    yield from because(
        why,
        "every access is in program order already, so that FIOM orders nothing further",
        "henvcfg_fiom_op henvcfg_fiom_order senvcfg_fiom senvcfg_fiom_op_atomic",
        "menvcfg_fiom_fence_op menvcfg_fiom_atomic_op menvcfg_fiom_fence_presuc_op",
    )
    yield from because(
        why,
        "harts take turns and every access is in program order, whatever the channel",
        "pma_mo_io_chan_def pma_mo_io_chan_0 pma_mo_io_chan_1 pma_mo_io_chan_other",
    )
    yield from because(
        why,
        "every access is in program order already, whatever the page's memory type",
        "Svpbmt_io_pma_nc_pbmt_obey_rvwmo Svpbmt_io_pma_nc_pbmt_treated_as_io_and_memory",
        "Svpbmt_memory_pma_io_pbmt_strong_io_ordering Svpbmt_memory_pma_io_pbmt_treated_as_io_and_memory",
    )
    yield from because(why, "there is no data cache", "pma_non_cacheable uncached_ignores_cached")
    yield from because(
        why,
        "nothing is fetched or accessed ahead of the instruction that asks for it",
        "pma_idp_no_spec pma_idp_implicit_ok pma_idp_implicit_sz",
    )


def words() -> Iterator[tuple[str, Reason]]:
    """What binds something other than the machine."""
    yield from because(Why.DEFINITION, "what main memory and I/O are called", "pma_mm_vs_io_def")
    yield from because(Why.DEFINITION, "main memory is taken to be idempotent, as any memory is", "pma_idp_mm")
    yield from because(
        Why.SOFTWARE,
        "what Initial and Clean promise is for software to keep: the hart stores the number",
        "mstatus_fs_vs_xs_initial_op mstatus_fs_vs_xs_clean_op",
    )
    yield from because(Why.SOFTWARE, "the fence that M-mode owes after changing SBE", "mstatus_sbe_change_fence")
    yield from because(
        Why.PLATFORM,
        "the platform says where a reset and an NMI begin, and which exceptions write mtval",
        "rst_and_nmi_addr mtval_per_exc_behavior",
    )
    yield from because(
        Why.MANUAL,
        "in which order bits of the state enables are given to extensions",
        "sstateen_bit_allocation mstateen_bit_allocation mstateen_bit_encroachment",
    )


KINDS = (rv32, absent, choice, permission, unobservable, words)
NOT_SHOWN: dict[str, Reason] = {rule: reason for kind in KINDS for rule, reason in kind()}
"""The reason of each rule that has no test."""
