"""Why a trap was taken: the clause and the bits that decided, the way through the delegation registers, and for page
faults the walk again.

The explanation is made when it is asked for, from the record of the trap and the registers and tables of now; it says
so when they give another result than they did then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.csr.access import named
from machine.csr.file import BY_NUMBER
from machine.csr.register import Csr
from machine.csr.stateen import StateControlled
from machine.hart.trapping import TrapRecord
from machine.isa.decode import decode
from machine.memory import pmp
from machine.memory.access import FETCH, LOAD, STORE, Access, as_mode, guest_access
from machine.observe.deciding import (
    COUNTERS,
    FIELDS,
    MEANINGS,
    PTE_BITS,
    PTE_FLAGS,
    STAGE_FIELDS,
    STATE_ENABLES,
    Deciding,
)
from machine.observe.look import look, reached
from machine.observe.probe import Step, Translation
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import M, Mode, S, U
from machine.spec.rules import Reason

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Decision", "Explanation", "explain", "failing_step", "tried_access"]

KINDS = {
    **dict.fromkeys((Cause.FETCH_PAGE_FAULT, Cause.FETCH_GUEST_PAGE_FAULT, Cause.FETCH_ACCESS), FETCH),
    **dict.fromkeys((Cause.LOAD_PAGE_FAULT, Cause.LOAD_GUEST_PAGE_FAULT, Cause.LOAD_ACCESS), LOAD),
    **dict.fromkeys((Cause.STORE_PAGE_FAULT, Cause.STORE_GUEST_PAGE_FAULT, Cause.STORE_ACCESS), STORE),
}
"""The original access type of each memory fault."""
GUEST_FAULTS = (Cause.FETCH_GUEST_PAGE_FAULT, Cause.LOAD_GUEST_PAGE_FAULT, Cause.STORE_GUEST_PAGE_FAULT)
BEHIND_THE_WALK = (Reason.NO_MEMORY, Reason.PMP_DENIED, Reason.ATOMIC_ON_DEVICE)
"""Clauses that a translation can pass: the access's width and kind decide about them at the physical address."""
LAST_VIRTUAL_REASON = 31
"""Reasons up to this one are those of virtual-instruction exceptions (`machine.spec.rules`)."""
LETTERS = ((LOAD, "R"), (STORE, "W"), (FETCH, "X"))
LEVELS = ("user", "supervisor", "hypervisor", "machine")


@dataclass(frozen=True)
class Decision:
    """One bit or field that mattered.

    Attributes:
        where: its name.
        value: its value now.
        meaning: what follows from it.
        asked: the value that it must have had, or None where that is not known.
    """

    where: str
    value: int
    meaning: str = ""
    asked: int | None = None

    @property
    def changed(self) -> bool:
        """Whether it has changed since the trap."""
        return self.asked is not None and self.asked != self.value


@dataclass(frozen=True)
class Explanation:
    """One trap explained.

    Attributes:
        record: the trap.
        csr: the CSR that the instruction names, or "".
        bits: the fields that decided about the clause.
        delegation: the way from M-mode to the mode that took the trap.
        translation: for a memory fault, the walk as it goes now.
        changed: True when registers or tables of now do not give the trap that they gave then.
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
    decisions = (
        *(*_mode(record), *_csr_number(record), *_fields(hart, record)),
        *(*_pte(record, translation), *_protection(hart, record, translation)),
    )
    changed = _ends_otherwise(record, translation) or any(decision.changed for decision in decisions)
    register = _csr_of(record)
    name = register.name if isinstance(register, Csr) else register
    return Explanation(record, name, decisions, _delegation(record), translation, changed)


# --- the access that faulted ------------------------------------------------------------------------------------


def tried_access(hart: Hart, record: TrapRecord) -> Access | None:
    """The access that a memory fault tried, or None for other traps."""
    if record.interrupt or record.code not in KINDS:
        return None
    kind = KINDS[Cause(record.code)]
    decoded = decode(record.instruction) if record.instruction else None
    if decoded and decoded.instruction.name.startswith(("hlv", "hsv")):
        return guest_access(hart, kind, int(decoded.instruction.name.startswith("hlvx")))
    if record.source is Mode.M and "PAGE_FAULT" in Cause(record.code).name:
        return as_mode(hart, kind, _modified_privilege(record), record.gva)
    return as_mode(hart, kind, record.source.privilege, record.source.virtual)


def _modified_privilege(record: TrapRecord) -> int:
    """M-mode faulted under MPRV, and the trap has overwritten MPP: the clause tells a user's access from others."""
    return U if record.reason is Reason.PTE_NOT_USER else S


def _walk_again(hart: Hart, record: TrapRecord) -> Translation | None:
    access = tried_access(hart, record)
    return None if access is None else look(hart, record.tval, access)


def _ends_otherwise(record: TrapRecord, translation: Translation | None) -> bool:
    if translation is None:
        return False
    trap = translation.trap
    if trap is None:
        return record.reason not in BEHIND_THE_WALK
    return (trap.cause, trap.reason, trap.gpa) != (record.code, record.reason, record.gpa)


def failing_step(translation: Translation) -> Step | None:
    """The PTE that a translation failed at; None when it succeeded, or failed before or behind the PTEs."""
    trap = translation.trap
    if trap is None or not Reason.PTE_INVALID <= trap.reason <= Reason.PTE_NAPOT:
        return None
    # The first stage's walk comes first in the record, whatever G-stage walks it needed.
    walk = translation.walks[-1] if trap.cause in GUEST_FAULTS else translation.walks[0]
    return walk.steps[-1]


