"""Ctrl-C."""

from __future__ import annotations

import time

import pytest

from gdbstub.scripting import Prompt
from tests.debugger.conftest import Again


def test_a_running_guest_is_interrupted_and_goes_on(loop: Prompt) -> None:
    counts = []
    for _ in range(3):
        loop.start()
        time.sleep(0.05)
        loop.interrupt()
        assert loop.stop["signal-name"] == "SIGINT"
        counts.append(int(loop.value("counter")))
    assert 0 < counts[0] < counts[1] < counts[2]


@pytest.fixture
def idle(again: Again) -> Prompt:
    """A guest that has turned to WFI with no interrupt enabled: only a debugger can end that."""
    session = again("two_harts", "--harts", "2")
    session.command("tbreak second_main")
    session.run("continue")
    session.command("set scheduler-locking on")
    session.command("delete")
    session.run("finish")  # hart 1 alone: its work is done, and its WFI comes
    return session


def test_an_idle_guest_is_interrupted(idle: Prompt) -> None:
    idle.start()
    time.sleep(0.05)
    started = time.monotonic()
    idle.interrupt()
    assert time.monotonic() - started < 5
    assert idle.stop["signal-name"] == "SIGINT"
    assert idle.stop["thread-id"] == "2"
    assert "wfi" in idle.command("x/2i $pc - 4")


def test_an_advance_that_never_arrives_is_interrupted(loop: Prompt) -> None:
    loop.start("advance unexpected_trap")
    time.sleep(0.05)
    loop.interrupt()
    assert loop.stop["signal-name"] == "SIGINT"
    assert int(loop.value("counter")) > 0
