"""``hartbreak compare-proposals``: one guest with and without a proposal, and the traps that differ."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace

import click

from gdbstub.cli.computer import build
from gdbstub.cli.options import FILE, MachineOptions, machine_options
from gdbstub.monitor import Report, table
from gdbstub.riscv.commands.timer_latency import latency_data
from gdbstub.riscv.commands.traps import record_json
from gdbstub.riscv.commands.words import instruction
from gdbstub.riscv.side_by_side import latency_side_by_side
from machine.config import Proposed
from machine.hart.trapping import TrapRecord
from machine.machine import Machine
from machine.observe.compare import Difference, TrapRecorder, differences
from machine.proposals import VIRTUAL_INSTRUCTION_2020
from machine.proposals.virtual_instruction_2020 import amendment
from machine.run_exit import ExitReason
from machine.spec.causes import cause_name
from machine.spec.modes import Mode
from machine.spec.rules import Reason

__all__ = ["compare_command"]

DEFAULT_LIMIT = 20_000_000
HEADERS = ["hart", "mode", "pc", "instruction", "without", "with", "amended by"]


@dataclass(frozen=True)
class Run:
    """One of the two runs."""

    machine: Machine
    records: list[TrapRecord]
    ending: str
    cycles: int

    @property
    def paid(self) -> tuple[int, int]:
        """Virtual and illegal instructions that left a guest, and the instructions until it ran on."""
        kinds = self.machine.virtual_instructions.paid.values()
        return sum(paid.trapped for paid in kinds), sum(sum(paid.lengths) for paid in kinds)


@click.command("compare-proposals")
@click.argument("image", type=FILE)
@click.option(
    "--max-instructions",
    type=click.IntRange(min=1),
    default=DEFAULT_LIMIT,
    show_default=True,
    metavar="N",
    help="End each run after N cycles.",
)
@click.option("--timer-latency", is_flag=True, help="Show beside each other how long guests' timers waited.")
@machine_options
def compare_command(options: MachineOptions, max_instructions: int, timer_latency: bool) -> int:
    """Run IMAGE twice, as ratified and with a proposal (virtual-instruction-2020 unless --proposal names another).

    Prints the exceptions that differ, in order: what each instruction raised without the proposal and with it. From the
    first difference on the guest may go another way. Interrupts are left out. The guest's output is not shown.

    \b
    hartbreak compare-proposals hypervisor.elf
    hartbreak compare-proposals --json hypervisor.elf
    hartbreak compare-proposals --proposal vgti --timer-latency timer.elf
    """
    chosen = options.proposals or (Proposed(VIRTUAL_INSTRUCTION_2020.name),)
    without = _run(replace(options, proposals=()), max_instructions)
    with_it = _run(replace(options, proposals=chosen), max_instructions)
    found = differences(without.records, with_it.records)
    names = [proposed.name for proposed in chosen]
    if options.json:
        click.echo(_json(names, without, with_it, found))
        return 0
    click.echo(_text(names, without, with_it, found))
    if timer_latency:
        both = latency_side_by_side(without.machine, with_it.machine)
        click.echo(f"from VSTIP rising, by VMID, without | with:\n{Report(None, both).render()}", nl=False)
    return 0


def _run(options: MachineOptions, limit: int) -> Run:
    machine = build(replace(options, quiet=True), lambda data: None).machine
    recorder = TrapRecorder(machine.harts)
    machine.virtual_instructions.start()
    machine.timer_latency.start()
    ended = machine.run(limit)
    if ended.reason is ExitReason.SHUTDOWN and machine.finish is not None:
        ending = machine.finish.kind.value + (f", code {machine.finish.code}" if machine.finish.code else "")
    else:
        ending = {ExitReason.BUDGET: "did not end"}.get(ended.reason, ended.reason.value)
    return Run(machine, recorder.records, ending, ended.cycles)


def _text(names: list[str], without: Run, with_it: Run, found: list[Difference]) -> str:
    lines = [_line("without", without), f"{_line('with', with_it)} ({', '.join(names)})"]
    if not found:
        return "\n".join([*lines, "Every exception is the same."])
    body = Report(None, table(HEADERS, [_row(difference) for difference in found])).render().rstrip()
    counts = Counter(text for difference in found if (text := _amendment(difference)))
    return "\n".join(
        [*lines, f"{len(found)} exceptions differ:", body, *(f"{n:>5}  {text}" for text, n in counts.items())]
    )


def _line(label: str, run: Run) -> str:
    trapped, paid = run.paid
    done = f"{len(run.records)} traps in {run.cycles:,} cycles: {run.ending}"
    return f"{label:8} {done}; {trapped} refused instructions of guests cost {paid:,} instructions"


def _row(difference: Difference) -> list[str]:
    record = difference.first or difference.second
    assert record is not None
    what = instruction(record.instruction, record.pc) if record.instruction else "(a fetch)"
    sides = [_what(difference.first), _what(difference.second)]
    return [f"{record.hart}", record.source.label, f"{record.pc:#x}", what, *sides, _amendment(difference)]


def _what(record: TrapRecord | None) -> str:
    """The exception, and the mode that took it where it is not the usual one."""
    if record is None:
        return "-"
    return cause_name(record.cause) + ("" if record.target is Mode.HS else f" to {record.target.label}")


def _amendment(difference: Difference) -> str:
    """What later changed the list of virtual instructions so."""
    one, other = difference.first, difference.second
    record = one or other
    assert record is not None
    found = amendment(record.source, one.reason if one else Reason.NONE, other.reason if other else Reason.NONE)
    return found.value if found else ""


def _json(names: list[str], without: Run, with_it: Run, found: list[Difference]) -> str:
    pairs = [
        {
            "without": record_json(pair.first) if pair.first else None,
            "with": record_json(pair.second) if pair.second else None,
            "amendment": _amendment(pair),
        }
        for pair in found
    ]
    runs = {"without": _run_json(without), "with": _run_json(with_it)}
    return json.dumps({"proposals": names, "runs": runs, "differences": pairs})


def _run_json(run: Run) -> dict[str, object]:
    trapped, paid = run.paid
    return {
        "traps": len(run.records),
        "cycles": run.cycles,
        "ending": run.ending,
        "refused_instructions": trapped,
        "instructions_until_return": paid,
        "timer_latency": latency_data(run.machine),
    }
