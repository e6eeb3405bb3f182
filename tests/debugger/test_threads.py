"""Harts are threads."""

from __future__ import annotations

import re

import pytest

from gdbstub.scripting import Prompt
from tests.debugger.conftest import Again


@pytest.fixture
def pair(again: Again) -> Prompt:
    """Two harts that count; hart 1 stands in `second_main`."""
    session = again("two_harts", "--harts", "2")
    session.command("tbreak second_main")
    session.run("continue")
    return session


def pcs(session: Prompt) -> list[str]:
    return [session.command(f"thread apply {thread} print/x $pc").split(" = ")[1].strip() for thread in (1, 2)]


def test_harts_are_listed_with_their_modes(pair: Prompt) -> None:
    said = pair.command("info threads")
    assert re.search(r'Thread 1 "hart 0" \(M-mode\)', said)
    assert re.search(r'\* 2 +Thread 2 "hart 1" \(M-mode\).* second_main', said)


def test_a_stop_selects_its_hart(pair: Prompt) -> None:
    assert pair.stop["thread-id"] == "2"
    assert pair.value("$mhartid") == "1"
    assert pair.value("hart") == "1"


def test_registers_are_each_harts_own(pair: Prompt) -> None:
    pair.command("thread 1")
    assert pair.value("$mhartid") == "0"
    pair.command("set $t6 = 11")
    pair.command("thread 2")
    pair.command("set $t6 = 22")
    assert pair.command("thread apply all -s print $t6").count("22") == 1
    pair.command("thread 1")
    assert pair.value("$t6") == "11"


def test_a_step_moves_both_or_one(pair: Prompt) -> None:
    before = pcs(pair)
    pair.run("stepi")
    together = pcs(pair)
    assert before[0] != together[0]
    assert before[1] != together[1]
    pair.command("set scheduler-locking on")
    pair.run("stepi")
    alone = pcs(pair)
    assert alone[0] == together[0]
    assert alone[1] != together[1]
    pair.command("thread 1")
    pair.run("stepi 3")
    assert pcs(pair)[0] != alone[0]
    assert pcs(pair)[1] == alone[1]


def test_a_locked_hart_stands_while_the_other_runs(pair: Prompt) -> None:
    pair.command("set scheduler-locking on")
    first = pcs(pair)[0]
    pair.run("finish")
    assert pair.value("turns_of[1]") == "100"
    assert pcs(pair)[0] == first


def test_a_breakpoint_of_one_thread(pair: Prompt) -> None:
    pair.command("break count thread 1")  # hart 0 has been there
    pair.command("break finish thread 2")  # hart 1 never comes there
    pair.command("break finish thread 1")
    pair.run("continue")
    assert pair.stop["thread-id"] == "1"
    assert pair.stop["frame"]["func"] == "finish"


def test_both_finish(pair: Prompt) -> None:
    pair.run("continue")
    assert pair.stop["reason"] == "exited-normally"
    assert "two harts have counted" in pair.server.uart
