"""The table of virtual-instruction exceptions on RV64 and of their illegal-instruction neighbours.

After the hypervisor extension's "Trap Cause Codes", the list behind "Specifically, a virtual-instruction exception is
raised for the following cases". A row is an instruction, a mode, the settings that differ from a hart which allows
everything, and what happens. `test_virtual_instructions` runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from machine.csr.access import registers
from machine.csr.indirect import Alias
from machine.isa.catalogue import INSTRUCTIONS
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import Lab

__all__ = ["ABSENT", "HART", "RULES", "RV32_ONLY", "TABLE", "Row"]

RULES = {
    *("H_virtinst_vs_nonhighctr_h0_m1", "H_virtinst_vu_nonhighctr_h0_s0_m1", "H_virtinst_vu_vs_hinst"),
    *("H_virtinst_vu_vs_nonhigh_allowedhs_tvm0", "H_virtinst_vu_wfi_tw0", "H_virtinst_vu_sret_sfence"),
    *("H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0", "H_virtinst_wfi_vtw1_tw0", "H_virtinst_vs_sret_vtsr1"),
    *("H_virtinst_vs_sfence_sinval_satp_vtvm1", "H_virtinst_xtval", "H_cause_virtual_instruction"),
    *("H_illegal_high_half", "H_illegalinst_xstatus_fs_vs", "H_vscsrs_acc_vs", "H_vscsrs_acc_u"),
    *("hstatus_vtsr_op", "hstatus_vtw_op", "vtw_virtinstr", "hstatus_vtvm_op", "hstatus_hu_op"),
    *("henvcfg_stce", "hcounteren_op", "hcounteren_acc", "hgatp_tvm_illegal", "vsstatus_fs_op"),
    *("hlsv_virtinst", "hlsv_illegalinst", "hfence-vvma_hfence-gvma_exceptions"),
    *("scounteren_op", "mcounteren_clr_ill_inst_exc", "mcounteren_tm_clr", "menvcfg_stce_op2"),
    *("mstatus_tvm_warl_op", "mstatus_tvm_hs", "mstatus_tw_op", "mstatus_tw_always_illegal", "mstatus_tw_umode_op"),
    *("henvcfg_cbze", "henvcfg_cbcfe", "henvcfg_cbie", "cbo-inval_h-mode_veq1_op"),
    *("menvcfg_cbze_op", "menvcfg_cbcfe_op", "menvcfg_cbie_warl_op", "senvcfg_cbze", "senvcfg_cbcfe", "senvcfg_cbie"),
    *("Svinval_virtual_instruction_vu_vs", "Svinval_virtual_instruction_vtvms", "Svinval_illegal_instruction_tvm"),
    *("Svinval_illegal_instruction_u_mode", "Svinval_sfence_w_inval_inval_vu_mode"),
    *("Svinval_sfence_w_inval_inval_s_vs_mode", "Svinval_sfence_w_inval_inval_u_mode"),
    *("stateen_illegal_state_access", "mstateen0_se0_op", "hstateen0_SE0_op", "mstateen_bit_63_op"),
    *("hstateen_bit_63_op", "mstateen0_envcfg_op", "hstateen0_envcfg_op", "mstateen0_csrind_op", "stateen_op"),
    *("hstateen0_csrind_op", "sscsrind_virtual_inst_fault", "hypervisor_impl_csrs_access_control"),
    *("sscsrind_csrs_access_control", "sireg_access_on_illegal_siselect", "sireg_access_behaviour"),
    *("vsireg_access_behaviour", "mireg_access_behaviour", "miph_csr_number"),
    *("mstatus_tsr_op", "mstatus_fs_vs_xs_off_op", "xret_in_lower_mode", "Zicsr_illegal_mode", "Zicsr_illegal_acc"),
}
"""The manual's rules about virtual-instruction exceptions, and about illegal instructions where V or H has a say."""

RV32_ONLY = {
    *("H_virtinst_vs32_highctr_h0_m1", "H_virtinst_vu32_highctr_h0_s0_m1", "H_virtinst_vu_vs32_high_allowedhs_tvm0"),
    *("H_virtinst_vu32_high_supervisor_allowedhs_tvm0", "H_cause_virtual_instruction_high"),
}
"""Rules that speak of XLEN=32 alone."""

