"""A page of the guide: its fenced blocks, and what carries each out in a folder of the page's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from gdbstub.cli.gdb_script import GDB_SCRIPT
from gdbstub.scripting import Prompt
from tests.tools import GDB, needed

__all__ = ["Block", "Reader", "blocks"]

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNS = ("continue", "stepi", "step", "next", "finish", "until")
PATIENCE = 250  # seconds
SHIM = '#!/bin/sh\nexec {python} {words} "$@"\n'


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind that, its text, its line in the page."""

    language: str
    argument: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """In order."""
    found = FENCE.finditer(page)
    return [Block(one[1], one[2], one[3], page.count("\n", 0, one.start()) + 1) for one in found]


def dialogue(text: str, prompt: str) -> Iterator[tuple[str, str]]:
    """What is typed behind a prompt, each with what is shown below it."""
    for part in re.split(rf"^{re.escape(prompt)}", text, flags=re.MULTILINE)[1:]:
        typed, _, shown = part.partition("\n")
        yield typed, shown


def shows(said: str, shown: str) -> bool:
    """Whether a block shows what was said: ``...`` stands for anything, and what is around is left out."""
    tidy = "\n".join(line.rstrip() for line in said.splitlines())
    pattern = ".*?".join(map(re.escape, shown.strip().split("...")))
    return re.search(pattern, tidy, re.DOTALL) is not None


class Reader:
    """Somebody who follows a page, in an empty folder with hartbreak installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prompt: Prompt | None = None
        self._printed = ""
        self._environment = self._install(folder / ".venv")

    def follow(self, block: Block) -> None:
        """Carry out one block. Raises AssertionError when something else is shown."""
        getattr(self, f"_{block.language}")(block)

    def close(self) -> None:
        """End gdb, if a block has started one."""
        if self._prompt is not None:
            self._prompt.close()

    def _install(self, where: Path) -> dict[str, str]:
        """Commands that run this checkout."""
        where.mkdir()
        installed = any(entry.name == "hartbreak" for entry in entry_points(group="pytest11"))
        plugin = "" if installed else "-p gdbstub.scripting.plugin"
        pytest = f"-m pytest -p no:cacheprovider {plugin}"
        for name, words in {"python": "", "hartbreak": "-m gdbstub", "pytest": pytest}.items():
            (where / name).write_text(SHIM.format(python=sys.executable, words=words))
            (where / name).chmod(0o755)
        path = os.pathsep.join([str(where), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def _run(self, *command: str) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, timeout=PATIENCE
        )
        return done.returncode, done.stdout + done.stderr

    def _sh(self, block: Block) -> None:
        for typed, shown in dialogue(block.text, "$ "):
            status, said = self._run("bash", "-c", typed)
            assert shown or status == 0, f"line {block.line}, {typed}: status {status}\n{said}"
            assert shows(said, shown), f"line {block.line}, {typed}:\n{said}"

    def _gdb(self, block: Block) -> None:
        if block.argument:
            self._debug(block.argument)
        assert self._prompt is not None, f"line {block.line}: the first gdb block names an image"
        for typed, shown in dialogue(block.text, "(gdb) "):
            runs = typed.split()[0] in RUNS
            said = self._prompt.run(typed) if runs else self._prompt.command(typed)
            assert shows(said, shown), f"line {block.line}, {typed}:\n{said}"

    def _debug(self, image: str) -> None:
        """As ``hartbreak debug`` does."""
        self.close()
        self._prompt = Prompt(self._folder / image, "--engine", "reference", gdb=needed(GDB))
        self._prompt.command(f"source {GDB_SCRIPT}")

    def _pytest(self, block: Block) -> None:
        (self._folder / block.argument).write_text(block.text)

    def _python(self, block: Block) -> None:
        status, self._printed = self._run(sys.executable, "-c", block.text)
        assert status == 0, f"line {block.line}:\n{self._printed}"

    def _output(self, block: Block) -> None:
        assert shows(self._printed, block.text), f"line {block.line}:\n{self._printed}"
