"""Which fields decide about each clause that a trap can cite, and what their values mean.

Tables for `machine.observe.explain`; the conditions themselves are the meanings' own.
"""

from __future__ import annotations

from typing import NamedTuple

from machine.spec.paging import Pte
from machine.spec.rules import Reason

__all__ = ["COUNTERS", "FIELDS", "MEANINGS", "PTE_BITS", "PTE_FLAGS", "STAGE_FIELDS", "STATE_ENABLES", "Deciding"]


class Deciding(NamedTuple):
    """A field, as ``register.FIELD``, and the value that the clause asks of it; None where either may decide."""

    path: str
    asked: int | None = None


FIELDS: dict[Reason, tuple[Deciding, ...]] = {
    Reason.VU_WFI: (Deciding("mstatus.TW", 0),),
    Reason.VS_WFI_VTW: (Deciding("hstatus.VTW", 1), Deciding("mstatus.TW", 0)),
    Reason.VS_SRET_VTSR: (Deciding("hstatus.VTSR", 1),),
    Reason.VS_FENCE_SATP_VTVM: (Deciding("hstatus.VTVM", 1),),
    Reason.V_STIMECMP_STCE: (Deciding("henvcfg.STCE", 0), Deciding("menvcfg.STCE", 1)),
    Reason.VS_STIMECMP_TM: (Deciding("hcounteren.TM", 0), Deciding("mcounteren.TM", 1)),
    Reason.V_CBZE: (Deciding("henvcfg.CBZE"), Deciding("senvcfg.CBZE"), Deciding("menvcfg.CBZE", 1)),
    Reason.V_CBCFE: (Deciding("henvcfg.CBCFE"), Deciding("senvcfg.CBCFE"), Deciding("menvcfg.CBCFE", 1)),
    Reason.V_CBIE: (Deciding("henvcfg.CBIE"), Deciding("senvcfg.CBIE"), Deciding("menvcfg.CBIE")),
    Reason.CBZE: (Deciding("menvcfg.CBZE"), Deciding("senvcfg.CBZE")),
    Reason.CBCFE: (Deciding("menvcfg.CBCFE"), Deciding("senvcfg.CBCFE")),
    Reason.CBIE: (Deciding("menvcfg.CBIE"), Deciding("senvcfg.CBIE")),
    Reason.CSR_TVM: (Deciding("mstatus.TVM", 1),),
    Reason.STIMECMP_DISABLED: (Deciding("menvcfg.STCE"), Deciding("mcounteren.TM")),
    Reason.FP_OFF: (Deciding("mstatus.FS"), Deciding("vsstatus.FS")),
    Reason.FP_ROUNDING: (Deciding("fcsr.FRM"),),
    Reason.TSR: (Deciding("mstatus.TSR", 1),),
    Reason.TW: (Deciding("mstatus.TW", 1),),
    Reason.HU: (Deciding("hstatus.HU", 0),),
}
"""By clause, for instructions."""

COUNTERS: dict[Reason, tuple[tuple[str, int | None], ...]] = {
    Reason.VS_COUNTER: (("hcounteren", 0), ("mcounteren", 1)),
    Reason.VU_COUNTER: (("hcounteren", None), ("scounteren", None), ("mcounteren", 1)),
    Reason.COUNTER_DISABLED: (("mcounteren", None), ("scounteren", None)),
}
"""The registers whose bit for the counter decides."""

STATE_ENABLES: dict[Reason, tuple[tuple[str, int], ...]] = {
    Reason.MSTATEEN: (("mstateen", 0),),
    Reason.V_HSTATEEN: (("hstateen", 0), ("mstateen", 1)),
}
"""The registers whose bit for what was accessed decides."""

