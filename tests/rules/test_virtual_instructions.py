"""Every case in which RV64 raises a virtual-instruction exception, and its neighbours, through an engine.

The table is `tests.rules.virtual_instructions`. Fetch and trap entry are part of every row.
"""

from __future__ import annotations

from typing import Any

import pytest

from machine.csr.access import named
from machine.hart.state import FIELDS
from machine.hart.trapping import TrapRecord
from machine.isa.assemble import assemble
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import HANDLERS, Lab
from tests.rules.virtual_instructions import ABSENT, HART, RULES, RV32_ONLY, TABLE, Row

DATA = 0x8020_0000
"""Where the memory operands of the rows point."""
SYNTHETIC = {"H_virtinst_xtval"}
"""Rules that every virtual row checks."""


def parameters() -> list[Any]:
    cited = ((row, (*row.rules, *(SYNTHETIC if row.virtual else ()))) for row in TABLE)
    return [pytest.param(row, id=str(row), marks=[pytest.mark.rule(rule) for rule in rules]) for row, rules in cited]


def prepare(settings: str) -> Lab:
    """A hart that allows everything to every mode, except what ``settings`` change."""
    lab = Lab()
    lab.csr("hedeleg", -1)
    for name in ("mcounteren", "hcounteren", "scounteren", "menvcfg", "henvcfg", "senvcfg"):
        lab.csr(name, -1)
    for n in range(4):
        lab.csr(f"mstateen{n}", -1)
        lab.csr(f"hstateen{n}", -1)
    for name in ("mstatus", "vsstatus"):
        lab.set(name, 3 << status.FS)
    for name in ("mepc", "sepc", "vsepc"):
        lab.csr(name, HANDLERS["HS"])
    for setting in settings.split():
        path, _, value = setting.partition("=")
        register, _, field = path.partition(".")
        declared = next(f for f in named(lab.hart, register).fields if f.name == field)
        lab.csr(register, declared.put(lab.csr(register), int(value)))
        assert declared.get(lab.csr(register)) == int(value), f"{setting} did not take"
    return lab


def word(instruction: str | int) -> int:
    return instruction if isinstance(instruction, int) else assemble(instruction, csr_number=number)


def number(name: str) -> int | None:
    return None if name.startswith("0x") else named(HART, name).number


TRAP_WRITES = {
    Mode.M: {"mepc", "mcause", "mtval", "mtval2", "mtinst", "mstatus"},
    Mode.HS: {"sepc", "scause", "stval", "htval", "htinst", "mstatus", "hstatus"},
    Mode.VS: {"vsepc", "vscause", "vstval", "vsstatus"},
}
ALWAYS = {"pc", "priv", "virt", "mcycle", "vi_reason", *(f for f in FIELDS if f.startswith("trap_"))}


def snapshot(lab: Lab) -> dict[str, Any]:
    """The whole architectural state but main memory."""
    state = lab.state
    return {"x": list(state.x), "f": list(state.f), **{name: getattr(state, name) for name in FIELDS}}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def handler_mode(row: Row) -> Mode:
    """hedeleg sends every illegal instruction on to VS-mode; a virtual instruction cannot be delegated past HS-mode."""
    if row.mode is Mode.M:
        return Mode.M
    return Mode.VS if row.mode.virtual and not row.virtual else Mode.HS


@pytest.mark.parametrize("row", parameters())
def test_row(row: Row) -> None:
    lab = prepare(row.settings)
    bits = word(row.instruction)
    lab.hart.x[11], lab.hart.x[12] = DATA, 3
    before = snapshot(lab)
    record = lab.execute(bits, row.mode)
    if row.reason is None:
        assert record is None, "it trapped"
        assert lab.state.vi_reason == before["vi_reason"]
    else:
        assert record is not None, "it executed"
        refused(row, lab, record, bits)
        target = record.target
        assert changed(before, snapshot(lab)) <= TRAP_WRITES[target] | ALWAYS, "a refused instruction wrote state"
        assert lab.read(DATA) == 0
        assert lab.state.minstret == before["minstret"]


def refused(row: Row, lab: Lab, record: TrapRecord, bits: int) -> None:
    """The trap, as the record and the handler's registers tell it."""
    cause = Cause.VIRTUAL_INSTRUCTION if row.virtual else Cause.ILLEGAL_INSTRUCTION
    assert row.reason is not None
    assert (Cause(record.cause), record.reason.name) == (cause, row.reason.name)
    assert (record.source, record.target) == (row.mode, handler_mode(row))
    prefix = {Mode.M: "m", Mode.HS: "s", Mode.VS: "vs"}[record.target]
    assert lab.csr(f"{prefix}cause") == cause
    assert lab.csr(f"{prefix}tval") == bits
    assert lab.csr(f"{prefix}epc") == record.pc
    assert lab.hart.mode is record.target
    assert lab.state.vi_reason == (row.reason if row.virtual else Reason.NONE)
    if record.target is Mode.HS:
        assert (lab.csr("htval"), lab.csr("htinst")) == (0, 0)
        assert (lab.csr("hstatus") >> status.HSTATUS_GVA & 1, lab.csr("hstatus") >> status.HSTATUS_SPV & 1) == (
            0,
            row.mode.virtual,
        )


def test_the_table_covers_every_rule() -> None:
    cited = {rule for row in TABLE for rule in row.rules} | SYNTHETIC
    assert cited == RULES
    assert not RULES & (RV32_ONLY | set(ABSENT))


def test_the_table_covers_every_reason_both_ways() -> None:
    """Each reason that a virtual-instruction exception can have has a row, and none outside V=1."""
    virtual = {reason for reason in Reason if Reason.NONE < reason < Reason.UNKNOWN_ENCODING}
    assert {row.reason for row in TABLE if row.virtual} == virtual
    assert all(row.mode.virtual for row in TABLE if row.virtual), "the exception exists only with V=1"


def test_every_virtual_row_cites_the_rule_that_the_machine_gives() -> None:
    for row in TABLE:
        if row.virtual:
            assert row.reason is not None
            assert row.reason.rule in RULES