ABSENT = {
    "vsstatus_vs_op": "V",
    "mseccfg_sseed_VSorVU-mode_op": "Zkr",
    "stateen_implicit_state_update": "an extension whose state-enable bit guards state that is updated implicitly",
    "vsmode_virtual_inst_fault": "an extension with registers behind vsiselect",
}
"""Rules of extensions that this machine lacks: their instructions and registers are rows of `absent` below."""


@dataclass(frozen=True)
class Row:
    """One experiment.

    Attributes:
        instruction: its text, or its bits where the machine knows no text for them.
        settings: such as ``hstatus.VTVM=1``, written over a hart that allows everything.
        reason: why it is refused; None when it executes.
    """

    instruction: str | int
    mode: Mode
    settings: str
    reason: Reason | None
    rules: tuple[str, ...]

    @property
    def virtual(self) -> bool:
        """Whether it is refused by a virtual-instruction exception."""
        return self.reason is not None and self.reason < Reason.UNKNOWN_ENCODING

    def __str__(self) -> str:
        text = hex(self.instruction) if isinstance(self.instruction, int) else self.instruction
        happens = "executes" if self.reason is None else self.reason.name
        return " ".join(filter(None, (text, self.mode.label, self.settings, happens)))


def rows(
    rules: str, instructions: str | Iterable[str | int], modes: str, outcomes: Mapping[str, Reason | None]
) -> Iterator[Row]:
    """A row for each instruction, mode (labels with blanks between) and settings, citing ``rules``."""
    several = [instructions] if isinstance(instructions, str) else instructions
    for instruction in several:
        for mode in modes.split():
            for settings, reason in outcomes.items():
                yield Row(instruction, Mode[mode], settings, reason, tuple(rules.split()))


HART = Lab().hart
ALIASES = {level: [r.name for r in registers(HART) if r.level == level and isinstance(r, Alias)] for level in (1, 2, 3)}
"""mireg, sireg and vsireg, which no mode can access, by level."""
HYPERVISOR_CSRS = [r.name for r in registers(HART) if r.level == 2 and r.name not in ALIASES[2]]
SUPERVISOR_CSRS = [r.name for r in registers(HART) if r.level == 1 and r.name not in ALIASES[1]]
READ_ONLY = {r.name for r in registers(HART) if r.read_only} | {"0xc80", "0xc81", "0xc82", "0xc83", "0xeb0"}
MACHINE_CSRS = ("mstatus", "misa", "medeleg", "mtvec", "mscratch", "mepc", "mtinst", "mtval2", "pmpcfg0", "mcycle")
VM_ACCESSES = [
    f"{i.name} {i.syntax}".replace("rd", "a0").replace("rs1", "a1").replace("rs2", "a2")
    for i in INSTRUCTIONS
    if i.extension == "H" and not i.name.startswith("hfence")
]
HFENCES = ["hfence.vvma zero, zero", "hfence.vvma a1, a2", "hfence.gvma zero, zero", "hfence.gvma a1, a2"]
HFENCES += ["hinval.vvma zero, zero", "hinval.vvma a1, a2", "hinval.gvma zero, zero", "hinval.gvma a1, a2"]
HFENCE_GVMA = [text for text in HFENCES if ".gvma" in text]
HFENCE_VVMA = [text for text in HFENCES if ".vvma" in text]
SFENCES = ["sfence.vma zero, zero", "sfence.vma a1, a2", "sinval.vma zero, zero", "sinval.vma a1, a2"]
SINVAL_FENCES = ["sfence.w.inval", "sfence.inval.ir"]
COUNTERS = {"cycle": "CY", "time": "TM", "instret": "IR", "hpmcounter3": "HPM3", "hpmcounter31": "HPM31"}


def read(name: str) -> str:
    return f"csrrs a0, {name}, zero"


def write(name: str) -> str:
    return f"csrrw zero, {name}, a0"


def accesses(*names: str) -> list[str]:
    """Of each register two reads that write nothing and, unless its number is read-only, two writes."""
    texts = []
    for name in names:
        texts += [read(name), f"csrrci a0, {name}, 0"]
        if name not in READ_ONLY:
            texts += [write(name), f"csrrsi a0, {name}, 1"]
    return texts


def read_and_write(*names: str) -> list[str]:
    """Of each register one read and one write."""
    return [form(name) for name in names for form in (read, write)]


R = Reason


