"""What a person who writes a hypervisor wants to see at every stop: the world, and why it was left.

Feature ``org.hartbreak.hypervisor``. gdb prints the names of an enum but keeps conditions on one to itself, and has no
``.field`` on flags; so registers of names have a twin ``…_int`` in plain numbers, and the fields of CSRs that
hypervisors turn on stand beside them as ``hstatus_spv`` and the like. Twins are in the group ``hypervisor_int``.

Whatever tells of the last trap holds ``none`` before the first: `NO_TRAP` in the twin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from gdbstub.riscv.cell import Cell, Read, Write, read_only
from gdbstub.riscv.worlds import enter
from gdbstub.xml.target_description import EnumType, Register
from machine.csr.access import named
from machine.csr.field import Field
from machine.csr.h_mode import Hgatp, Hstatus
from machine.csr.m_mode import Mstatus
from machine.csr.register import Csr
from machine.csr.vs_mode import Vsatp, Vsstatus
from machine.hart.hart import Hart
from machine.spec.causes import INTERRUPT_BIT, Cause, Interrupt
from machine.spec.modes import Mode
from machine.spec.rules import Reason

__all__ = ["FIRST", "INTERRUPTS", "NO_TRAP", "cells", "types"]

FIRST = 0x2000
"""Number of the first register; gdb's CSRs and priv end below."""
NO_TRAP = (1 << 64) - 1
NO_MODE, NO_CAUSE = 7, 0x7FFF
INTERRUPTS = 0x100
"""Added to an interrupt's code in the enum ``trap_cause``: gdb's enums cannot hold the Interrupt bit."""
LAST_VIRTUAL_REASON = 31
"""Reasons up to this one are those of virtual-instruction exceptions (`machine.spec.rules`)."""

MODES = EnumType("mode", 8, [*((mode.label, mode.value) for mode in Mode), ("none", NO_MODE)])
CAUSES = EnumType(
    "cause",
    8,
    [
        *((cause.name, cause.value) for cause in Cause),
        *((interrupt.name, INTERRUPTS + interrupt.value) for interrupt in Interrupt),
        ("none", NO_CAUSE),
    ],
)
VIRTUAL_REASONS = EnumType(
    "virtual_instruction_rule",
    8,
    [
        *((reason.rule, reason.value) for reason in Reason if reason <= LAST_VIRTUAL_REASON),
        (Reason.V_WFI_2020.name, Reason.V_WFI_2020.value),
    ],
)

FIELDS: Sequence[tuple[type[Csr], Sequence[Field]]] = (
    (Hstatus, (Hstatus.SPV, Hstatus.SPVP, Hstatus.GVA, Hstatus.HU, Hstatus.VTVM, Hstatus.VTW, Hstatus.VTSR)),
    (Hgatp, (Hgatp.MODE, Hgatp.PPN)),
    (Vsstatus, (Vsstatus.SPP, Vsstatus.SIE)),
    (Vsatp, (Vsatp.MODE, Vsatp.PPN)),
    (Mstatus, (Mstatus.MPP, Mstatus.MPV)),
)
"""The fields that have registers of their own."""


@dataclass(frozen=True)
class Entry:
    """One row of the table below; an entry with an enum gets a twin, which shows `plain` if that is given.

    Without `write` it tells of the last trap: history, so not writable.
    """

    name: str
    read: Read
    write: Write | None = None
    enum: EnumType | None = None
    kind: str = "uint64"
    plain: Read | None = None


def cells(hart: Hart) -> list[Cell]:
    """All registers of the feature: what people read first, then the twins and fields."""
    entries = _entries()
    twins = [_twin(entry) for entry in entries if entry.enum]
    numbers = count(FIRST)
    return [
        *(_cell(entry, next(numbers), "hypervisor") for entry in entries),
        *(_cell(entry, next(numbers), "hypervisor_int") for entry in [*twins, *_field_entries(hart)]),
    ]


def types() -> list[EnumType]:
    """The enums of `cells`."""
    return [MODES, CAUSES, VIRTUAL_REASONS]


def _entries() -> list[Entry]:
    vmid, asid = _field(Hgatp(), Hgatp.VMID), _field(Vsatp(), Vsatp.ASID)
    return [
        Entry("hart_mode", lambda hart: hart.mode.value, lambda hart, value: enter(hart, value & 3, value >> 2), MODES),
        Entry("virt", lambda hart: hart.state.virt, lambda hart, value: enter(hart, hart.state.priv, value)),
        Entry("vmid", *vmid),
        Entry("vs_asid", *asid),
        Entry("trap_cause", _cause, enum=CAUSES, plain=_of_trap("trap_cause", NO_TRAP)),
        Entry("trap_pc", _of_trap("trap_pc", NO_TRAP), kind="code_ptr"),
        Entry("trap_tval", _of_trap("trap_tval", NO_TRAP)),
        Entry("trap_gpa", _of_trap("trap_gpa", NO_TRAP)),
        Entry("trap_insn", _of_trap("trap_insn", NO_TRAP)),
        Entry("trap_from", _of_trap("trap_from", NO_MODE), enum=MODES),
        Entry("trap_to", _of_trap("trap_to", NO_MODE), enum=MODES),
        Entry("trap_count", lambda hart: hart.state.trap_count),
        Entry("vi_reason", lambda hart: hart.state.vi_reason, enum=VIRTUAL_REASONS),
    ]


def _of_trap(field: str, none: int) -> Read:
    return lambda hart: getattr(hart.state, field) if hart.state.trap_count else none


def _cause(hart: Hart) -> int:
    """The last cause as the enum numbers it."""
    if not hart.state.trap_count:
        return NO_CAUSE
    cause: int = hart.state.trap_cause
    return INTERRUPTS + cause - (1 << INTERRUPT_BIT) if cause >> INTERRUPT_BIT else cause


def _twin(entry: Entry) -> Entry:
    return replace(entry, name=f"{entry.name}_int", read=entry.plain or entry.read, enum=None)


def _field_entries(hart: Hart) -> Iterator[Entry]:
    for declared, fields in FIELDS:
        csr = named(hart, declared.name)
        for field in fields:
            yield Entry(f"{csr.name}_{field.name.lower()}", *_field(csr, field))


def _field(csr: Csr, field: Field) -> tuple[Read, Write]:
    """One field of a CSR as a register: written by writing the CSR, which legalises."""

    def write(hart: Hart, value: int) -> None:
        csr.write(hart, field.put(csr.read(hart), value))

    return lambda hart: field.get(csr.read(hart)), write


def _cell(entry: Entry, number: int, group: str) -> Cell:
    kind = entry.enum.id if entry.enum else entry.kind
    write = entry.write or read_only(entry.name, "it tells of the last trap, which has happened")
    return Cell(Register(entry.name, number, 64, kind, group, save_restore=False), entry.read, write)