STAGE_FIELDS: dict[Reason, dict[str, tuple[str, ...]]] = {
    Reason.PTE_USER: {"S": ("mstatus.SUM",), "VS": ("vsstatus.SUM",), "G": ()},
    Reason.PTE_NO_READ: {"S": ("mstatus.MXR",), "VS": ("vsstatus.MXR", "mstatus.MXR"), "G": ("mstatus.MXR",)},
    Reason.PTE_MEMORY_TYPE: {"S": ("menvcfg.PBMTE",), "VS": ("henvcfg.PBMTE",), "G": ("menvcfg.PBMTE",)},
    Reason.PTE_NOT_ACCESSED: {"S": ("menvcfg.ADUE",), "VS": ("henvcfg.ADUE",), "G": ("menvcfg.ADUE",)},
    Reason.PTE_NOT_DIRTY: {"S": ("menvcfg.ADUE",), "VS": ("henvcfg.ADUE",), "G": ("menvcfg.ADUE",)},
}
"""By clause and stage, for page faults."""

PTE_BITS: dict[Reason, int] = {
    Reason.PTE_INVALID: Pte.V,
    Reason.PTE_USER: Pte.U,
    Reason.PTE_NOT_USER: Pte.U,
    Reason.PTE_NOT_USER_G: Pte.U,
    Reason.PTE_NO_READ: Pte.R,
    Reason.PTE_NO_WRITE: Pte.W,
    Reason.PTE_NO_EXECUTE: Pte.X,
    Reason.PTE_NOT_ACCESSED: Pte.A,
    Reason.PTE_NOT_DIRTY: Pte.D,
}
"""The bit of the PTE that a clause is about."""

PTE_FLAGS = "VRWXUGAD"
"""Letters of a PTE's bits 0 to 7."""

MEANINGS: dict[str, str] = {
    "mstatus.TW": "1 makes WFI illegal below M-mode",
    "hstatus.VTW": "1 traps WFI of VS-mode",
    "hstatus.VTSR": "1 traps SRET of VS-mode",
    "hstatus.VTVM": "1 traps SFENCE.VMA and satp of VS-mode",
    "hstatus.HU": "0 keeps HLV, HLVX and HSV from U-mode",
    "henvcfg.STCE": "0 keeps stimecmp from the guest",
    "menvcfg.STCE": "0 keeps stimecmp and vstimecmp from every mode below M",
    "mstatus.TVM": "1 keeps satp, hgatp, SFENCE.VMA and HFENCE.GVMA from S-mode",
    "mstatus.TSR": "1 makes SRET in S-mode illegal",
    "mstatus.FS": "0 (Off) makes floating point illegal",
    "vsstatus.FS": "0 (Off) makes floating point illegal in the guest",
    "fcsr.FRM": "0 to 4 are rounding modes",
    "mstatus.SUM": "0 keeps supervisor loads and stores from user pages",
    "vsstatus.SUM": "0 keeps VS-mode's loads and stores from user pages",
    "mstatus.MXR": "1 makes executable pages readable, at both stages",
    "vsstatus.MXR": "1 makes executable pages readable, at the VS-stage",
    "menvcfg.PBMTE": "0 leaves memory types to nobody: bits 62:61 of a PTE are reserved",
    "henvcfg.PBMTE": "0 leaves memory types to no VS-stage: bits 62:61 of a PTE are reserved",
    "menvcfg.ADUE": "1 has hardware set A and D",
    "henvcfg.ADUE": "1 has hardware set A and D at the VS-stage",
    **{
        f"{register}.{field}": f"0 keeps {instructions} from {modes}"
        for register, modes in (("menvcfg", "every mode below M"), ("henvcfg", "the guest"), ("senvcfg", "user modes"))
        for field, instructions in (("CBZE", "CBO.ZERO"), ("CBCFE", "CBO.CLEAN and CBO.FLUSH"), ("CBIE", "CBO.INVAL"))
    },
    "mcounteren": "0 keeps the counter from every mode below M",
    "hcounteren": "0 keeps the counter from VS- and VU-mode",
    "mstateen": "0 keeps the state from every mode below M",
    "hstateen": "0 keeps the state from VS- and VU-mode",
    "scounteren": "0 keeps the counter from U- and VU-mode",
}
"""What a field (or any field of a register) does."""