def counters() -> Iterator[Row]:
    """Counter-enable registers: mcounteren's 0 makes it illegal, what the guest's enables add makes it virtual."""
    for counter, bit in COUNTERS.items():
        h0, s0, m0 = f"hcounteren.{bit}=0", f"scounteren.{bit}=0", f"mcounteren.{bit}=0"
        off = R.COUNTER_DISABLED
        yield from rows(
            "H_virtinst_vs_nonhighctr_h0_m1 hcounteren_op",
            read(counter),
            "VS",
            {h0: R.VS_COUNTER, f"{h0} {s0}": R.VS_COUNTER},
        )
        yield from rows(
            "H_virtinst_vu_nonhighctr_h0_s0_m1 hcounteren_op",
            read(counter),
            "VU",
            {h0: R.VU_COUNTER, s0: R.VU_COUNTER, f"{h0} {s0}": R.VU_COUNTER},
        )
        yield from rows("hcounteren_op", read(counter), "VS", {"": None, s0: None})
        yield from rows("hcounteren_op", read(counter), "VU", {"": None})
        below = {m0: off, f"{m0} {h0}": off, f"{m0} {s0} {h0}": off}
        yield from rows("mcounteren_clr_ill_inst_exc", read(counter), "VS VU U HS", below)
        yield from rows("scounteren_op", read(counter), "U", {s0: off, h0: None})
        yield from rows("scounteren_op", read(counter), "HS", {s0: None, h0: None})
        yield from rows("mcounteren_clr_ill_inst_exc", read(counter), "M", {f"{m0} {s0} {h0}": None})
        yield from rows("Zicsr_illegal_acc", write(counter), "VS VU U HS M", {"": R.CSR_READ_ONLY, h0: R.CSR_READ_ONLY})


def hypervisor_instructions() -> Iterator[Row]:
    """HLV, HLVX, HSV and HFENCE: virtual with V=1 whatever the settings, illegal in U-mode unless HU allows it."""
    virtual = R.V_HYPERVISOR_INSTRUCTION
    settings = {"": virtual, "hstatus.HU=1": virtual, "mstatus.TVM=1": virtual}
    yield from rows("H_virtinst_vu_vs_hinst hlsv_virtinst", VM_ACCESSES, "VS VU", settings)
    yield from rows(
        "H_virtinst_vu_vs_hinst hfence-vvma_hfence-gvma_exceptions Svinval_virtual_instruction_vu_vs",
        HFENCES,
        "VS VU",
        settings,
    )
    yield from rows("hlsv_illegalinst hstatus_hu_op", VM_ACCESSES, "U", {"": R.HU})
    yield from rows("hstatus_hu_op", VM_ACCESSES, "U", {"hstatus.HU=1": None})
    yield from rows("hstatus_hu_op", VM_ACCESSES, "HS M", {"": None})
    yield from rows(
        "hfence-vvma_hfence-gvma_exceptions",
        HFENCES,
        "U",
        {"": R.INSTRUCTION_PRIVILEGE, "hstatus.HU=1": R.INSTRUCTION_PRIVILEGE},
    )
    yield from rows("hfence-vvma_hfence-gvma_exceptions", HFENCE_GVMA, "HS", {"": None, "mstatus.TVM=1": R.CSR_TVM})
    yield from rows("mstatus_tvm_hs", HFENCE_VVMA, "HS", {"mstatus.TVM=1": None, "hstatus.VTVM=1": None})
    yield from rows("mstatus_tvm_warl_op", [*HFENCES, *SFENCES], "M", {"mstatus.TVM=1": None})


