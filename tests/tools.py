"""Programs that a test cannot do without: one that is missing fails the test with the command that installs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

__all__ = ["GDB", "LLDB", "OPENSBI", "needed", "needed_file"]

GDB, LLDB = "gdb-multiarch", "lldb-19"
OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf"
PACKAGES = {GDB: "gdb-multiarch", LLDB: "lldb-19", OPENSBI: "opensbi", "qemu-system-riscv64": "qemu-system-misc"}
"""Debian's package for each."""


def needed(program: str) -> str:
    """Where the program is; fails the test when it is nowhere."""
    found = shutil.which(program)
    return found or _missing(program)


def needed_file(path: str) -> Path:
    """The file; fails the test when there is none."""
    return Path(path) if Path(path).exists() else Path(_missing(path))


def _missing(what: str) -> str:
    pytest.fail(f"{what} is not on this machine; install it with: sudo apt-get install {PACKAGES.get(what, what)}")
