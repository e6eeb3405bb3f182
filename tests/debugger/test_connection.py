"""Debuggers that come, go, vanish, end the program and begin it again."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from gdbstub.scripting import Gdb, GdbError, Prompt, Server, ServerError
from tests.debugger.conftest import GUESTS, TIMEOUT, Again
from tests.tools import GDB, needed

LOOP = GUESTS / "loop.elf"


def another() -> Gdb:
    return Gdb(os.fspath(LOOP), needed(GDB), timeout=TIMEOUT)


def test_detach_and_reconnect_keeps_the_state(loop: Prompt) -> None:
    loop.command("break tick if step == 3")
    loop.run("continue")
    loop.command("set $t6 = 4711")
    before = [loop.value(name) for name in ("counter", "(long)$pc", "$t6", "$minstret", "$mcycle")]
    assert "detached" in loop.command("detach")
    loop.connect()
    assert [loop.value(name) for name in ("counter", "(long)$pc", "$t6", "$minstret", "$mcycle")] == before
    loop.run("continue")
    assert loop.value("counter") == "9"  # three turns on: gdb has put its breakpoint in again


def test_a_breakpoint_goes_with_its_debugger(loop: Prompt) -> None:
    loop.command("break tick")
    loop.command("set breakpoint always-inserted on")
    loop.command("detach")
    loop.command("set breakpoint always-inserted off")
    loop.command("delete")
    loop.connect()
    loop.start()
    time.sleep(0.05)
    loop.interrupt()
    assert loop.stop["signal-name"] == "SIGINT"


def test_kill_and_run_begin_again(loop: Prompt) -> None:
    loop.command("break tick if counter > 5")
    loop.run("continue")
    assert "killed" in loop.command("kill")
    with pytest.raises(GdbError, match="not being run"):
        loop.command("continue")
    loop.run("run")
    assert loop.value("counter") == "6"
    assert loop.stop["frame"]["func"] == "tick"


def test_run_without_kill_begins_again(loop: Prompt) -> None:
    loop.command("tbreak tick if counter > 5")
    loop.run("continue")
    loop.run("starti")
    assert loop.value("counter") == "0"
    assert loop.command("info symbol $pc").startswith("_start in")


@pytest.mark.parametrize(
    ("guest", "reason", "code", "printed"),
    [
        ("hello", "exited-normally", None, "hello from M-mode"),
        ("fail", "exited", "07", "this program fails with code 7"),
        ("htif", "exited", "03", "written by the host's write call"),
        ("worlds", "exited-normally", None, "M: back from VU"),
    ],
)
def test_a_guest_that_powers_off_has_exited(
    again: Again, guest: str, reason: str, code: str | None, printed: str
) -> None:
    session = again(guest)
    said = session.run("continue")
    assert session.stop["reason"] == reason
    assert session.stop.get("exit-code") == code
    assert ("exited normally" if code is None else f"exited with code {code}") in said
    assert printed in session.server.uart
    with pytest.raises(GdbError):
        session.command("continue")
    session.run("starti")
    assert session.command("info symbol $pc").startswith("_start in")


def test_a_second_debugger_is_told_and_the_first_does_not_notice(loop: Prompt) -> None:
    with another() as second:
        with pytest.raises(GdbError, match="another debugger is connected"):
            second.command(f"target remote :{loop.server.port}")
        loop.run("stepi")
        assert loop.stop["reason"] == "end-stepping-range"


def test_a_debugger_killed_while_the_guest_runs_leaves_it_halted(loop: Prompt) -> None:
    loop.command("disconnect")
    victim = another()
    try:
        victim.command(f"target remote :{loop.server.port}")
        victim.command("break unexpected_trap")
        victim.command("set $t6 = 77")
        victim.start()
        time.sleep(0.05)
        os.kill(victim.pid, signal.SIGKILL)
    finally:
        victim.close()
    loop.connect()
    first = int(loop.value("counter"))
    assert first > 0
    assert loop.value("$t6") == "77"
    time.sleep(0.05)
    loop.command("maintenance flush register-cache")
    assert int(loop.value("counter")) == first
    loop.command("watch counter")
    loop.run("continue")
    assert int(loop.value("counter")) == first + int(loop.value("step"))


def test_a_debugger_that_leaves_while_the_guest_runs(loop: Prompt) -> None:
    """gdb's `disconnect` and its end send no packet: the connection closes."""
    loop.command("disconnect")
    loop.connect()
    assert loop.stop
    assert loop.command("info threads").count("hart 0") == 1


def test_once_ends_with_the_first_debugger() -> None:
    with Server(LOOP, "--once") as server:
        with Gdb(os.fspath(LOOP), needed(GDB), timeout=TIMEOUT) as gdb:
            gdb.command(f"target remote :{server.port}")
            gdb.command("detach")
        assert server.wait() == 0
        assert server.errors == ""


def test_a_busy_port_and_a_wrong_image_are_one_sentence(loop: Prompt) -> None:
    with pytest.raises(ServerError, match=rf"cannot listen on port {loop.server.port} .*in use"):
        Server(LOOP, "--port", str(loop.server.port))
    with pytest.raises(ServerError) as refused:
        Server(__file__)
    assert len(str(refused.value).splitlines()) <= 4
    assert "Traceback" not in str(refused.value)


def test_the_server_ends_politely(loop: Prompt) -> None:
    server = Server(LOOP)
    os.kill(server.pid, signal.SIGTERM)
    try:
        assert server.wait() in (128 + signal.SIGTERM, -signal.SIGTERM)
        assert "Traceback" not in server.errors
    except subprocess.TimeoutExpired:
        pytest.fail("the server does not end when it is told to")
    finally:
        server.close()