def hypervisor_registers() -> Iterator[Row]:
    """CSRs of H level: virtual with V=1 when HS-mode could do the same, illegal in U-mode."""
    virtual, rule = R.V_HYPERVISOR_CSR, "H_virtinst_vu_vs_nonhigh_allowedhs_tvm0"
    yield from rows(f"{rule} H_vscsrs_acc_vs", accesses(*HYPERVISOR_CSRS), "VS VU", {"": virtual})
    yield from rows("H_vscsrs_acc_u Zicsr_illegal_mode", accesses(*HYPERVISOR_CSRS), "U", {"": R.CSR_PRIVILEGE})
    yield from rows(rule, accesses(*HYPERVISOR_CSRS), "HS M", {"": None})
    yield from rows("Zicsr_illegal_acc", write("hgeip"), "VS VU U HS M", {"": R.CSR_READ_ONLY})
    yield from rows(rule, accesses("hgatp", "vsatp"), "VS VU", {"mstatus.TVM=1": virtual, "hstatus.VTVM=1": virtual})
    yield from rows("hgatp_tvm_illegal", accesses("hgatp"), "HS", {"mstatus.TVM=1": R.CSR_TVM})
    yield from rows("mstatus_tvm_hs", accesses("vsatp"), "HS", {"mstatus.TVM=1": None})
    disabled = R.STIMECMP_DISABLED
    yield from rows("menvcfg_stce_op2", accesses("vstimecmp"), "VS VU HS", {"menvcfg.STCE=0": disabled})
    yield from rows("mcounteren_tm_clr", accesses("vstimecmp"), "VS VU HS", {"mcounteren.TM=0": disabled})
    yield from rows("henvcfg_stce", accesses("vstimecmp"), "HS", {"henvcfg.STCE=0": None, "hcounteren.TM=0": None})
    yield from rows("henvcfg_stce", accesses("vstimecmp"), "VS VU", {"henvcfg.STCE=0": virtual})


def supervisor_registers() -> Iterator[Row]:
    """CSRs of S level: virtual in VU-mode, illegal in U-mode; VS-mode has its own of most."""
    virtual, rule = R.VU_SUPERVISOR_CSR, "H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0"
    yield from rows(rule, accesses(*SUPERVISOR_CSRS), "VU", {"": virtual})
    yield from rows(rule, accesses(*SUPERVISOR_CSRS), "VS HS M", {"": None})
    yield from rows("Zicsr_illegal_mode", accesses(*SUPERVISOR_CSRS), "U", {"": R.CSR_PRIVILEGE})
    yield from rows(rule, accesses("satp"), "VU", {"mstatus.TVM=1": virtual, "hstatus.VTVM=1": virtual})
    yield from rows("mstatus_tvm_warl_op", accesses("satp"), "HS", {"mstatus.TVM=1": R.CSR_TVM})
    yield from rows("mstatus_tvm_warl_op", [*accesses("satp"), *SFENCES], "VS M", {"mstatus.TVM=1": None})
    vtvm = R.VS_FENCE_SATP_VTVM
    rules = "H_virtinst_vs_sfence_sinval_satp_vtvm1 hstatus_vtvm_op Svinval_virtual_instruction_vtvms"
    yield from rows(
        rules, [*accesses("satp"), *SFENCES], "VS", {"hstatus.VTVM=1": vtvm, "hstatus.VTVM=1 mstatus.TVM=1": vtvm}
    )
    yield from rows("hstatus_vtvm_op", [*accesses("satp"), *SFENCES], "HS", {"hstatus.VTVM=1": None})
    yield from rows("hstatus_vtvm_op", accesses("stvec", "sstatus"), "VS", {"hstatus.VTVM=1": None})


def timers() -> Iterator[Row]:
    """Sstc: stimecmp with V=1 is vstimecmp, and two enables of the hypervisor guard it."""
    stimecmp = accesses("stimecmp")
    yield from rows(
        "henvcfg_stce",
        stimecmp,
        "VS",
        {"henvcfg.STCE=0": R.V_STIMECMP_STCE, "henvcfg.STCE=0 hcounteren.TM=0": R.V_STIMECMP_STCE},
    )
    yield from rows(
        "hcounteren_acc", stimecmp, "VS", {"hcounteren.TM=0": R.VS_STIMECMP_TM, "scounteren.TM=0": None, "": None}
    )
    yield from rows("henvcfg_stce", stimecmp, "VU", {"henvcfg.STCE=0": R.VU_SUPERVISOR_CSR})
    yield from rows("hcounteren_acc", stimecmp, "HS", {"hcounteren.TM=0": None, "henvcfg.STCE=0": None})
    off = R.STIMECMP_DISABLED
    yield from rows(
        "menvcfg_stce_op2", stimecmp, "VS VU HS", {"menvcfg.STCE=0": off, "menvcfg.STCE=0 henvcfg.STCE=0": off}
    )
    yield from rows(
        "mcounteren_tm_clr", stimecmp, "VS VU HS", {"mcounteren.TM=0": off, "mcounteren.TM=0 hcounteren.TM=0": off}
    )
    yield from rows("menvcfg_stce_op2", stimecmp, "M", {"menvcfg.STCE=0 mcounteren.TM=0": None})


