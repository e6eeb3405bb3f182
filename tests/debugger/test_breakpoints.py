"""Breakpoints and watchpoints as gdb's user sets them."""

from __future__ import annotations

import re

import pytest

from gdbstub.scripting import Prompt


def test_break_at_a_function_and_again(loop: Prompt) -> None:
    loop.command("break tick")
    said = loop.run("continue")
    assert re.search(r"Breakpoint \d+, tick \(step=step@entry=1\) at .*bare/loop\.c:7", said)
    assert loop.stop["reason"] == "breakpoint-hit"
    assert "tick (step=step@entry=2)" in loop.run("continue")
    assert loop.value("counter") == "1"


def test_a_temporary_breakpoint_stops_once(loop: Prompt) -> None:
    loop.command("tbreak tick")
    assert "Temporary breakpoint" in loop.run("continue")
    assert "tick" not in loop.command("info breakpoints")
    loop.command("watch counter if counter == 9")
    loop.run("continue")
    assert loop.value("counter") == "9"


def test_a_conditional_breakpoint(loop: Prompt) -> None:
    loop.command("break tick if step == 3 && counter > 10")
    loop.run("continue")
    assert loop.value("step") == "3"
    assert loop.value("counter") == "15"


def test_ignore_counts_and_commands(loop: Prompt) -> None:
    loop.command("break tick")
    loop.command("ignore $bpnum 4")
    loop.run("continue")
    assert loop.value("step") == "2"
    assert "breakpoint already hit 5 times" in loop.command("info breakpoints")


def test_a_hardware_breakpoint(loop: Prompt) -> None:
    loop.command("hbreak tick")
    assert re.search(r"(?i)breakpoint \d+, tick", loop.run("continue"))


def test_a_breakpoint_is_never_in_memory(loop: Prompt) -> None:
    """gdb hides what it wrote itself; another reader, the guest's own load, sees memory as it is."""
    before = loop.value("*(unsigned int *)tick")
    loop.command("set breakpoint always-inserted on")
    try:
        loop.command("break *tick")
        loop.run("continue")
        raw = loop.command("maintenance packet m{:x},4".format(int(loop.value("(long)&tick"))))
        word = re.search(r'received: "([0-9a-f]{8})"', raw)
        assert word is not None, raw
        assert int.from_bytes(bytes.fromhex(word[1]), "little") == int(before)
    finally:
        loop.command("set breakpoint always-inserted off")


def test_a_write_watchpoint_shows_old_and_new(loop: Prompt) -> None:
    loop.command("watch counter")
    said = loop.run("continue")
    assert "Hardware watchpoint" in said
    assert "Old value = 0\nNew value = 1" in said
    assert "Old value = 1\nNew value = 3" in loop.run("continue")
    assert loop.stop["reason"] == "watchpoint-trigger"


def test_a_read_watchpoint(loop: Prompt) -> None:
    loop.command("rwatch counter")
    assert "Value = 0" in loop.run("continue")
    assert loop.stop["reason"] == "read-watchpoint-trigger"
    assert loop.stop["frame"]["func"] == "tick"


def test_an_access_watchpoint_sees_reads_and_writes(loop: Prompt) -> None:
    loop.command("awatch counter")
    said = [loop.run("continue") for _ in range(3)]
    assert "Value = 0" in said[0]
    assert any("Old value = 0\nNew value = 1" in text for text in said)
    assert loop.stop["reason"] == "access-watchpoint-trigger"


def test_breakpoints_in_four_worlds_at_one_address(worlds: Prompt) -> None:
    worlds.command("break landmark")
    seen = []
    for _ in range(4):
        worlds.run("continue")
        seen.append((worlds.value("$hart_mode"), worlds.value("$virt"), worlds.value("world")))
    assert seen == [
        ("M", "0", "WORLD_M"),
        ("HS", "0", "WORLD_HS"),
        ("VS", "1", "WORLD_VS"),
        ("VU", "1", "WORLD_VU"),
    ]


@pytest.mark.parametrize(("condition", "mode"), [("$virt == 1", "VS"), ("$virt == 0 && $hart_mode_int == 1", "HS")])
def test_a_breakpoint_for_one_world(worlds: Prompt, condition: str, mode: str) -> None:
    worlds.command(f"break landmark if {condition}")
    worlds.run("continue")
    assert worlds.value("$hart_mode") == mode


def test_a_watchpoint_of_one_worlds_cell(worlds: Prompt) -> None:
    """`visits` is one cell for M and HS, and another, at the same address, for VS and VU."""
    worlds.command("tbreak vs_main")
    worlds.run("continue")
    worlds.command("watch visits")
    assert "New value = 1" in worlds.run("continue")
    assert worlds.value("$hart_mode") == "VS"
    assert "Old value = 1\nNew value = 2" in worlds.run("continue")
    assert worlds.value("$hart_mode") == "VU"
