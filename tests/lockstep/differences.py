"""Where QEMU 7.2 and this machine are known to differ, each with the manual's rule that decides.

A difference is one field of one case, or one instruction's fate (`FATES`), and nothing more is excused. The tests
require each entry to be seen, so that the list cannot outlive its reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machine.csr.file import BY_NAME, BY_NUMBER
from machine.isa.decode import decode
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lockstep.harness import HS_HANDLER, VS_HANDLER, Case
from tests.lockstep.random_state import GUEST

__all__ = ["DIFFERENCES", "FATES", "Difference", "State", "explain", "first_trap"]

State = dict[str, int]
"""Values by name, see `tests.lockstep.harness.Outcome`."""


@dataclass(frozen=True)
class Sight:
    """A register that differs in ``bits``, and everything around it."""

    case: Case
    name: str
    ours: State
    theirs: State
    bits: int

    @property
    def instruction(self) -> str:
        """The mnemonic of the case's first instruction."""
        found = decode(self.case.code[0][0])
        return found.instruction.name if found else "unknown"

    @property
    def csr(self) -> str:
        """The register that the first instruction names, or ""."""
        found = decode(self.case.code[0][0])
        if not found or not self.instruction.startswith("csr") or found.operands.csr not in BY_NUMBER:
            return ""
        return BY_NUMBER[found.operands.csr].name

    def causes(self) -> tuple[int, int]:
        """What the first trap was, here and there."""
        return first_trap(self.ours), first_trap(self.theirs)


def first_trap(state: State) -> int:
    """The cause that ended the case: HS and VS handlers are ECALLs, and what they were called for is in their CSRs."""
    handler = state["mepc"] & ~0xFF
    if handler == HS_HANDLER:
        return state["scause"]
    return state["vscause"] if handler == VS_HANDLER else state["mcause"]


@dataclass(frozen=True)
class Difference:
    """One known difference.

    Attributes:
        name: what it is about.
        rule: the manual's normative rule that decides, or its anchor where the rule has no name.
        because: what the rule says, and what QEMU does.
        explains: whether it is this difference that is seen.
    """

    name: str
    rule: str
    because: str
    explains: Callable[[Sight], bool]


DIFFERENCES: list[Difference] = []


def difference(rule: str, because: str) -> Callable[[Callable[[Sight], bool]], Callable[[Sight], bool]]:
    """Declare a difference; the decorated predicate's name is its name."""

    def declare(explains: Callable[[Sight], bool]) -> Callable[[Sight], bool]:
        DIFFERENCES.append(Difference(explains.__name__, rule, because, explains))
        return explains

    return declare


INDEPENDENT = (1 << status.GVA, 3 << status.MPP, 3 << status.FS | 1 << status.SD, 1 << status.MPRV)
"""Fields of a status register that can differ for reasons of their own."""
STATUS_REGISTERS = ("mstatus", "sstatus", "vsstatus")


def explain(case: Case, name: str, ours: State, theirs: State) -> list[Difference] | None:
    """The known differences that make up a register's, or None when a part of it is not known."""
    bits = ours[name] ^ theirs[name]
    parts = [bits]
    if name in STATUS_REGISTERS or Sight(case, name, ours, theirs, bits).csr in STATUS_REGISTERS:
        fields = [*INDEPENDENT, ~sum(INDEPENDENT)]
        parts = [bits & field for field in fields if bits & field]
    found = [_known(Sight(case, name, ours, theirs, part)) for part in parts]
    return None if None in found else [known for known in found if known is not None]


def _known(sight: Sight) -> Difference | None:
    return next((known for known in DIFFERENCES if known.explains(sight)), None)


# --- what traps write ---------------------------------------------------------------------------------------------


@difference("mstatus_gva_op", "each trap into M-mode writes GVA; QEMU sets it and never clears it")
def stale_mstatus_gva(at: Sight) -> bool:
    return at.name == "mstatus" and at.bits == 1 << status.GVA and bool(at.theirs["mstatus"] & at.bits)