def waits_and_returns() -> Iterator[Row]:
    """WFI, SRET, MRET and SFENCE.VMA by mode, and the bits of mstatus and hstatus that trap them."""
    tw, user = R.TW, R.INSTRUCTION_PRIVILEGE
    yield from rows("H_virtinst_vu_wfi_tw0", "wfi", "VU", {"": R.VU_WFI, "hstatus.VTW=1": R.VU_WFI})
    yield from rows(
        "H_virtinst_wfi_vtw1_tw0 hstatus_vtw_op vtw_virtinstr", "wfi", "VS", {"hstatus.VTW=1": R.VS_WFI_VTW}
    )
    refused = {"mstatus.TW=1": tw, "mstatus.TW=1 hstatus.VTW=1": tw}
    yield from rows("mstatus_tw_op mstatus_tw_always_illegal", "wfi", "VS VU HS U", refused)
    yield from rows("mstatus_tw_umode_op", "wfi", "U", {"": user, "hstatus.VTW=1": user})
    yield from rows("hstatus_vtw_op", "wfi", "HS", {"": None, "hstatus.VTW=1": None})
    yield from rows("hstatus_vtw_op", "wfi", "VS", {"": None})
    yield from rows("mstatus_tw_op", "wfi", "M", {"mstatus.TW=1": None})

    virtual = R.VU_SUPERVISOR_INSTRUCTION
    settings = {"": virtual, "mstatus.TSR=1": virtual, "mstatus.TVM=1": virtual}
    settings |= {"hstatus.VTSR=1": virtual, "hstatus.VTVM=1": virtual}
    yield from rows("H_virtinst_vu_sret_sfence", ["sret", *SFENCES], "VU", settings)
    yield from rows("xret_in_lower_mode", "sret", "U", {"": user, "mstatus.TSR=1": user})
    yield from rows(
        "mstatus_tvm_warl_op Svinval_illegal_instruction_u_mode", SFENCES, "U", {"": user, "mstatus.TVM=1": user}
    )
    yield from rows(
        "mstatus_tvm_warl_op Svinval_illegal_instruction_tvm", SFENCES, "HS", {"": None, "mstatus.TVM=1": R.CSR_TVM}
    )
    rules = "Svinval_sfence_w_inval_inval_s_vs_mode"
    yield from rows(rules, SINVAL_FENCES, "VS HS M", {"": None, "mstatus.TVM=1": None, "hstatus.VTVM=1": None})
    yield from rows("Svinval_sfence_w_inval_inval_vu_mode", SINVAL_FENCES, "VU", settings)
    yield from rows("Svinval_sfence_w_inval_inval_u_mode", SINVAL_FENCES, "U", {"": user, "hstatus.VTVM=1": user})
    vtsr = R.VS_SRET_VTSR
    yield from rows(
        "H_virtinst_vs_sret_vtsr1 hstatus_vtsr_op",
        "sret",
        "VS",
        {"hstatus.VTSR=1": vtsr, "hstatus.VTSR=1 mstatus.TSR=1": vtsr},
    )
    yield from rows("mstatus_tsr_op", "sret", "VS", {"": None, "mstatus.TSR=1": None})
    yield from rows("mstatus_tsr_op", "sret", "HS", {"mstatus.TSR=1": R.TSR, "": None})
    yield from rows("hstatus_vtsr_op", "sret", "HS M", {"hstatus.VTSR=1": None})
    yield from rows("mstatus_tsr_op", "sret", "M", {"mstatus.TSR=1": None})
    yield from rows("xret_in_lower_mode", "mret", "VS VU HS U", {"": user})
    yield from rows("xret_in_lower_mode", "mret", "M", {"": None})


def floating_point() -> Iterator[Row]:
    """FS deviates: Off is always illegal, also when only the guest's vsstatus says so."""
    texts = ["fadd.s fa0, fa1, fa2", "fmv.x.d a0, fa0", "fld fa0, 0(a1)", *accesses("fcsr", "frm", "fflags")]
    off = {"vsstatus.FS=0": R.FP_OFF, "mstatus.FS=0": R.FP_OFF, "vsstatus.FS=0 mstatus.FS=0": R.FP_OFF}
    yield from rows("H_illegalinst_xstatus_fs_vs vsstatus_fs_op", texts, "VS VU", off)
    yield from rows("vsstatus_fs_op", texts, "VS VU", {"": None})
    yield from rows("vsstatus_fs_op", texts, "HS U M", {"vsstatus.FS=0": None})
    yield from rows("mstatus_fs_vs_xs_off_op", texts, "HS U M", {"mstatus.FS=0": R.FP_OFF})


