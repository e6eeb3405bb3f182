"""``monitor traps``: the last traps of all harts."""

from __future__ import annotations

from collections.abc import Iterator

from gdbstub.monitor import Json, Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.parameters import count_argument
from gdbstub.riscv.commands.words import instruction
from machine.hart.trapping import TrapRecord
from machine.spec.causes import cause_name

__all__ = ["record_json", "traps"]

HEADER = ("#", "cycle", "hart", "cause", "modes", "pc", "tval", "gpa")
WIDTHS = (5, 10, 4, 24, 9, 18, 18)
DETAIL_INDENT = 24


@command("traps", count_argument("count", 10))
def traps(context: MonitorContext, count: int) -> Report:
    """The last traps of all harts, oldest first: exceptions and interrupts.

    Each has its number on its hart, the machine's cycle, cause, the modes it came from and went to, what xepc, xtval
    and htval received (gpa in bytes), the instruction, and the manual's rule where one has a name. 'monitor why'
    explains the last.

    Example: monitor traps 20
    """
    records = context.machine.traps.last(count)
    if not records:
        return Report([], "No trap has been taken since reset.")
    lines = [_columns(HEADER), *(line for record in records for line in _lines(record))]
    return Report([record_json(record) for record in records], "\n".join(lines))


def _columns(cells: tuple[str, ...]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False)]
    return " ".join([*padded, *cells[len(WIDTHS) :]]).rstrip()


def _lines(record: TrapRecord) -> Iterator[str]:
    """One line of values, and one of the instruction and rule where there is any."""
    yield _columns(
        (
            str(record.count),
            str(record.cycle),
            str(record.hart),
            cause_name(record.cause),
            f"{record.source.label} -> {record.target.label}",
            f"{record.pc:#x}",
            f"{record.tval:#x}",
            f"{record.gpa:#x}" if record.gpa else "-",
        )
    )
    details = [instruction(record.instruction, record.pc)] if record.instruction else []
    details += [f"rule {record.reason.rule}"] if record.reason.rule != "none" else []
    if details:
        yield " " * DETAIL_INDENT + "   ".join(details)


def record_json(record: TrapRecord) -> dict[str, Json]:
    """One trap for programs."""
    return {
        "count": record.count,
        "cycle": record.cycle,
        "hart": record.hart,
        "cause": cause_name(record.cause),
        "cause_value": record.cause,
        "from": record.source.label,
        "to": record.target.label,
        "pc": record.pc,
        "tval": record.tval,
        "gpa": record.gpa,
        "tinst": record.tinst,
        "instruction": instruction(record.instruction, record.pc) if record.instruction else None,
        "word": record.instruction,
        "rule": record.reason.rule,
        "reason": record.reason.text,
    }
