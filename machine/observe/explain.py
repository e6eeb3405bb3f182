"""Why a trap was taken: the clause and the bits that decided, the way through the delegation registers, and for page
faults the walk again.

The explanation is made when it is asked for, from the record of the trap and the registers and tables of now; it says
so when they give another result than they did then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.csr.access import named
from machine.csr.file import BY_NUMBER
from machine.hart.trapping import TrapRecord
from machine.isa.decode import decode
from machine.memory.access import FETCH, LOAD, STORE, Access, as_mode, guest_access
from machine.observe.probe import Translation, probe
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Decision", "Explanation", "explain", "tried_access"]

DECIDING: dict[Reason, tuple[str, ...]] = {
    Reason.VU_WFI: ("mstatus.TW",),
    Reason.VS_WFI_VTW: ("hstatus.VTW", "mstatus.TW"),
    Reason.VS_SRET_VTSR: ("hstatus.VTSR",),
    Reason.VS_FENCE_SATP_VTVM: ("hstatus.VTVM",),
    Reason.V_STIMECMP_STCE: ("henvcfg.STCE", "menvcfg.STCE"),
    Reason.VS_STIMECMP_TM: ("hcounteren.TM", "mcounteren.TM"),
    Reason.CSR_TVM: ("mstatus.TVM",),
    Reason.STIMECMP_DISABLED: ("menvcfg.STCE", "mcounteren.TM"),
    Reason.FP_OFF: ("mstatus.FS", "vsstatus.FS"),
    Reason.TSR: ("mstatus.TSR",),
    Reason.TW: ("mstatus.TW",),
    Reason.HU: ("hstatus.HU",),
    Reason.PTE_USER: ("mstatus.SUM", "vsstatus.SUM"),
    Reason.PTE_NO_READ: ("mstatus.MXR", "vsstatus.MXR"),
    Reason.PTE_NOT_ACCESSED: ("menvcfg.ADUE", "henvcfg.ADUE"),
    Reason.PTE_NOT_DIRTY: ("menvcfg.ADUE", "henvcfg.ADUE"),
    Reason.FP_ROUNDING: ("fcsr.FRM",),
}
"""The fields that decide about a clause, by register and field name."""

COUNTERS = {
    Reason.VS_COUNTER: ("mcounteren", "hcounteren"),
    Reason.VU_COUNTER: ("mcounteren", "hcounteren", "scounteren"),
    Reason.COUNTER_DISABLED: ("mcounteren", "scounteren"),
}
KINDS = {
    **dict.fromkeys((Cause.FETCH_PAGE_FAULT, Cause.FETCH_GUEST_PAGE_FAULT, Cause.FETCH_ACCESS), FETCH),
    **dict.fromkeys((Cause.LOAD_PAGE_FAULT, Cause.LOAD_GUEST_PAGE_FAULT, Cause.LOAD_ACCESS), LOAD),
    **dict.fromkeys((Cause.STORE_PAGE_FAULT, Cause.STORE_GUEST_PAGE_FAULT, Cause.STORE_ACCESS), STORE),
}
"""The original access type of each memory fault."""


@dataclass(frozen=True)
class Decision:
    """One bit or field that mattered: where it is, its value now, and what follows from it."""

    where: str
    value: int
    meaning: str = ""


@dataclass(frozen=True)
class Explanation:
    """One trap explained.

    Attributes:
        record: the trap.
        csr: the CSR that the instruction names, or "".
        bits: the fields that decided about the clause.
        delegation: the way from M-mode to the mode that took the trap.
        translation: for a memory fault, the walk as it goes now.
        changed: True when the walk now ends otherwise than it did then.
    """

    record: TrapRecord
    csr: str
    bits: tuple[Decision, ...]
    delegation: tuple[Decision, ...]
    translation: Translation | None
    changed: bool


def explain(hart: Hart, record: TrapRecord) -> Explanation:
    """Explain a trap that ``hart`` took."""
    translation = _walk_again(hart, record)
    changed = translation is not None and (translation.trap is None or translation.trap.cause != record.cause)
    csr = _csr_of(record)
    return Explanation(record, csr, _bits(hart, record, csr), _delegation(record), translation, changed)


def tried_access(hart: Hart, record: TrapRecord) -> Access | None:
    """The access that a memory fault tried, or None for other traps."""
    if record.interrupt or record.code not in KINDS:
        return None
    kind = KINDS[Cause(record.code)]
    decoded = decode(record.instruction) if record.instruction else None
    if decoded and decoded.instruction.name.startswith(("hlv", "hsv")):
        return guest_access(hart, kind, int(decoded.instruction.name.startswith("hlvx")))
    source = record.source
    if source is Mode.M and record.gva:  # MPRV with MPV: MPP still names the privilege that was in force
        return as_mode(hart, kind, 1, 1)
    return as_mode(hart, kind, source.privilege, source.virtual)


def _walk_again(hart: Hart, record: TrapRecord) -> Translation | None:
    access = tried_access(hart, record)
    return None if access is None else probe(hart, record.tval, access)


def _csr_of(record: TrapRecord) -> str:
    decoded = decode(record.instruction) if record.instruction else None
    if decoded is None or decoded.instruction.extension != "Zicsr":
        return ""
    register = BY_NUMBER.get(decoded.operands.csr)
    return register.name if register else f"{decoded.operands.csr:#x}"


def _bits(hart: Hart, record: TrapRecord, csr: str) -> tuple[Decision, ...]:
    if record.reason in COUNTERS:
        bit = BY_NUMBER[named(hart, csr).number].number & 31
        return tuple(
            Decision(f"{name}[{bit}]", named(hart, name).read(hart) >> bit & 1) for name in COUNTERS[record.reason]
        )
    return tuple(Decision(path, _field(hart, path)) for path in DECIDING.get(record.reason, ()))


def _field(hart: Hart, path: str) -> int:
    register_name, _, field_name = path.partition(".")
    register = named(hart, register_name)
    field = next(f for f in register.fields if f.name == field_name)
    return field.get(register.read(hart))


def _delegation(record: TrapRecord) -> tuple[Decision, ...]:
    if record.source is Mode.M:
        return (Decision("mode", 3, "a trap from M-mode is taken in M-mode"),)
    prefix = "i" if record.interrupt else "e"
    medeleg = record.medeleg >> record.code & 1
    steps = [Decision(f"m{prefix}deleg[{record.code}]", medeleg, "to HS-level" if medeleg else "stays in M-mode")]
    if medeleg and record.source.virtual:
        hedeleg = record.hedeleg >> record.code & 1
        steps.append(
            Decision(f"h{prefix}deleg[{record.code}]", hedeleg, "to VS-mode" if hedeleg else "stays in HS-mode")
        )
    return tuple(steps)