def cache_blocks() -> Iterator[Row]:
    """Cache-block instructions: menvcfg refuses them as illegal, henvcfg and with V=1 senvcfg as virtual."""
    enables = {"cbo.zero": "CBZE", "cbo.clean": "CBCFE", "cbo.flush": "CBCFE", "cbo.inval": "CBIE"}
    for name, field in enables.items():
        text, illegal, virtual = f"{name} (a1)", R[field], R[f"V_{field}"]
        rules = "cbo-inval_h-mode_veq1_op henvcfg_cbie" if field == "CBIE" else f"henvcfg_{field.lower()}"
        machine, guest, user = (f"{envcfg}.{field}=0" for envcfg in ("menvcfg", "henvcfg", "senvcfg"))
        below = {machine: illegal, f"{machine} {guest}": illegal, f"{machine} {guest} {user}": illegal}
        op = "menvcfg_cbie_warl_op" if field == "CBIE" else f"menvcfg_{field.lower()}_op"
        yield from rows(f"{op} {rules}", text, "VS VU U HS", below)
        yield from rows(op, text, "M", {f"{machine} {guest} {user}": None})
        yield from rows(rules, text, "VS", {guest: virtual, user: None, "": None})
        yield from rows(rules, text, "VU", {guest: virtual, user: virtual, f"{guest} {user}": virtual, "": None})
        yield from rows(f"senvcfg_{field.lower()}", text, "U", {user: illegal, guest: None, "": None})
        yield from rows(f"senvcfg_{field.lower()}", text, "HS", {user: None, guest: None})


def state_enables() -> Iterator[Row]:
    """mstateen's 0 makes an access below M-mode illegal; hstateen's 0 makes the guest's virtual."""
    refused, virtual, rule = R.MSTATEEN, R.V_HSTATEEN, "stateen_illegal_state_access stateen_op"
    for n in range(4):
        machine, guest = f"mstateen{n}.SE{n}=0", f"hstateen{n}.SE{n}=0"
        sstateen, hstateen = read_and_write(f"sstateen{n}"), read_and_write(f"hstateen{n}")
        se0 = "mstateen0_se0_op hstateen0_SE0_op " if n == 0 else ""
        rules = f"{se0}mstateen_bit_63_op hstateen_bit_63_op {rule}"
        yield from rows(rules, [*sstateen, *hstateen], "HS VS VU", {machine: refused, f"{machine} {guest}": refused})
        yield from rows(rules, [*sstateen, *hstateen], "M", {machine: None, guest: None})
        yield from rows(rules, sstateen, "VS", {guest: virtual})
        yield from rows(rules, sstateen, "VU", {guest: R.VU_SUPERVISOR_CSR})
        yield from rows(rules, hstateen, "VS VU", {guest: R.V_HYPERVISOR_CSR})
        yield from rows(rules, [*sstateen, *hstateen], "HS", {guest: None})
    machine, guest = "mstateen0.ENVCFG=0", "hstateen0.ENVCFG=0"
    senvcfg, henvcfg = read_and_write("senvcfg"), read_and_write("henvcfg")
    rules = f"mstateen0_envcfg_op hstateen0_envcfg_op {rule}"
    yield from rows(rules, [*senvcfg, *henvcfg], "HS VS VU", {machine: refused})
    yield from rows(rules, senvcfg, "VS", {guest: virtual, f"{guest} hstateen0.SE0=0": virtual})
    yield from rows(rules, henvcfg, "VS VU", {guest: R.V_HYPERVISOR_CSR})
    yield from rows(rules, [*senvcfg, *henvcfg], "HS", {guest: None, "mstateen0.SE0=0 hstateen0.SE0=0": None})
    yield from rows(rules, [*senvcfg, *henvcfg], "M", {machine: None})


