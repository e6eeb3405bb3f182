from __future__ import annotations

import pytest

from tests.gdbstub.debugger import Debugger
from tests.gdbstub.fake_target import TRAP_HANDLER, FakeTarget


def test_the_actions_include_those_without_which_gdb_uses_none(gdb: Debugger) -> None:
    actions = gdb.ask("vCont?").split(b";")
    assert actions[0] == b"vCont"
    assert {b"c", b"C", b"s", b"S", b"t", b"r"} == set(actions[1:])


@pytest.mark.parametrize("payload", ["s", "S05", "vCont;s", "vCont;s:1", "vCont;S05:1", "vCont;s:1;c:9;c"[:9]])
def test_one_step(gdb: Debugger, payload: str) -> None:
    assert gdb.ask(payload) == b"T05thread:1;20:0410000000000000;"


def test_a_step_from_an_address(gdb: Debugger) -> None:
    assert gdb.ask("s1008").startswith(b"T05")
    assert gdb.pc() == 0x100C


def test_a_step_over_a_trapping_instruction_stops_at_the_handler(gdb: Debugger) -> None:
    gdb.ask("s100c")
    assert gdb.pc() == TRAP_HANDLER


def test_only_the_named_thread_moves(gdb: Debugger, target: FakeTarget) -> None:
    target.registers[2][32] = 0x1000
    gdb.ask("vCont;s:1")
    assert (target.registers[1][32], target.registers[2][32]) == (0x1004, 0x1000)
    gdb.ask("Hc2")
    gdb.ask("s")
    assert (target.registers[1][32], target.registers[2][32]) == (0x1004, 0x1004)


def test_the_first_action_that_names_a_thread_counts(gdb: Debugger, target: FakeTarget) -> None:
    target.registers[2][32] = 0x1000
    gdb.ask("vCont;t:2;s")
    assert (target.registers[1][32], target.registers[2][32]) == (0x1004, 0x1000)


def test_a_range_is_left_before_the_stop(gdb: Debugger) -> None:
    assert gdb.ask("vCont;r1000,100c:1").startswith(b"T05thread:1;")
    assert gdb.pc() == 0x100C


def test_a_breakpoint_inside_a_range_stops_there(gdb: Debugger) -> None:
    gdb.ask("Z0,1008,4")
    assert b"swbreak" in gdb.ask("vCont;r1000,100c:1")
    assert gdb.pc() == 0x1008


def test_an_empty_range_is_one_step(gdb: Debugger) -> None:
    gdb.ask("vCont;r1000,1000:1")
    assert gdb.pc() == 0x1004


def test_ctrl_c_stops_a_range_that_never_ends(gdb: Debugger) -> None:
    assert gdb.ask("vCont;r1100,1104:2", then=b"\x03").startswith(b"T02thread:2;")


@pytest.mark.parametrize("payload", ["c", "C02", "vCont;c", "vCont;C05:1;c"])
def test_ctrl_c_stops_a_running_target(gdb: Debugger, payload: str) -> None:
    assert gdb.ask(payload, then=b"\x03").startswith(b"T02thread:")


def test_stopping_what_is_stopped_is_answered_at_once(gdb: Debugger) -> None:
    assert gdb.ask("vCont;t").startswith(b"T05thread:1;")


def test_an_event_the_user_asked_for_is_told_on_the_console(gdb: Debugger) -> None:
    assert gdb.ask("c2000").startswith(b"T05thread:1;")
    assert gdb.console == "caught an illegal instruction, 0x0\n"


@pytest.mark.parametrize(
    ("payload", "reply"),
    [
        ("vCont;c:9", b"E03"),
        ("vCont;r1010,1000:1", b"E16"),
        ("vCont", b"E16"),
        ("vCont;", b"E16"),
        ("vCont;q", b"E16"),
        ("vCont;C", b"E16"),
        ("vCont;r1000", b"E16"),
        ("cxyz", b"E16"),
        ("S", b"E16"),
        ("bs", b""),
        ("bc", b""),
    ],
)
def test_what_makes_no_sense_moves_nothing(gdb: Debugger, payload: str, reply: bytes) -> None:
    assert gdb.ask(payload) == reply
    assert gdb.pc() == 0x1000
