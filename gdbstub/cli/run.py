"""``hartbreak run``: to the end, without a debugger."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from gdbstub.cli.computer import Computer, build, dump_tree, open_output
from gdbstub.cli.drive import Advance, Drive, tracing
from gdbstub.cli.line import open_line
from gdbstub.cli.options import FILE, MachineOptions, machine_options
from gdbstub.cli.outcome import Outcome
from gdbstub.cli.progress import Progress
from gdbstub.riscv.divergence import divergence_text
from machine.board.image import Image
from machine.observe.signature import GRANULARITIES, signature
from machine.observe.trace import Tracer
from machine.startup.mailbox import physical

__all__ = ["run_command"]

STDOUT = Path("-")


@click.command("run")
@click.argument("image", required=False, type=FILE)
@click.option(
    "--max-instructions",
    type=click.IntRange(min=0),
    metavar="N",
    help="Give up after N cycles of all harts: instructions tried, interrupts taken, waiting beside a hart that runs.",
)
@click.option("--signature", "signature_file", type=FILE, help="Write memory from begin_signature to end_signature.")
@click.option(
    "--signature-granularity",
    type=click.Choice([str(n) for n in GRANULARITIES]),
    default="4",
    show_default=True,
    help="Bytes per line of the signature.",
)
@click.option("--trace", type=FILE, help="Write a line per instruction and per trap; - is stdout. Slow.")
@machine_options
def run_command(
    options: MachineOptions,
    max_instructions: int | None,
    signature_file: Path | None,
    signature_granularity: str,
    trace: Path | None,
) -> int:
    """Run IMAGE, an ELF64 for RISC-V or raw bytes with --load, until it ends the run.

    It ends by the test finisher at 0x100000 (0x5555 passes, 0x3333 fails, 0x7777 restarts the machine), by HTIF
    (symbols tohost and fromhost), or by SBI's system reset.

    \b
    hartbreak run kernel.elf
    hartbreak run --firmware fw_jump.elf kernel.elf
    hartbreak run --load 0x80000000 --memory 64M program.bin
    hartbreak run --max-instructions 5000000 --signature out.sig test.elf
    hartbreak run --uart none --trace - program.elf | head
    hartbreak run --json --harts 2 program.elf

    \b
    Exit status:
      0    the guest passed
      n    the guest's code, 1 to 255; 1 for a code that does not fit
      2    the command line, or a file that it names, is wrong
      3    --max-instructions is used up
      4    every hart waits for an interrupt that nothing will raise
      5    --engine lockstep found a difference, which is reported
      130  Ctrl-C
    A guest's own code may be 2, 3, 4, 5 or 130 too: --json tells them apart ("result").
    """
    if options.dump_dtb is not None:
        dump_tree(options)
        return 0
    progress = Progress(wanted=not options.quiet)
    with ExitStack() as stack:
        stack.callback(progress.hide)
        taken = options.json or trace == STDOUT
        line = stack.enter_context(open_line(options.uart, reads=True, stdout_taken=taken, quiet=options.quiet))

        def output(data: bytes) -> None:
            progress.hide()
            line.write(data)

        computer = build(options, output)
        bounds = _signature_bounds(computer.image) if signature_file is not None else None
        signature_sink = _sink(stack, signature_file, "--signature")
        advance: Advance = computer.machine.run
        if (trace_sink := _sink(stack, trace, "--trace")) is not None:
            advance = tracing(computer.machine, Tracer(computer.machine.harts, trace_sink.write))
        drive = Drive(computer, line, limit=max_instructions, advance=advance, tick=progress.tick)
        outcome = drive.run()
        if signature_sink is not None and bounds is not None:
            lines = signature(computer.machine.ram, *bounds, int(signature_granularity))
            signature_sink.writelines(f"{word}\n" for word in lines)
    _report(options, computer, outcome)
    return outcome.status


def _signature_bounds(image: Image) -> tuple[int, int]:
    return physical(image, "begin_signature"), physical(image, "end_signature")


def _sink(stack: ExitStack, path: Path | None, option: str) -> IO[str] | None:
    """A text file that is closed with the run; stdout for ``-``."""
    descriptor = os.dup(1) if path == STDOUT else open_output(path, option)
    return None if descriptor is None else stack.enter_context(open(descriptor, "w", buffering=1 << 16))


def _report(options: MachineOptions, computer: Computer, outcome: Outcome) -> None:
    if options.json:
        about = {"image": computer.image.name, "firmware": computer.firmware, "harts": options.harts}
        click.echo(json.dumps({**about, **outcome.report()}))
    if outcome.divergence is not None:
        click.echo(divergence_text(outcome.divergence), err=True, nl=False)
    if not options.quiet or outcome.finish is None:
        click.echo(f"hartbreak: {outcome.sentence}", err=True)
