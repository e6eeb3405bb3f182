"""What users' own scripts and tests import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gdbstub.scripting import Gdb, GdbError, Prompt
from tests.debugger.conftest import GUESTS, ROOT
from tests.tools import GDB, needed

USERS_TEST = """
def test_of_a_user(hartbreak_session):
    session = hartbreak_session({guest!r}, "--harts", "2")
    session.run("stepi")
    assert session.value("$mhartid") == "0"
    assert session.command("info threads").count("hart") == 2
"""


def test_the_fixture_gives_sessions(hartbreak_session: Callable[..., Prompt]) -> None:
    session = hartbreak_session(GUESTS / "hello.elf", gdb=needed(GDB))
    assert "exited normally" in session.run("continue")
    assert session.server.uart == "hello from M-mode\n"


def test_the_plugin_serves_a_users_test(tmp_path: Path) -> None:
    needed(GDB)
    (tmp_path / "test_user.py").write_text(USERS_TEST.format(guest=os.fspath(GUESTS / "two_harts.elf")))
    quiet = ("-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *quiet, "test_user.py"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.fspath(ROOT)}, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_gdb_that_is_missing_is_named() -> None:
    with pytest.raises(GdbError, match="there is no no-such-gdb on this machine; install it with"):
        Gdb(gdb="no-such-gdb")


def test_a_guest_that_does_not_stop_is_an_error_in_time(hartbreak_session: Callable[..., Prompt]) -> None:
    session = hartbreak_session(GUESTS / "loop.elf", gdb=needed(GDB))
    session.start()
    session.timeout = 1
    with pytest.raises(GdbError, match="the program did not stop within 1 seconds"):
        session.wait()
    session.timeout = 30
    session.interrupt()
    assert session.stop["signal-name"] == "SIGINT"
