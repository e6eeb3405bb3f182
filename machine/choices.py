"""What the manual leaves to the implementation, and what this machine does: the one list of it.

A choice that a user can make is a field of `machine.config.Config`; the others are facts about the model, read from
the module that decides them where that is a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machine.config import Config
from machine.csr.interrupts import GEILEN
from machine.hart.port import BLOCK, RESERVATION_SET
from machine.spec.paging import ASID_BITS, VMID_BITS

__all__ = ["CHOICES", "Choice"]


@dataclass(frozen=True)
class Choice:
    """One choice.

    Attributes:
        name: what is chosen.
        value: what holds on a machine of a `Config`.
        source: the manual's rule, or its chapter, that leaves it open.
        why: what a user should know about it.
    """

    name: str
    value: Callable[[Config], str]
    source: str
    why: str


def fixed(value: object) -> Callable[[Config], str]:
    return lambda config: str(value)


CHOICES = (
    Choice("ASIDLEN", fixed(ASID_BITS), "asidlen", "the most that satp and vsatp hold"),
    Choice("VMIDLEN", fixed(VMID_BITS), "hgatp_vmid", "the most that hgatp holds"),
    Choice("GEILEN", fixed(GEILEN), "geilen", "guest external interrupt lines; hstatus.VGEIN holds 0 to 63"),
    Choice("translation modes", fixed("Bare, Sv39, Sv48, Sv57 and x4 forms"), "hgatp_mode_warl", "in all three CSRs"),
    Choice("PMP entries", fixed(16), "pmp_entry_count", "pmpaddr16 and above do not exist"),
    Choice("PMP granularity", fixed("4 bytes (G=0)"), "pmp_granularity", "NA4 can be chosen"),
    Choice(
        "rules that are off",
        fixed("may be locked and executable with MML"),
        "mseccfg_mml_X_restrict",
        "an entry with A=OFF is no rule, so mseccfg.MML refuses none",
    ),
    Choice(
        "misaligned loads and stores",
        lambda config: "done in main memory" if config.misaligned else "address-misaligned exception",
        "pmp_misaligned_access_behavior",
        "Config(misaligned=False) for the other; AMO, LR and SC always need natural alignment",
    ),
    Choice(
        "reservation set",
        fixed(f"{RESERVATION_SET} bytes, aligned"),
        "A extension",
        "ends when another hart has its turn",
    ),
    Choice(
        "cache block",
        fixed(f"{BLOCK} bytes"),
        "CMO extensions",
        "there is no cache: management checks and changes nothing",
    ),
    Choice("WFI", fixed("waits without bound"), "wfi_op", "so U-mode's is illegal, and TW and VTW trap at once"),
    Choice(
        "mtinst and htinst",
        fixed("transformed instructions"),
        "H_trap_xtinst_val",
        "pseudoinstructions for walks; never custom",
    ),
    Choice(
        "xtval",
        fixed("written wherever the manual allows"),
        "mtval_op",
        "also an instruction's bits, and EBREAK's address",
    ),
    Choice(
        "A and D bits",
        lambda config: "menvcfg.ADUE and henvcfg.ADUE decide" if config.isa.has("Svadu") else "page fault (Svade)",
        "Svadu",
        "ADUE is 0 after reset: Svade's page faults",
    ),
    Choice(
        "memory types",
        lambda config: "checked, without effect" if config.isa.has("Svpbmt") else "reserved",
        "Svpbmt_impl_may_override_pmas",
        "accesses are in order and nothing is cached, as each type asks; PBMT=IO refuses no access",
    ),
    Choice(
        "pointer masking and MXR",
        fixed("MXR=1 ends it below M-mode"),
        "pm_mxr_exception",
        "for stores as for loads; M-mode's own goes on, for MXR has no effect there",
    ),
    Choice("misa", fixed("read-only"), "misa_extensions_warl_op", "extensions are chosen before reset, by --isa"),
    Choice(
        "xtvec", fixed("direct and vectored, any address of 4 bytes' alignment"), "mtvec_sz_warl_acc", "for all levels"
    ),
    Choice(
        "WARL fields",
        fixed("keep their value when an illegal one is written"),
        "CSR Field Specifications",
        "fields say what is legal",
    ),
    Choice("byte order", fixed("little-endian"), "mstatus_mbe_op", "MBE, SBE, UBE and VSBE are read-only zero"),
    Choice("XLEN", fixed("64 in every mode"), "mstatus_sxl_uxl_warl_op", "SXL, UXL and VSXL are read-only"),
    Choice(
        "timebase",
        lambda config: f"{config.cycles_per_tick} cycles of a hart per tick of 10 MHz",
        "mtime_op",
        "time is counted in cycles, never by the host's clock",
    ),
    Choice(
        "turns",
        lambda config: f"{config.quantum} cycles",
        "harts",
        "harts run one after the other, always in this order",
    ),
    Choice(
        "TLB", fixed("caches until a fence, or a change it sees"), "SFENCE.VMA", "fences may forget more than they name"
    ),
)