@difference("mstatus_gva_op", "GVA tells of addresses that MPRV and MPV made a guest's too; QEMU asks only for V=1")
def guest_address_of_m_mode(at: Sight) -> bool:
    borrowed = status.MPRV, status.MPV
    guest = at.case.privilege == Mode.M and all(at.case.csrs["mstatus"] >> bit & 1 for bit in borrowed)
    return guest and at.name == "mstatus" and at.bits == 1 << status.GVA and bool(at.ours["mstatus"] & at.bits)


@difference("mstatus_mprv_clr_mret_sret_less_priv", "a return that leaves M-mode clears MPRV; QEMU's does not")
def mprv_after_return(at: Sight) -> bool:
    return at.name == "mstatus" and at.bits == 1 << status.MPRV and at.instruction in ("mret", "sret")


@difference("H_trap_vs_csrwrites", "a trap into VS-mode writes no hypervisor CSR; QEMU clears hstatus.GVA and htval")
def hypervisor_csrs_of_a_guests_trap(at: Sight) -> bool:
    to_guest = at.theirs["vsepc"] != 0 and at.theirs["mepc"] & ~0xFF == VS_HANDLER
    if at.name == "hstatus":
        return to_guest and at.bits == 1 << status.HSTATUS_GVA and not at.theirs["hstatus"] & at.bits
    return to_guest and at.name == "htval" and at.theirs["htval"] == 0


@difference(
    "vscause_sz_acc_op", "a cause keeps its number in VS-mode; QEMU decrements exceptions 2, 6 and 10 like interrupts"
)
def decremented_exception(at: Sight) -> bool:
    return (
        at.name == "vscause"
        and at.ours["vscause"] in (2, 6, 10)
        and at.bits == at.ours["vscause"] ^ at.ours["vscause"] - 1
    )


@difference("H_virtinst_xtval", "xtval is 0 or the instruction's bits; QEMU gives an earlier instruction's")
def stale_instruction_bits(at: Sight) -> bool:
    causes = {"mtval": "mcause", "stval": "scause", "vstval": "vscause"}
    if at.name not in causes or at.ours[causes[at.name]] not in (Cause.ILLEGAL_INSTRUCTION, Cause.VIRTUAL_INSTRUCTION):
        return False
    return at.ours[at.name] in {word for word, _ in at.case.code}


@difference("stval_op_breakpoint", "xtval of EBREAK is its address or 0; QEMU chose 0, and GVA follows")
def breakpoint_address(at: Sight) -> bool:
    causes = {"mtval": "mcause", "stval": "scause", "vstval": "vscause", "hstatus": "scause", "mstatus": "mcause"}
    if at.name not in causes or at.ours[causes[at.name]] != Cause.BREAKPOINT:
        return False
    if at.name in ("hstatus", "mstatus"):
        return at.bits in (1 << status.HSTATUS_GVA, 1 << status.GVA)
    return at.theirs[at.name] == 0


@difference("mtinst_val", "xtinst may be 0 for every trap that is no guest-page fault; QEMU chose 0")
def no_transformed_instruction(at: Sight) -> bool:
    return at.name == "mtinst" and at.theirs["mtinst"] == 0


@difference("htinst_sz_acc_op", "htinst is read-write; QEMU ignores every write of software")
def htinst_is_not_writable(at: Sight) -> bool:
    return (at.name == "htinst" or (at.csr == "htinst" and at.name[0] == "x")) and at.theirs[at.name] == 0


@difference("mcause_exccode_st_sc_amo", "a misaligned AMO is a store/AMO exception; QEMU raises the load's")
def misaligned_amo(at: Sight) -> bool:
    causes = (at.ours[at.name], at.theirs[at.name]) if at.name in ("mcause", "scause", "vscause") else ()
    return causes == (Cause.STORE_MISALIGNED, Cause.LOAD_MISALIGNED)


# --- registers ----------------------------------------------------------------------------------------------------


