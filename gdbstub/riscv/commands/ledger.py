"""``monitor ledger …``: who set each VS-level pending bit, and what became of the interrupt."""

from __future__ import annotations

from collections.abc import Iterator

import click

from gdbstub.errors import TargetError
from gdbstub.monitor import Json, Report, command, number
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.parameters import count_argument
from gdbstub.riscv.commands.words import labelled
from machine.errors import MachineError
from machine.observe.ledger import Ledger
from machine.observe.ledger_entry import Author, Entry, Fate

__all__ = ["entry_sentence", "ledger", "ledger_describe", "ledger_off", "ledger_on"]

EINVAL = 22
OFF = "The ledger is off: 'monitor ledger on' starts it."
HEADER = ("#", "cycle", "hart", "vmid", "bit", "in", "set by")
WIDTHS = (5, 10, 4, 5, 4, 6)


def author_text(author: Author | None) -> str:
    """``hypervisor, hart 1 at 0x80000524 'csrrw zero,hvip,a0'``."""
    if author is None:
        return "nobody"
    if author.pc is None:
        return f"{author.kind} ({author.text})" if author.text else author.kind
    mode = f" in {author.mode.label}-mode" if author.mode is not None else ""
    what = f" '{author.text}'" if author.text else ""
    return f"{author.kind}, hart {author.hart}{mode} at {author.pc:#x}{what}"


def entry_sentence(entry: Entry) -> str:
    """One line about an entry that is wrong."""
    by = f" by {author_text(entry.ended_by)}" if entry.ended_by is not None else ""
    return f"{entry.interrupt.name} of hart {entry.hart}, {entry.fate.value}{by}; set by {author_text(entry.author)}"


def _lines(entry: Entry) -> Iterator[str]:
    cells = (entry.number, entry.cycle, entry.hart, entry.vmid, entry.interrupt.name, entry.where)
    padded = [str(cell).ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)]
    yield " ".join([*padded, author_text(entry.author)])
    if entry.ended is not None:
        yield f"      {entry.ended:<10} {entry.fate.value}: {author_text(entry.ended_by)}"


def _author_facts(author: Author | None) -> Json:
    if author is None:
        return None
    mode = author.mode.label if author.mode is not None else None
    return {"kind": author.kind, "hart": author.hart, "pc": author.pc, "mode": mode, "text": author.text}


def _facts(entry: Entry) -> dict[str, Json]:
    return {
        "number": entry.number,
        "cycle": entry.cycle,
        "hart": entry.hart,
        "vmid": entry.vmid,
        "interrupt": entry.interrupt.name,
        "where": entry.where,
        "author": _author_facts(entry.author),
        "fate": entry.fate.name.lower(),
        "wrong": entry.fate.wrong,
        "ended": entry.ended,
        "ended_by": _author_facts(entry.ended_by),
    }


@command("ledger", count_argument("count", 10))
def ledger(context: MonitorContext, count: int) -> Report:
    """The last VS-level interrupts: who set the pending bit, and what became of it.

    An entry is one bit, in hvip, of the guest's timer or a guest external line, or in the hypervisor's own bitmap
    ('monitor ledger describe'). Its fate: pending, delivered, cleared by the guest, withdrawn before anyone saw it,
    taken from the bitmap; or a mistake of the software: lost, overwritten, raised again from a stale copy.

    Example: monitor ledger 20
    """
    kept = context.machine.ledger
    entries = kept.last(count)
    fates: dict[str, Json] = {fate.name.lower(): kept.fates[fate] for fate in Fate}
    data: Json = {"on": kept.on, "fates": fates, "entries": [_facts(entry) for entry in entries]}
    if not entries:
        return Report(data, "No VS-level interrupt has been pending since the ledger began." if kept.on else OFF)
    heading = " ".join([*(text.ljust(width) for text, width in zip(HEADER, WIDTHS, strict=False)), HEADER[-1]])
    lines = [line[:100] for entry in entries for line in _lines(entry)]
    return Report(data, "\n".join([heading, *lines, *_summary(kept)]))


def _summary(kept: Ledger) -> list[str]:
    counted = [f"{kept.fates[fate]} {fate.value}" for fate in Fate if kept.fates[fate]]
    return labelled("In all:", "; ".join(counted), 8)


@command("ledger on")
def ledger_on(context: MonitorContext) -> Report:
    """Keep the ledger from now on; it stays on over a reset, and costs time while it is.

    Example: monitor ledger on
    """
    context.machine.ledger.start()
    return Report({"on": True}, "The ledger is kept from now on; 'monitor ledger' shows it.")


@command("ledger off")
def ledger_off(context: MonitorContext) -> Report:
    """Keep it no longer; what is written stays, descriptions and 'catch lost-interrupt' go.

    Example: monitor ledger off
    """
    context.machine.ledger.stop()
    return Report({"on": False}, "The ledger is off.")


@command(
    "ledger describe",
    click.Argument(["pending"], type=number, metavar="PENDING"),
    click.Argument(["mask"], type=number, metavar="MASK"),
)
def ledger_describe(context: MonitorContext, pending: int, mask: int) -> Report:
    """Say where the hypervisor keeps the bitmaps of the vCPU on this hart; starts the ledger.

    PENDING and MASK are physical addresses of two words of 8 bytes, whose bits are VSSI (2), VSTI (6) and VSEI (10). A
    set writes the first, then the second; a flush takes the second. Then the ledger knows what was asked for. In gdb:
    eval "monitor ledger describe %#lx %#lx", &vcpu.irqs_pending, &vcpu.irqs_pending_mask

    Example: monitor ledger describe 0x80001000 0x80001008
    """
    try:
        context.machine.ledger.describe(context.hart.number, pending, mask)
    except MachineError as error:
        raise TargetError(EINVAL, str(error)) from error
    data: Json = {"hart": context.hart.number, "pending": pending, "mask": mask}
    return Report(data, f"The vCPU of hart {context.hart.number}: pending at {pending:#x}, mask at {mask:#x}.")
