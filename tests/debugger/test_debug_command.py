"""``hartbreak debug``: the server and gdb as one command."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from tests.debugger.conftest import GUESTS
from tests.tools import GDB, needed

PATIENCE = 60  # seconds


def debug(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gdbstub", "debug", "--uart", "none", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
    )


def test_gdb_comes_connected_with_symbols() -> None:
    needed(GDB)
    done = debug(
        str(GUESTS / "loop.elf"), "--", "-nx", "-batch", "-ex", "break tick", "-ex", "continue", "-ex", "print counter"
    )
    assert "Breakpoint 1, tick (step" in done.stdout
    assert "$1 = 0" in done.stdout
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_gdbs_arguments_and_status_go_through(tmp_path: Path) -> None:
    """A stand-in for gdb writes down how it was called, and fails."""
    fake, called = tmp_path / "my-gdb", tmp_path / "called"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {called}\nexit 9\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    done = debug("--gdb", str(fake), str(GUESTS / "loop.elf"), "--", "-ex", "break main")
    words = called.read_text().splitlines()
    assert done.returncode == 9
    assert str(GUESTS / "loop.elf") in words
    assert any(word.startswith("target remote 127.0.0.1:") for word in words)
    assert words[-2:] == ["-ex", "break main"]


def test_a_gdb_that_is_not_there_is_one_sentence() -> None:
    done = debug("--gdb", "no-such-gdb", str(GUESTS / "loop.elf"))
    assert done.returncode == 2 or done.returncode == 1
    assert "there is no no-such-gdb; install it with" in done.stderr
    assert "Traceback" not in done.stderr
