"""``monitor why``: the reason of a trap, down to the bit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from errno import ENOENT

from gdbstub.errors import TargetError
from gdbstub.monitor import Json, Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.parameters import count_argument
from gdbstub.riscv.commands.tinst import tinst_text
from gdbstub.riscv.commands.traps import record_json
from gdbstub.riscv.commands.walks import access_text, draw
from gdbstub.riscv.commands.walks_json import walk_json
from gdbstub.riscv.commands.words import instruction, labelled
from machine.csr.interrupts import pending
from machine.hart.hart import Hart
from machine.hart.trapping import TrapRecord
from machine.observe.explain import Decision, Explanation, explain
from machine.observe.interrupts import interrupt_states
from machine.proposals import VIRTUAL_INSTRUCTION_2020
from machine.spec.causes import Cause, cause_name
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from machine.trap.entry import VS_SHIFT

__all__ = ["why"]

CHANGED = (
    "Registers or tables have changed since: what stands here as of now would not give the trap that was taken then."
)
DELIVERED = {
    Mode.M: ("mepc", "mcause", "mtval", "mtval2", "mtinst"),
    Mode.HS: ("sepc", "scause", "stval", "htval", "htinst"),
    Mode.VS: ("vsepc", "vscause", "vstval"),
}
"""The registers that the mode taking a trap finds it in."""
LISTED = (Cause.VIRTUAL_INSTRUCTION, Cause.ILLEGAL_INSTRUCTION)
"""With V=1, which of the two it is is a list's decision."""


@command("why", count_argument("nth", 1))
def why(context: MonitorContext, nth: int) -> Report:
    """Explain the selected hart's last trap, or the Nth last.

    Names the manual's rule, the bits that decided and their values, the way through medeleg and hedeleg, and what the
    handler's CSRs received. For a page fault both stages are walked again, and a caret marks the bit that failed.

    Values and tables are those of now; where they would not give that trap any more, it is said.

    Example: monitor why
    """
    hart = context.hart
    explanation = explain(hart, _nth_last(context, nth))
    return Report(_data(hart, explanation), "\n".join(_text(hart, explanation)))


def _nth_last(context: MonitorContext, nth: int) -> TrapRecord:
    """Raises TargetError when the log does not go back that far."""
    number = context.hart.number
    records = context.machine.traps.last(nth, number)
    if len(records) == nth:
        return records[0]
    if not records:
        raise TargetError(ENOENT, f"hart {number} has taken no trap since reset: there is nothing to explain")
    raise TargetError(
        ENOENT, f"the log holds {len(records)} traps of hart {number}, so there is no {nth}. last: give less"
    )


# --- for people -------------------------------------------------------------------------------------------------


def _text(hart: Hart, explanation: Explanation) -> Iterator[str]:
    record = explanation.record
    yield _headline(record)
    yield from labelled("because" if record.reason.rule == "none" else "rule", _rule(hart, record))
    yield from labelled("list", text) if (text := _list(hart, record)) else ()
    yield from _decisions("decided by", explanation.bits)
    yield from _decisions("delegation", explanation.delegation)
    yield from labelled("delivered", _delivered(record))
    if record.tinst:
        yield from labelled(DELIVERED[record.target][-1], f"{record.tinst:#x}: {tinst_text(record.tinst)}")
    if explanation.translation is not None:
        yield f"the walk, {access_text(explanation.translation.access)} at {explanation.translation.address:#x}:"
        yield from (f"  {line}" for line in draw(hart, explanation.translation))
    if explanation.changed:
        yield CHANGED


def _headline(record: TrapRecord) -> str:
    who = f"hart {record.hart}, trap {record.count}"
    if record.interrupt:
        return f"{who}: {cause_name(record.cause)} in {record.source.label}-mode before {record.pc:#x}"
    what = f"'{instruction(record.instruction, record.pc)}'" if record.instruction else "the fetch"
    return f"{who}: {what} at {record.pc:#x} in {record.source.label}-mode raised {cause_name(record.cause)}"


def _still(hart: Hart, record: TrapRecord) -> str:
    """Whether an interrupt that was taken is still asserted, and by what."""
    state = next((state for state in interrupt_states(hart) if state.interrupt == record.code), None)
    if state is None:
        return "still asserted" if pending(hart) >> record.code & 1 else "not asserted any more"
    return f"still asserted by {' and '.join(state.sources)}" if state.sources else "not asserted any more"


def _rule(hart: Hart, record: TrapRecord) -> str:
    if record.interrupt:
        return f"it was pending and enabled; {_still(hart, record)}"
    if record.reason is Reason.NONE:
        return "the instruction asks for it"
    name = record.reason.rule
    return record.reason.text if name == "none" else f"{name}: {record.reason.text}"


def _list(hart: Hart, record: TrapRecord) -> str:
    """The list of virtual-instruction exceptions in force, where it had a say."""
    if record.interrupt or not record.source.virtual or record.code not in LISTED:
        return ""
    first = hart.config.proposed(VIRTUAL_INSTRUCTION_2020.name)
    return f"{VIRTUAL_INSTRUCTION_2020.name}, as first proposed in May 2020" if first else "ratified (H 1.0)"


def _decisions(label: str, decisions: Iterable[Decision]) -> list[str]:
    lines = [_decision(decision) for decision in decisions]
    return [f"{label if number == 0 else '':12}{line}" for number, line in enumerate(lines)]


def _decision(decision: Decision) -> str:
    was = f" (was {decision.asked})" if decision.changed else ""
    return f"{decision.where + '=' + str(decision.value) + was:28} {decision.meaning}".rstrip()


def _delivered(record: TrapRecord) -> str:
    cause = record.cause - VS_SHIFT * (record.interrupt and record.target is Mode.VS)
    values = (record.pc, cause, record.tval, record.gpa >> 2, record.tinst)
    names = DELIVERED[record.target]
    texts = [f"{name}={value:#x}" for name, value in zip(names, values, strict=False)]
    guest = " (a guest virtual address)" if record.gva else ""
    gpa = f" (gpa {record.gpa:#x})" if record.gpa else ""
    return f"to {record.target.label}-mode: {texts[0]} {texts[1]} {texts[2]}{guest} {' '.join(texts[3:])}{gpa}".rstrip()


# --- for programs -----------------------------------------------------------------------------------------------


def _data(hart: Hart, explanation: Explanation) -> Json:
    record, walked = explanation.record, explanation.translation
    return {
        **record_json(record),
        "csr": explanation.csr,
        "list": _list(hart, record),
        "decided_by": [_decision_json(decision) for decision in explanation.bits],
        "delegation": [_decision_json(decision) for decision in explanation.delegation],
        "tinst_meaning": tinst_text(record.tinst),
        "walk": walk_json(hart, walked) if walked else None,
        "changed": explanation.changed,
    }


def _decision_json(decision: Decision) -> Json:
    return {"where": decision.where, "value": decision.value, "meaning": decision.meaning, "changed": decision.changed}
