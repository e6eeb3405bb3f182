"""``hartbreak lockstep``: this machine and another one side by side, until they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdbstub.cli.computer import build
from gdbstub.cli.line import open_line, while_read
from gdbstub.cli.options import FILE, MachineOptions, machine_options
from machine.engines import AUTO

if TYPE_CHECKING:
    from gdbstub.scripting.direct import DirectSession
    from gdbstub.scripting.symbols import Symbols
    from gdbstub.second_opinion.comparison import Result
    from gdbstub.second_opinion.ignored import Ignored

__all__ = ["lockstep_command"]

DIFFERENT = 5
"""As ``hartbreak run`` ends when its two engines differ."""
DEFAULT_LIMIT = 100_000


def peer(context: click.Context, parameter: click.Parameter, text: str) -> str:
    """HOST:PORT of ``tcp:HOST:PORT``; the word tcp may be left out. Raises BadParameter."""
    host, colon, port = text.removeprefix("tcp:").rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise click.BadParameter(f"{text!r} is no target; write it like tcp:localhost:1234")
    return f"{host}:{port}"


@click.command("lockstep")
@click.argument("image", type=FILE)
@click.option("--against", callback=peer, required=True, metavar="tcp:HOST:PORT", help="The other machine's server.")
@click.option("--from", "begin", metavar="PLACE", help="Symbol, FILE:LINE or address that both run to first.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="NAME|@FILE",
    help="What may differ: a register, a CSR's field as in hstatus.GVA, 'memory', either with 'at' and instructions "
    "('mstatus.MPRV at mret'), or a file with one per line. Repeatable.",
)
@click.option("--max-instructions", type=click.IntRange(min=1), default=DEFAULT_LIMIT, show_default=True, metavar="N")
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Compare every register behind N instructions, traps and system instructions; else what changed.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=30, show_default=True, help="Seconds for an answer.")
@machine_options
def lockstep_command(
    options: MachineOptions,
    against: str,
    begin: str | None,
    ignore: tuple[str, ...],
    max_instructions: int,
    every: int,
    timeout: float,
) -> int:
    """Step IMAGE here and on another machine that holds it already, and stop at the first difference.

    The other machine is whatever speaks gdb's remote protocol: QEMU's stub, Spike behind OpenOCD, a board. Compared are
    x, pc and f, the CSRs that both describe, and the memory that stores write. At the start the registers here
    become those there; what counters and devices answer is taken over from there. Exit status 5 for a difference.

    \b
    qemu-system-riscv64 -M virt -cpu rv64,h=true -bios none -kernel guest.elf -S -gdb tcp::1234 &
    hartbreak lockstep guest.elf --against tcp:localhost:1234
    hartbreak lockstep guest.elf --against tcp:localhost:1234 --from main --ignore @known.txt --json
    """
    from gdbstub.scripting.direct import DirectSession
    from gdbstub.scripting.symbols import Program, Symbols
    from gdbstub.second_opinion.ignored import Ignored

    if options.harts != 1 or options.engine not in (AUTO, "reference"):
        raise click.UsageError("lockstep steps one hart with the reference engine: leave --harts and --engine out")
    with _refusals_told(), open_line(options.uart, reads=False, stdout_taken=True, quiet=options.quiet) as line:
        ignored = Ignored.of(ignore)
        computer = build(replace(options, engine="reference"), while_read(line.write))
        symbols = Symbols([Program(Path(image.name), image=image) for image in computer.boot.images])
        session = DirectSession.of(computer.machine, symbols, computer.console, timeout)
        result = _compare(session, against, begin, ignored, max_instructions, every)
    _tell(result, symbols, options.json)
    return DIFFERENT if result.difference else 0


@contextmanager
def _refusals_told() -> Iterator[None]:
    from gdbstub.scripting.errors import ScriptingError

    try:
        yield
    except ScriptingError as error:
        raise click.ClickException("; ".join(part.strip() for part in str(error).splitlines())) from error


def _compare(
    session: DirectSession, against: str, begin: str | None, ignored: Ignored, limit: int, every: int
) -> Result:
    from gdbstub.second_opinion.comparison import Comparison
    from gdbstub.second_opinion.here import Here
    from gdbstub.second_opinion.peer import Peer

    place = None if begin is None else session.address(begin)
    with closing(Peer(against, session.timeout)) as other:
        if place is not None:
            session.until(place)
        other.bring_to(session.pc)
        return Comparison(Here(session), other, ignored, every).run(limit)


def _tell(result: Result, symbols: Symbols, as_json: bool) -> None:
    from gdbstub.second_opinion.told import result_json, result_text

    click.echo(json.dumps(result_json(result, symbols)) if as_json else result_text(result, symbols), nl=as_json)
