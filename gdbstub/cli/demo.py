"""``hartbreak demo``: the guided session."""

from __future__ import annotations

import click
from rich.console import Console

from gdbstub.demo.play import interactive, play
from gdbstub.scripting import GdbError
from machine.config import Config
from machine.engines import AUTO, make_engine

__all__ = ["demo_command"]


@click.command("demo")
@click.option("--interactive", "hand_over", is_flag=True, help="Hand gdb's prompt over instead of playing the story.")
@click.option("--gdb", "gdb_path", metavar="PATH", help="The gdb to use; default gdb-multiarch.")
def demo_command(hand_over: bool, gdb_path: str | None) -> int:
    """Watch a stock gdb debug the hypervisor that we ship: its V bit, its traps, their reasons, both page walks."""
    make_engine(AUTO, Config(), lambda line: click.echo(f"hartbreak: {line}", err=True))  # the servers are quiet
    try:
        if hand_over:
            return interactive(gdb_path)
        play(Console(), gdb_path)
    except GdbError as error:
        raise click.ClickException(str(error)) from error
    return 0