# --- what decided -----------------------------------------------------------------------------------------------


def _mode(record: TrapRecord) -> Iterator[Decision]:
    """V, and the privilege, where the clause is about an instruction that another mode may execute."""
    if Reason.NONE < record.reason <= LAST_VIRTUAL_REASON or record.reason is Reason.V_WFI_2020:
        yield Decision("V", record.source.virtual, f"the hart was in {record.source.label}-mode")
    elif record.reason in (Reason.INSTRUCTION_PRIVILEGE, Reason.CSR_PRIVILEGE):
        yield Decision("privilege", record.source.privilege, f"the hart was in {record.source.label}-mode")


def _csr_of(record: TrapRecord) -> Csr | str:
    """The CSR of a Zicsr instruction: its declaration, else its number, or "" for other instructions."""
    decoded = decode(record.instruction) if record.instruction else None
    if record.interrupt or decoded is None or decoded.instruction.extension != "Zicsr":
        return ""
    return BY_NUMBER.get(decoded.operands.csr) or f"{decoded.operands.csr:#x}"


def _csr_number(record: TrapRecord) -> Iterator[Decision]:
    """What the CSR's number itself says about who may access it ("CSR Address Mapping Conventions")."""
    register = _csr_of(record)
    if not isinstance(register, Csr):
        return
    if record.reason in (Reason.V_HYPERVISOR_CSR, Reason.VU_SUPERVISOR_CSR, Reason.CSR_PRIVILEGE):
        yield Decision(
            f"{register.name}[9:8]", register.level, f"of its number {register.number:#x}: {_owner(register)}"
        )
    if record.reason is Reason.CSR_READ_ONLY:
        yield Decision(f"{register.name}[11:10]", 3, f"of its number {register.number:#x}: read-only")


def _owner(register: Csr) -> str:
    return f"a {LEVELS[register.level]} CSR"


def _fields(hart: Hart, record: TrapRecord) -> Iterator[Decision]:
    register = _csr_of(record)
    if record.reason in COUNTERS and isinstance(register, Csr):
        for name, asked in COUNTERS[record.reason]:
            counter = next(field.name for field in named(hart, name).fields if field.low == register.number & 31)
            yield _decision(hart, Deciding(f"{name}.{counter}", asked))
    if record.reason in STATE_ENABLES and isinstance(register, StateControlled):
        for prefix, asked in STATE_ENABLES[record.reason]:
            name = f"{prefix}{register.group}"
            enable = next(field.name for field in named(hart, name).fields if field.low == register.enable)
            yield _decision(hart, Deciding(f"{name}.{enable}", asked))
    for deciding in FIELDS.get(record.reason, ()):
        yield _decision(hart, deciding)
    for path in STAGE_FIELDS.get(record.reason, {}).get(_stage(record), ()):
        yield _decision(hart, Deciding(path))


def _decision(hart: Hart, deciding: Deciding) -> Decision:
    register_name, _, field_name = deciding.path.partition(".")
    register = named(hart, register_name)
    field = next(f for f in register.fields if f.name == field_name)
    meaning = MEANINGS.get(deciding.path) or MEANINGS[register_name.rstrip("0123")]
    return Decision(deciding.path, field.get(register.read(hart)), meaning, deciding.asked)


def _stage(record: TrapRecord) -> str:
    """The stage of translation that a page fault is of."""
    if record.code in GUEST_FAULTS:
        return "G"
    return "VS" if record.gva else "S"


def _pte(record: TrapRecord, translation: Translation | None) -> Iterator[Decision]:
    """The bit of the PTE that stands in the way, if the walk still ends at it."""
    step = failing_step(translation) if translation else None
    if step is None or _ends_otherwise(record, translation) or record.reason not in PTE_BITS:
        return
    position = PTE_BITS[record.reason]
    yield Decision(
        f"PTE.{PTE_FLAGS[position]}", step.pte >> position & 1, f"{_stage(record)}-stage, level {step.level}"
    )


def _protection(hart: Hart, record: TrapRecord, translation: Translation | None) -> Iterator[Decision]:
    """The PMP entry that has the say about the address that the walk came to."""
    physical = reached(hart, translation) if translation else None
    if record.reason is not Reason.PMP_DENIED or translation is None or physical is None:
        return
    regions = [pmp.region(hart, entry) for entry in range(pmp.ENTRIES)]
    entry = next((n for n, (low, high) in enumerate(regions) if low <= physical < high), None)
    if entry is None:
        yield Decision("PMP", 0, f"no entry matches {physical:#x}, {_unmatched(hart, translation.access)}")
        return
    config = named(hart, f"pmpcfg{entry // 8 * 2}").read(hart) >> 8 * (entry % 8) & 0xFF
    (low, high), privilege = regions[entry], translation.access.privilege
    lockdown = hart.state.mseccfg >> status.MSECCFG_MML & 1
    granted = (letter for kind, letter in LETTERS if pmp.grants(config, kind, privilege, lockdown))
    allowed = "".join(granted) or "nothing"
    yield Decision(
        f"pmp{entry}cfg", config, f"the first entry that matches: {low:#x} to {high - 1:#x} allows {allowed}"
    )


def _unmatched(hart: Hart, access: Access) -> str:
    if access.privilege != M:
        return "so only M-mode may"
    return "and mseccfg.MMWP=1" if hart.state.mseccfg >> status.MSECCFG_MMWP & 1 else "so M-mode may not execute it"


# --- where it went ----------------------------------------------------------------------------------------------


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
