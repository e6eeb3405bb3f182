"""Plays the story: a server of ours, a real gdb in front of it, and a narrator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from gdbstub.demo.story import STORY, Scene
from gdbstub.scripting import Gdb, GdbError, find_gdb

__all__ = ["GUEST", "interactive", "play"]

PACKAGE = Path(__file__).parent.parent
GUEST = PACKAGE / "guests" / "hypervisor.elf"
SOURCES = PACKAGE.parent / "scripts" / "guests"
"""The guests' sources: beside the package in a checkout, absent from an installation."""
LAST_LINES = 6


@contextmanager
def served(uart: str) -> Iterator[int]:
    """The port of a server in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "gdbstub", "serve", os.fspath(GUEST), "--port", "0", "--json", "--quiet"]
    with subprocess.Popen([*command, "--uart", uart], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if not line:
                raise GdbError(f"the server ended at once with status {server.wait()}; its words are above")
            yield json.loads(line)["port"]
        finally:
            server.terminate()


def play(console: Console, gdb_path: str | None = None) -> None:
    """The whole story on ``console``. Raises GdbError when there is no gdb, or it refuses something."""
    find_gdb(gdb_path)
    console.print("[bold]hartbreak[/]: a stock gdb in front of a RISC-V hypervisor with two guests\n")
    with tempfile.TemporaryDirectory() as folder:
        uart = Path(folder) / "uart"
        with served(f"file:{uart}") as port, Gdb(os.fspath(GUEST), gdb_path, timeout=120) as gdb:
            if SOURCES.is_dir():
                gdb.command(f"directory {SOURCES}")
            _type(console, gdb, f"target remote :{port}")
            for scene in STORY:
                _show(console, gdb, scene)
        console.print("\n[bold]The guest's last words on its UART:[/]")
        for line in uart.read_text(errors="replace").splitlines()[-LAST_LINES:]:
            console.print(f"  {escape(line)}", highlight=False)
    console.print("\nYour turn: [bold]hartbreak demo --interactive[/], or [bold]hartbreak debug[/] your own image.")


def _show(console: Console, gdb: Gdb, scene: Scene) -> None:
    console.print()
    console.rule(f"[bold]{escape(scene.title)}[/]", align="left")
    console.print(f"[italic]{escape(scene.words)}[/]")
    for command in scene.commands:
        _type(console, gdb, command)


def _type(console: Console, gdb: Gdb, command: str) -> None:
    console.print(f"[bold cyan](gdb)[/] [bold]{escape(command)}[/]", highlight=False)
    said = gdb.run(command) if Scene.runs(command) else gdb.command(command)
    for line in said.splitlines():
        if line.strip():
            console.print(escape(line), highlight=False, soft_wrap=True)


def interactive(gdb_path: str | None = None) -> int:
    """Hand gdb's own prompt to the person, connected, a breakpoint set; gives gdb's exit status. Raises GdbError."""
    found = find_gdb(gdb_path)
    hints = (
        "Try: continue, stepi, print $hstatus, monitor why, monitor walk 0x40200000 --as VS, monitor help\\n",
        "The guest's console is in the file named above.\\n",
    )
    with tempfile.TemporaryDirectory() as folder:
        uart = Path(folder) / "uart"
        with served(f"file:{uart}") as port:
            commands = [f"directory {SOURCES}"] if SOURCES.is_dir() else []
            commands += [f"target remote :{port}", "break vs_sret_vtsr", f"echo UART: {uart}\\n"]
            commands += [f"echo {hint}" for hint in hints]
            typed = [word for command in commands for word in ("-ex", command)]
            return subprocess.run([found, "-q", os.fspath(GUEST), *typed], check=False).returncode
