"""``hartbreak gdb-script``: where the file is that gdb sources."""

from __future__ import annotations

from pathlib import Path

import click

import gdbstub

__all__ = ["GDB_SCRIPT", "gdb_script_command"]

GDB_SCRIPT = Path(gdbstub.__file__).parent / "gdb_side" / "hartbreak.py"
"""Loads hv commands and the rest into gdb; imports nothing of ours."""


@click.command("gdb-script")
def gdb_script_command() -> None:
    """Print the path of a file that gives gdb more: hv commands, $gva and $gpa, a prompt, a window "hypervisor".

    \b
    gdb-multiarch -ex "source $(hartbreak gdb-script)" kernel.elf

    hartbreak debug loads it by itself. The server may be on another computer, of this file's whole folder only gdb's
    has need.
    """
    click.echo(GDB_SCRIPT)
