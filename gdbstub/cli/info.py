"""``hartbreak info``: what the machine is, printed from the tables that it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gdbstub.cli.facts import choices, csrs, extensions, instructions, traps
from gdbstub.monitor import Report
from machine.config import DEFAULT_ISA, parse_isa

__all__ = ["info_command"]

isa_option = click.option(
    "--isa", default=DEFAULT_ISA, show_default=True, metavar="STRING", help="Of a machine with these extensions."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")


def say(report: Report, as_json: bool) -> None:
    click.echo(report.as_json() if as_json else report.render(), nl=False)


@click.group("info")
def info_command() -> None:
    """What the machine implements, from its own tables.

    \b
    hartbreak info isa             every extension, and which are part of the machine
    hartbreak info isa Zbb Zicond  the instructions of some
    hartbreak info csr hstatus     a register's fields and what each may hold
    hartbreak info traps           causes and the order of interrupts
    hartbreak info choices         what the manual leaves open, and what is done here
    """


@info_command.command("isa")
@click.argument("names", nargs=-1, metavar="[EXTENSION ...]")
@isa_option
@json_option
def isa_command(names: tuple[str, ...], isa: str, as_json: bool) -> None:
    """The extensions; with names of some, their instructions."""
    of = parse_isa(isa)
    say(instructions(names) if names else extensions(of), as_json)


@info_command.command("csr")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@isa_option
@json_option
def csr_command(names: tuple[str, ...], isa: str, as_json: bool) -> None:
    """The control and status registers; with names of some, their fields."""
    say(csrs(names, parse_isa(isa)), as_json)


def plain(name: str, make: Callable[[], Report], summary: str) -> None:
    @info_command.command(name, help=summary)
    @json_option
    def command(as_json: bool, **_: Any) -> None:
        say(make(), as_json)


plain("traps", traps, "Exceptions, interrupts by priority, and the rules that traps are explained by.")
plain("choices", choices, "What the manual leaves to the implementation, and what this one does.")
