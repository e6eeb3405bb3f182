"""Why a trap was raised: the clauses of the manual that the machine cites.

A meaning raises its trap with a `Reason`; the number travels in the hart's state, and the debugger shows the
manual's own normative-rule name and one sentence of ours.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Reason"]


class Reason(IntEnum):
    """A clause: its value is stored in the state, `rule` is the manual's normative-rule name, `text` explains."""

    rule: str
    text: str

    def __new__(cls, value: int, rule: str = "", text: str = "") -> Reason:
        member = int.__new__(cls, value)
        member._value_ = value
        member.rule = rule
        member.text = text
        return member

    NONE = 0, "none", "no clause recorded"

    # Virtual-instruction exceptions (hypervisor extension, "Virtual-instruction exception", cause 22).
    VS_COUNTER = (
        1,
        "H_virtinst_vs_nonhighctr_h0_m1",
        "VS-mode read of a counter whose hcounteren bit is 0 while mcounteren's is 1",
    )
    VU_COUNTER = (
        2,
        "H_virtinst_vu_nonhighctr_h0_s0_m1",
        "VU-mode read of a counter whose hcounteren or scounteren bit is 0 while mcounteren's is 1",
    )
    V_HYPERVISOR_INSTRUCTION = (
        3,
        "H_virtinst_vu_vs_hinst",
        "a hypervisor instruction (HLV, HLVX, HSV, HFENCE, HINVAL) was executed with V=1",
    )
    V_HYPERVISOR_CSR = (
        4,
        "H_virtinst_vu_vs_nonhigh_allowedhs_tvm0",
        "a hypervisor or VS CSR was accessed with V=1; HS-mode would be allowed to",
    )
    VU_WFI = 5, "H_virtinst_vu_wfi_tw0", "WFI in VU-mode while mstatus.TW=0"
    VU_SUPERVISOR_INSTRUCTION = (
        6,
        "H_virtinst_vu_sret_sfence",
        "SRET, SFENCE.VMA, SINVAL.VMA, SFENCE.W.INVAL or SFENCE.INVAL.IR in VU-mode",
    )
    VU_SUPERVISOR_CSR = (
        7,
        "H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0",
        "a supervisor CSR was accessed in VU-mode; HS-mode would be allowed to",
    )
    VS_WFI_VTW = 8, "H_virtinst_wfi_vtw1_tw0", "WFI in VS-mode while hstatus.VTW=1 and mstatus.TW=0"
    VS_SRET_VTSR = 9, "H_virtinst_vs_sret_vtsr1", "SRET in VS-mode while hstatus.VTSR=1"
    VS_FENCE_SATP_VTVM = (
        10,
        "H_virtinst_vs_sfence_sinval_satp_vtvm1",
        "SFENCE.VMA, SINVAL.VMA or satp in VS-mode while hstatus.VTVM=1",
    )
    V_STIMECMP_STCE = 11, "henvcfg_stce", "stimecmp was accessed with V=1 while henvcfg.STCE=0"
    VS_STIMECMP_TM = 12, "hcounteren_acc", "stimecmp was accessed in VS-mode while hcounteren.TM=0 and mcounteren.TM=1"

    V_CBZE = 13, "henvcfg_cbze", "CBO.ZERO with V=1 while CBZE=0 in henvcfg, or in VU-mode in senvcfg"
    V_CBCFE = 14, "henvcfg_cbcfe", "CBO.CLEAN or CBO.FLUSH with V=1 while CBCFE=0 in henvcfg, or in VU-mode in senvcfg"
    V_CBIE = 15, "henvcfg_cbie", "CBO.INVAL with V=1 while CBIE=0 in henvcfg, or in VU-mode in senvcfg"

    V_HSTATEEN = 16, "stateen_illegal_state_access", "hstateen keeps the register from V=1, and mstateen does not"

    # Illegal instructions.
    UNKNOWN_ENCODING = 32, "none", "the bits are no instruction of this machine"
    CSR_ABSENT = 33, "none", "no CSR has this number"
    CSR_PRIVILEGE = 34, "Zicsr_illegal_mode", "the CSR needs more privilege than the current mode has"
    CSR_READ_ONLY = 35, "Zicsr_illegal_acc", "a read-only CSR was written"
    CSR_TVM = (
        36,
        "mstatus_tvm_warl_op",
        "satp or hgatp was accessed, or SFENCE.VMA or HFENCE.GVMA executed, in S-mode while mstatus.TVM=1",
    )
    COUNTER_DISABLED = 37, "mcounteren_op", "the counter's bit in mcounteren or scounteren is 0"
    STIMECMP_DISABLED = 38, "menvcfg_stce_op2", "stimecmp needs menvcfg.STCE=1 and mcounteren.TM=1 below M-mode"
    FP_OFF = 39, "H_illegalinst_xstatus_fs_vs", "FS is Off in mstatus, or in vsstatus while V=1"
    FP_ROUNDING = 40, "none", "the rounding mode is reserved"
    INSTRUCTION_PRIVILEGE = 41, "none", "the instruction needs more privilege than the current mode has"
    TSR = 42, "mstatus_tsr_op", "SRET in S-mode while mstatus.TSR=1"
    TW = 43, "mstatus_tw_op", "WFI below M-mode while mstatus.TW=1"
    HU = 44, "hstatus_hu_op", "a hypervisor load or store in U-mode while hstatus.HU=0"

    CBZE = 45, "menvcfg_cbze_op", "CBO.ZERO while CBZE=0 in menvcfg, or in U-mode in senvcfg"
    CBCFE = 46, "menvcfg_cbcfe_op", "CBO.CLEAN or CBO.FLUSH while CBCFE=0 in menvcfg, or in U-mode in senvcfg"
    CBIE = 47, "menvcfg_cbie_warl_op", "CBO.INVAL while CBIE=0 in menvcfg, or in U-mode in senvcfg"

    MSTATEEN = 52, "stateen_illegal_state_access", "mstateen keeps the register from every mode below M"
    SELECT_ABSENT = 53, "none", "no register is behind what miselect, siselect or vsiselect selects"

    # Clauses of proposals that were never ratified (`machine.proposals`).
    V_WFI_2020 = 48, "none", "WFI with V=1 traps unless it completes at once: an interrupt that mie enables is pending"

    # Page faults and guest-page faults: the step of the walk that failed.
    ADDRESS_NOT_CANONICAL = 64, "none", "the address's upper bits are not copies of the highest translated bit"
    GPA_TOO_WIDE = 65, "H_vm_gstagetrans", "the guest physical address is wider than the G-stage mode translates"
    PTE_INVALID = 66, "none", "PTE.V=0"
    PTE_RESERVED = 67, "none", "the PTE uses a reserved encoding (W=1 with R=0, or a reserved bit)"
    PTE_NO_LEAF = 68, "none", "the walk reached level 0 without a leaf PTE"
    PTE_MISALIGNED = 69, "none", "misaligned superpage: low PPN bits of the leaf PTE are not 0"
    PTE_USER = 70, "none", "U=1: a user page, and the access is privileged (for loads and stores SUM=0)"
    PTE_NOT_USER = 71, "none", "U=0: the access is a user's"
    PTE_NO_READ = 72, "load_page_fault_no_r", "no read permission (R=0, and X is not made readable by MXR)"
    PTE_NO_WRITE = 73, "store_page_fault_no_w", "W=0: no write permission"
    PTE_NO_EXECUTE = 74, "none", "X=0: no execute permission"
    PTE_NOT_ACCESSED = 75, "svade_access_ad_bit_clear", "A=0, and hardware does not update it (ADUE=0)"
    PTE_NOT_DIRTY = 76, "svade_access_ad_bit_clear", "D=0 on a store, and hardware does not update it (ADUE=0)"

    PTE_NOT_USER_G = 77, "H_vm_gpapriv", "U=0: the G-stage takes every access as a user's"
    PTE_MEMORY_TYPE = (
        78,
        "Svpbmt_leaf_pte_pbmt_reserved_3_fault",
        "the PTE's memory type (bits 62:61) is reserved: 3, or not 0 in a pointer, or PBMTE=0",
    )
    PTE_NAPOT = (
        79,
        "Svnapot_reserved_encoding_fault",
        "N=1 and no valid NAPOT encoding: only a leaf of level 0 whose PPN[3:0] is 8 is one",
    )

    # Access faults.
    NO_MEMORY = 96, "none", "no memory or device answers at this physical address"
    PMP_DENIED = 97, "pmp_access_fault_exception", "physical memory protection denies the access"
    ATOMIC_ON_DEVICE = 98, "none", "atomics are not supported on device memory"
    BLOCK_ON_DEVICE = 100, "none", "cache-block zeroing is not supported on device memory"
    MISALIGNED = 99, "none", "the address is not naturally aligned, and this access needs it"
