"""``hartbreak trace``: each step of a guest in a file; ``hartbreak trace diff``: where two of them part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gdbstub.cli.computer import build
from gdbstub.cli.line import open_line, while_read
from gdbstub.cli.options import FILE, MachineOptions, machine_options
from machine.errors import MachineError

__all__ = ["trace_command"]

DIFFERENT = 1


class Recording(click.Group):
    """A group whose first word may be an image: to record is what the command is for."""

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        if args and args[0] in self.commands:
            return super().resolve_command(context, args)
        return "record", self.commands["record"], args

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        args = args or ["--help"]
        own = args[0] in self.commands or args[0] in ("--help", "-h")
        return super().parse_args(context, args if own else ["record", *args])


@click.group("trace", cls=Recording)
def trace_command() -> None:
    """Record each step of a guest, and compare two records.

    A line is one instruction: hart, mode, pc, bits, text, and the registers that it changed. The same guest on the
    same machine gives the same lines, on either engine.

    \b
    hartbreak trace hypervisor.elf --until vm_exit -o good.trace
    hartbreak trace diff good.trace new.trace --symbols hypervisor.elf
    """


@trace_command.command("record")
@click.argument("image", required=False, type=FILE)
@click.option("--until", metavar="PLACE", help="Symbol, FILE:LINE or address to stop before; default: the run's end.")
@click.option("--output", "-o", type=FILE, metavar="FILE", help="Where to write; default: stdout.")
@click.option("--max-instructions", type=click.IntRange(min=1), default=10_000_000, show_default=True, metavar="N")
@machine_options
def record_command(options: MachineOptions, until: str | None, output: Path | None, max_instructions: int) -> int:
    """Record IMAGE from reset; the default of "hartbreak trace"."""
    from gdbstub.scripting.direct import DirectSession
    from gdbstub.scripting.errors import ScriptingError
    from gdbstub.scripting.golden import record
    from gdbstub.scripting.symbols import Program, Symbols

    with open_line(options.uart, reads=False, stdout_taken=output is None, quiet=options.quiet) as line:
        computer = build(options, while_read(line.write))
        symbols = Symbols([Program(Path(image.name), image=image) for image in computer.boot.images])
        session = DirectSession.of(computer.machine, symbols, computer.console)
        try:
            text = record(session, until, max_instructions).text
        except ScriptingError as error:
            raise click.ClickException(str(error)) from error
    _write(text, output)
    return 0


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text)
    except OSError as error:
        raise MachineError(f"cannot write {output}: {error.strerror}; choose another --output") from error


@trace_command.command("diff")
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.option(
    "--symbols", "images", type=FILE, multiple=True, metavar="ELF", help="Names and source lines. Repeatable."
)
def diff_command(first: Path, second: Path, images: tuple[Path, ...]) -> int:
    """Show the first step in which two traces differ; exit status 1 when there is one."""
    from gdbstub.scripting.errors import ScriptingError
    from gdbstub.scripting.golden import Trace, compare
    from gdbstub.scripting.symbols import Symbols

    try:
        difference = compare(Trace.load(first), Trace.load(second), Symbols.of(images))
    except ScriptingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(difference or "the traces are the same, step for step")
    return DIFFERENT if difference else 0
