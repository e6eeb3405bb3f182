"""Who runs the workloads: the command lines of hartbreak and of QEMU."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from machine.engines import ENGINES

__all__ = ["CACHE", "ENGINES", "Contestant", "Hartbreak", "Qemu", "environment", "rival"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hartbreak" / "bench"
"""Where built workloads and compiled Python modules stay between runs."""

QEMU = "qemu-system-riscv64"
MEMORY = "256M"


@dataclass(frozen=True)
class Hartbreak:
    """The product's own command line, with one engine."""

    engine: str

    @property
    def name(self) -> str:
        """As the tables call it."""
        return f"hartbreak ({self.engine})"

    def run(self, image: Path, profile: Path | None = None) -> list[str]:
        """Run an image with its UART on stdout; with `profile`, leave cProfile's statistics there."""
        return [*self._python(profile), "run", *self._options(), "--uart", "stdio", str(image)]

    def serve(self, image: Path, profile: Path | None = None) -> list[str]:
        """Serve one debugger at a free port, which one line of JSON on stdout tells."""
        return [
            *self._python(profile),
            "serve",
            "--once",
            "--json",
            "--port",
            "0",
            *self._options(),
            "--uart",
            "none",
            str(image),
        ]

    def _python(self, profile: Path | None) -> list[str]:
        watched = ["-m", "cProfile", "-o", str(profile)] if profile else []
        return [sys.executable, *watched, "-m", "gdbstub"]

    def _options(self) -> list[str]:
        return ["--quiet", "--firmware", "none", "--memory", MEMORY, "--engine", self.engine]


@dataclass(frozen=True)
class Qemu:
    """The distribution's emulator, on the same board."""

    program: str
    name: str = "QEMU"

    def run(self, image: Path) -> list[str]:
        """Run an image with its UART on stdout."""
        return [*self._machine(), "-serial", "stdio", "-kernel", str(image)]

    def serve(self, image: Path, port: int) -> list[str]:
        """Serve debuggers at ``port``; the machine stands still at first."""
        return [*self._machine(), "-serial", "null", "-S", "-gdb", f"tcp:127.0.0.1:{port}", "-kernel", str(image)]

    def _machine(self) -> list[str]:
        board = ["-M", "virt", "-cpu", "rv64,h=true,sstc=true", "-m", MEMORY, "-bios", "none"]
        return [self.program, *board, "-display", "none", "-monitor", "none"]


Contestant = Hartbreak | Qemu


def environment() -> dict[str, str]:
    """For both: Python may keep its compiled modules, as it does where hartbreak is installed, but not in this tree."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(CACHE / "pycache")}


def rival() -> Qemu:
    """The installed QEMU. Raises ClickException that says how to get it."""
    program = shutil.which(QEMU)
    if program is None:
        raise click.ClickException(
            f"there is no {QEMU} to compare with; install it with: apt-get install qemu-system-misc, "
            "or measure hartbreak alone with --alone"
        )
    return Qemu(program)