@difference("vsstatus_sd_xs_op", "SD summarises FS; QEMU's vsstatus has it only if software wrote it")
def vsstatus_sd(at: Sight) -> bool:
    held = at.name == "vsstatus" or (at.csr in ("vsstatus", "sstatus") and at.name.startswith("x"))
    return held and at.bits == 1 << status.SD


@difference(
    "vsstatus_fs_op", "raising a flag modifies fcsr and makes FS Dirty; QEMU forgets it when no f register is written"
)
def flags_make_dirty(at: Sight) -> bool:
    dirty = 3 << status.FS
    modified = at.ours["fcsr"] & 0x1F != 0 or at.csr in ("fcsr", "frm", "fflags")
    in_status = at.name in ("mstatus", "vsstatus") and at.ours[at.name] & dirty == dirty
    return in_status and at.bits & ~(dirty | 1 << status.SD) == 0 and at.bits & dirty != 0 and modified


@difference(
    "vsip_vsie_ssi", "vsie and vsip hold hie's and hip's bits one place lower; QEMU writes them at hie's places too"
)
def unshifted_guest_bits(at: Sight) -> bool:
    guests = at.csr in ("vsie", "vsip") or (at.csr in ("sie", "sip") and at.case.virtual == 1)
    aliases = at.name in ("mie", "hie", "vsie", "mip", "hip", "vsip", "hvip") or at.name[0] == "x"
    return guests and aliases and at.bits & ~(GUEST | GUEST >> 1) == 0


@difference("vsip_vsie_sei", "vsip shows hip's VSEIP and VSTIP where hideleg has their bits; QEMU shows VSSIP alone")
def guest_pending_bits_hidden(at: Sight) -> bool:
    reads = at.csr == "vsip" or (at.csr == "sip" and at.case.virtual == 1)
    shown = at.name == "vsip" or (reads and at.name[0] == "x")
    return shown and at.bits & ~(1 << 9 | 1 << 5) == 0 and at.theirs[at.name] & at.bits == 0


@dataclass(frozen=True)
class Held:
    """Bits that one machine holds and the other does not, or another way of refusing a value.

    Attributes:
        registers: of which one is written; the bits differ in one of them, or in what is read.
        shown: other registers that show the bits too.
    """

    registers: str
    mask: int
    rule: str
    because: str
    shown: str = ""


