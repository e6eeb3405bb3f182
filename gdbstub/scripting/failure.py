"""What a failed test leaves: where its machine stands, in the report, and a bundle where one is asked for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from gdbstub.scripting.boot import Setup
from gdbstub.scripting.bundle import write_bundle
from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.report import standing
from gdbstub.scripting.verbs import Debugger
from machine.machine import Machine

__all__ = ["Evidence", "plain"]


@dataclass(frozen=True)
class Evidence:
    """A machine that a test has.

    Attributes:
        title: of its section in the report.
        machine: the machine itself, or None where it is another process's.
    """

    title: str
    session: Debugger
    setup: Setup
    machine: Machine | None

    @property
    def console(self) -> str:
        """What the guest has written, as the session or its server knows it."""
        server = getattr(self.session, "server", None)
        return str(getattr(self.session, "console", getattr(server, "uart", "")))

    def tell(self, report: pytest.TestReport, nodeid: str, why: str, folder: Path | None) -> None:
        """Add what there is to tell to a report; write a bundle if there is a folder for it."""
        try:
            text = standing(self.session, self.console, self.setup.harts)
        except ScriptingError as error:
            text = error.message
        report.sections.append((f"hartbreak: {self.title}", text))
        if folder is not None and self.machine is not None:
            report.sections.append(self._bundle(self.machine, folder / f"{plain(nodeid)}.zip", f"{nodeid}: {why}"))

    def _bundle(self, machine: Machine, path: Path, why: str) -> tuple[str, str]:
        try:
            write_bundle(path, self.setup, machine, hart=self.session.hart, why=why, console=self.console)
        except ScriptingError as error:
            return "hartbreak: no bundle", error.message
        return "hartbreak: open this moment again", f"hartbreak replay {os.path.relpath(path)}"


def plain(name: str) -> str:
    """As a file's name."""
    return re.sub(r"[^\w.\[\]-]+", "_", name).strip("_")