def indirect() -> Iterator[Row]:
    """siselect and what it selects: nothing here, which is illegal; what only the hypervisor may is virtual."""
    nothing, refused, user = R.SELECT_ABSENT, R.MSTATEEN, R.CSR_PRIVILEGE
    machine, guest = "mstateen0.CSRIND=0", "hstateen0.CSRIND=0"
    mireg, sireg, vsireg = (read_and_write(*ALIASES[level]) for level in (3, 1, 2))
    siselect, vsiselect = read_and_write("siselect"), read_and_write("vsiselect")
    rules = "mireg_access_behaviour miph_csr_number"
    yield from rows(rules, mireg, "M", {"": nothing})
    yield from rows(rules, mireg, "HS VS VU U", {"": user})
    yield from rows("miph_csr_number", read_and_write("0x354", "0x154", "0x254"), "M HS VS VU U", {"": R.CSR_ABSENT})
    rules = "sireg_access_on_illegal_siselect sireg_access_behaviour"
    yield from rows(rules, sireg, "HS VS M", {"": nothing, "siselect.VALUE=4095 vsiselect.VALUE=4095": nothing})
    rules = "sscsrind_virtual_inst_fault vsireg_access_behaviour"
    yield from rows(rules, [*vsireg, *vsiselect], "VS VU", {"": R.V_HYPERVISOR_CSR, guest: R.V_HYPERVISOR_CSR})
    yield from rows(rules, [*sireg, *siselect], "VU", {"": R.VU_SUPERVISOR_CSR, guest: R.VU_SUPERVISOR_CSR})
    yield from rows(rules, vsireg, "HS M", {"": nothing, guest: nothing})
    every = [*sireg, *siselect, *vsireg, *vsiselect]
    yield from rows("Zicsr_illegal_mode", every, "U", {"": user})
    rules = "mstateen0_csrind_op sscsrind_csrs_access_control"
    yield from rows(rules, every, "HS VS VU", {machine: refused, f"{machine} {guest}": refused})
    yield from rows(rules, [*siselect, *vsiselect], "M", {machine: None})
    rules = "hstateen0_csrind_op hypervisor_impl_csrs_access_control"
    yield from rows(rules, [*sireg, *siselect], "VS", {guest: R.V_HSTATEEN, f"{guest} mstateen0.SE0=0": R.V_HSTATEEN})
    yield from rows(rules, [*siselect, *vsiselect], "HS", {guest: None})


HIGH_HALVES = [
    0xC80,
    0xC81,
    0xC82,
    0xC83,
    0x15D,
    0x25D,
    0x605 + 0x10,
    0x612,
    0x61A,
    0x655,
    0x310,
    0x312,
    0xB80,
    0x31C,
    0x61C,
]
"""cycleh, timeh, instreth, hpmcounter3h, stimecmph, vstimecmph, htimedeltah, hedelegh, henvcfgh, hviph, mstatush,
medelegh, mcycleh, mstateen0h, hstateen0h."""
NO_SUCH_CSR = [0x608, 0x609, 0x6A8, 0x5A8, 0x015, 0xEB0, 0x6C0, 0x7C0, 0x8FF]
"""hvien, hvictl, hcontext, scontext, seed, vstopi, three custom ones."""
NO_SUCH_INSTRUCTION = [
    0xFFFF_FFFF,
]
"""One that is none at all."""


def absent() -> Iterator[Row]:
    """What HS-mode could not do either is illegal with V=1 too."""
    everywhere = "VS VU U HS M"
    high = [text for number in HIGH_HALVES for text in accesses(hex(number))]
    missing = [text for number in NO_SUCH_CSR for text in accesses(hex(number))]
    yield from rows("H_illegal_high_half", high, everywhere, {"": R.CSR_ABSENT})
    yield from rows("H_cause_virtual_instruction", missing, everywhere, {"": R.CSR_ABSENT})
    yield from rows("H_cause_virtual_instruction", NO_SUCH_INSTRUCTION, everywhere, {"": R.UNKNOWN_ENCODING})
    lower = {"": R.CSR_PRIVILEGE}
    yield from rows("Zicsr_illegal_mode H_cause_virtual_instruction", accesses(*MACHINE_CSRS), "VS VU U HS", lower)


TABLE = list(
    dict.fromkeys(
        row
        for group in (
            *(counters, hypervisor_instructions, hypervisor_registers, supervisor_registers, timers),
            *(waits_and_returns, floating_point, cache_blocks, state_enables, indirect, absent),
        )
        for row in group()
    )
)
