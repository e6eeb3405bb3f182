"""``monitor virtual-instructions``: what a hypervisor pays for each kind of virtual instruction."""

from __future__ import annotations

import click

from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from machine.observe.statistics import percentile
from machine.observe.virtual_instructions import Kind, Paid, VirtualInstructions
from machine.spec.causes import cause_name

__all__ = ["virtual_instructions"]

HEADERS = ["vmid", "from", "kind", "rule", "trapped", "p50", "total", "switched"]
OFF = "Nothing is counted: 'monitor virtual-instructions on' begins."


@command(
    "virtual-instructions",
    click.Argument(["action"], type=click.Choice(["on", "off", "clear"]), required=False, metavar="[on|off|clear]"),
)
def virtual_instructions(context: MonitorContext, action: str | None) -> Report:
    """What virtual instructions cost: traps by VMID and rule, and instructions until the guest ran on.

    Counting begins with 'on' and ends with 'off'; 'clear' begins anew. Illegal instructions of a guest that leave it
    count too. p50 and total are instructions of the hart from the handler's first to the SRET that enters the same VMID
    again; switched says how often another VMID ran in between.

    Example: monitor virtual-instructions on

    Example: monitor virtual-instructions
    """
    counter = context.machine.virtual_instructions
    if action is not None:
        {"on": counter.start, "off": counter.stop, "clear": counter.clear}[action]()
    rows = sorted(counter.paid.items())
    data: Json = {"on": counter.on, "rules": [_facts(kind, paid) for kind, paid in rows]}
    if not rows:
        return Report(data, _state(counter))
    return Report(data, table(HEADERS, [_row(kind, paid) for kind, paid in rows]))


def _state(counter: VirtualInstructions) -> str:
    return "Counting: no guest has raised a virtual instruction yet." if counter.on else OFF


def _rule(kind: Kind) -> str:
    return kind.reason.name if kind.reason.rule == "none" else kind.reason.rule


def _row(kind: Kind, paid: Paid) -> list[str]:
    lengths = paid.lengths
    numbers = [paid.trapped, percentile(lengths, 50), sum(lengths), paid.switched]
    short = cause_name(kind.cause).removesuffix("-instruction")
    return [str(kind.vmid), kind.source.label, short, _rule(kind), *map(str, numbers)]


def _facts(kind: Kind, paid: Paid) -> Json:
    return {
        "vmid": kind.vmid,
        "from": kind.source.label,
        "exception": cause_name(kind.cause),
        "rule": kind.reason.rule,
        "reason": kind.reason.name,
        "trapped": paid.trapped,
        "returned": len(paid.lengths),
        "switched": paid.switched,
        "instructions": {
            "p50": percentile(paid.lengths, 50),
            "p99": percentile(paid.lengths, 99),
            "max": percentile(paid.lengths, 100),
            "total": sum(paid.lengths),
        },
    }