ALL = (1 << 64) - 1
HIGH = ALL ^ 0xFFFF_FFFF
ENVCFG = 0xF0 | 3 << 32 | 3 << 61
STCE = 1 << status.ENVCFG_STCE
MIP = 1 << 13 | GUEST | GUEST >> 1
STATUS = 3 << status.UXL | 3 << status.VS | 1 << status.SD
HELD = [
    Held("mcounteren scounteren hcounteren", HIGH, "mcounteren_sz", "32 bits; QEMU holds 64"),
    Held(
        "hgatp", ALL, "hgatp_ppn_op", "PPN[1:0] and reserved bits are 0, fields are WARL; QEMU stores what is written"
    ),
    Held("hstatus", ALL ^ 0x2007003C0, "hstatus_sz_acc_op", "reserved fields are 0, VSXL legal, VSBE and GEILEN free"),
    Held("menvcfg henvcfg senvcfg", ENVCFG, "menvcfg_cbie_rdonly0", "QEMU 7.2 has none of what is new here"),
    Held("henvcfg", ENVCFG | STCE, "menvcfg_stce_op2", "STCE is 0 while menvcfg's is; QEMU holds it"),
    Held("mideleg mie mip", 1 << 13, "mideleg_acc_h", "LCOFI is Sscofpmf's; QEMU holds it without"),
    Held(
        "medeleg",
        1 << Cause.ECALL_M,
        "medeleg_when_rd0",
        "an ECALL from M-mode cannot be delegated; QEMU holds the bit",
    ),
    Held("mip", MIP, "mip_mie_vs", "VSTIP and VSEIP are read-only; QEMU lets M-mode write them", shown="hvip hip vsip"),
    Held("hvip", 1 << 6 | 1 << 5, "hvip_acc", "VSTIP is writable; QEMU drops it", shown="mip hip vsip"),
    Held("mstatus", 3 << status.MPP, "mstatus_xpp_warl", "the reserved 2: WARL; MPP stays here and becomes 0 there"),
    Held("hedeleg", 3 << 18, "hedeleg_acc", "software check and hardware error are in the table now"),
    Held("mtvec stvec vstvec", ALL, "mtvec_sz_warl_acc", "a reserved MODE: WARL; QEMU keeps the whole register"),
    Held("mepc sepc vsepc", 1, "mepc_align", "bit 0 is always zero; QEMU holds it"),
    Held(
        "mstatus sstatus",
        STATUS,
        "mstatus_uxl_legal_vals_smode",
        "UXL is read-only, VS needs V; QEMU lets both be written",
    ),
    Held("vsstatus", ALL, "vsstatus_uxl_op", "its fields are those of sstatus; QEMU stores every bit"),
    Held("vsatp", ALL, "vsatp_mode_unsupported_v0", "an unsupported MODE: ignored here, held by QEMU"),
    Held("stimecmp mip sip", 1 << 5, "menvcfg_stce_op2", "no STIP from stimecmp while menvcfg.STCE=0; QEMU sets it"),
    Held("hgeie", ALL, "geilen", "GEILEN is free: 63 here, 0 there"),
    Held(
        "vstimecmp hip vsip mip",
        1 << 6 | 1 << 5,
        "hip_vstip_op",
        "no VSTIP from vstimecmp while henvcfg.STCE=0; QEMU sets it",
    ),
]


def _held(known: Held) -> Callable[[Sight], bool]:
    registers = known.registers.split()

    def explains(at: Sight) -> bool:
        written = at.csr if at.csr in registers or at.csr in VIEWED else ""
        held = at.name in registers or at.name in known.shown.split() or at.name[0] == "x"
        return bool(written) and at.bits & ~known.mask == 0 and held

    return explains


VIEWED = {"stvec", "sepc", "sstatus", "satp", "menvcfg"}
"""Names by which another register is written: the guest's, or henvcfg through menvcfg."""

for _entry in HELD:
    DIFFERENCES.append(Difference(f"held {_entry.registers}", _entry.rule, _entry.because, _held(_entry)))


# --- fates: an instruction is refused on one machine only, or otherwise; what follows it then differs at will -------


def _user_guest(at: Sight) -> bool:
    return Mode.of(at.case.privilege, at.case.virtual) is Mode.VU


def _tvm(at: Sight) -> bool:
    return bool(at.case.csrs["mstatus"] >> status.TVM & 1)


ILLEGAL, VIRTUAL = Cause.ILLEGAL_INSTRUCTION, Cause.VIRTUAL_INSTRUCTION
FATES: list[str] = []
"""Names of the differences that are an instruction's fate."""


def fate(rule: str, because: str) -> Callable[[Callable[[Sight], bool]], Callable[[Sight], bool]]:
    """Declare a fate: the predicate looks at the instruction, its mode and both machines' first traps."""

    def declare(happens: Callable[[Sight], bool]) -> Callable[[Sight], bool]:
        FATES.append(happens.__name__)
        return difference(rule, because)(happens)

    return declare


@fate("hgatp_tvm_illegal", "TVM keeps hgatp from HS-mode; QEMU lets it pass")
def hgatp_despite_tvm(at: Sight) -> bool:
    ours, theirs = at.causes()
    return at.csr == "hgatp" and _tvm(at) and ours == ILLEGAL and theirs != ILLEGAL


@fate("H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0", "virtual in VU-mode; QEMU says illegal")
def supervisor_csr_in_vu(at: Sight) -> bool:
    supervisor = at.csr != "" and BY_NAME[at.csr].level == 1
    return supervisor and _user_guest(at) and at.causes() == (VIRTUAL, ILLEGAL)


@fate("H_virtinst_vu_sret_sfence", "virtual in VU-mode; QEMU says illegal")
def supervisor_instruction_in_vu(at: Sight) -> bool:
    return at.instruction in ("sret", "sfence.vma") and _user_guest(at) and at.causes() == (VIRTUAL, ILLEGAL)


@fate("hfence-vvma_hfence-gvma_exceptions", "virtual with V=1; QEMU says illegal in VU-mode")
def hfence_in_vu(at: Sight) -> bool:
    return at.instruction.startswith("hfence") and _user_guest(at) and at.causes() == (VIRTUAL, ILLEGAL)


@fate("H_virtinst_vu_wfi_tw0", "virtual only while TW=0; QEMU says virtual in VU-mode whatever TW")
def wait_in_vu_with_tw(at: Sight) -> bool:
    tw = at.case.csrs["mstatus"] >> status.TW & 1
    return at.instruction == "wfi" and _user_guest(at) and tw == 1 and at.causes() == (ILLEGAL, VIRTUAL)


@fate("mstatus_modes", "TVM does not reach VS-mode; QEMU refuses satp and SFENCE.VMA there")
def tvm_in_vs(at: Sight) -> bool:
    ours, theirs = at.causes()
    concerned = at.csr == "satp" or at.instruction == "sfence.vma"
    return concerned and _tvm(at) and at.case.virtual == 1 and ours != ILLEGAL and theirs == ILLEGAL


@fate("hstatus_vtvm_op", "VTVM makes satp virtual in VS-mode; QEMU looks at TVM alone")
def satp_despite_vtvm(at: Sight) -> bool:
    ours, theirs = at.causes()
    vtvm = at.case.csrs["hstatus"] >> status.HSTATUS_VTVM & 1
    return (
        at.csr == "satp" and vtvm == 1 and at.case.virtual == 1 and ours == VIRTUAL and theirs not in (VIRTUAL, ILLEGAL)
    )


@fate("mstatus_modes", "TSR does not reach VS-mode; QEMU refuses SRET there")
def tsr_in_vs(at: Sight) -> bool:
    ours, theirs = at.causes()
    tsr = at.case.csrs["mstatus"] >> status.TSR & 1
    return at.instruction == "sret" and tsr == 1 and at.case.virtual == 1 and ours != ILLEGAL and theirs == ILLEGAL


@fate("Zicsr_illegal_acc", "CSRRS and CSRRC write unless rs1 is x0, whatever it holds; QEMU asks for the value")
def zero_written_to_read_only(at: Sight) -> bool:
    found = decode(at.case.code[0][0])
    if found is None or at.instruction not in ("csrrs", "csrrc") or not at.csr or not BY_NAME[at.csr].read_only:
        return False
    ours, theirs = at.causes()
    rs1 = found.operands.rs1
    return rs1 != 0 and at.case.x[rs1] == 0 and ours == ILLEGAL and theirs != ILLEGAL


@fate("vsip_vsie_ssi", "the guest's SSIP is bit 1; QEMU also takes bit 2, and interrupts the guest")
def interrupt_by_unshifted_bit(at: Sight) -> bool:
    ours, theirs = at.causes()
    return at.csr in ("sip", "sie") and at.case.virtual == 1 and theirs >> 63 == 1 and ours != theirs


@fate("hsint_priority", "VSEI, then VSSI, then VSTI; QEMU takes the lowest number first")
def interrupt_order(at: Sight) -> bool:
    ours, theirs = at.causes()
    return ours >> 63 == 1 and theirs >> 63 == 1 and ours & 0xFF > theirs & 0xFF


@fate("sv32algorithm", "step 2, a PTE where no memory is: access fault; QEMU raises a page fault")
def table_outside_memory(at: Sight) -> bool:
    return at.csr == "satp" and at.causes() == (Cause.FETCH_ACCESS, Cause.FETCH_PAGE_FAULT)
