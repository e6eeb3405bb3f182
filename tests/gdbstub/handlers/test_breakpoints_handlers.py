from __future__ import annotations

import pytest

from tests.gdbstub.debugger import Debugger
from tests.gdbstub.fake_target import COUNTER, FakeTarget


@pytest.mark.parametrize(
    ("insert", "client", "stop"),
    [
        ("Z0,1008,4", "swbreak+", b"T05thread:1;swbreak:;"),
        ("Z1,1008,4", "hwbreak+", b"T05thread:1;hwbreak:;"),
        ("Z0,1008,4", "", b"T05thread:1;20:"),
        ("Z1,1008,4", "swbreak+", b"T05thread:1;20:"),
        (f"Z2,{COUNTER:x},8", "", b"T05thread:1;watch:3000;"),
        (f"Z2,{COUNTER + 7:x},1", "", b"T05thread:1;watch:3000;"),
        (f"Z4,{COUNTER - 1:x},2", "", b"T05thread:1;awatch:3000;"),
    ],
)
def test_a_stop_says_why_in_words_that_the_client_knows(
    target: FakeTarget, insert: str, client: str, stop: bytes
) -> None:
    gdb = Debugger(target, client)
    target.registers[1][11] = COUNTER
    assert gdb.ask(insert) == b"OK"
    assert gdb.ask("vCont;c").startswith(stop)
    assert gdb.pc() == 0x1008
    assert gdb.ask("z" + insert[1:]) == b"OK"
    assert not target.breakpoints


def test_inserting_and_removing_twice_is_harmless(gdb: Debugger, target: FakeTarget) -> None:
    assert [gdb.ask("Z0,1008,4"), gdb.ask("Z0,1008,4")] == [b"OK", b"OK"]
    assert len(target.breakpoints) == 1
    assert [gdb.ask("z0,1008,4"), gdb.ask("z0,1008,4")] == [b"OK", b"OK"]
    assert not target.breakpoints


def test_memory_is_never_changed_by_a_breakpoint(gdb: Debugger) -> None:
    gdb.ask("Z0,1008,4")
    assert gdb.ask("m1008,4") == b"23b0a500"


@pytest.mark.parametrize(
    "payload",
    [
        "Z0,1008,4;X3,220027",  # a condition that nobody here evaluates must not be ignored
        "Z0,1008,4;cmds:0,X3,220027",
        "Z2,3000,0",
        "Z2,3000,7fffffffffffffffff",
        "Z2,ffffffffffffffff,2",
        "Z0,1008",
    ],
)
def test_what_cannot_be_done_is_refused(gdb: Debugger, target: FakeTarget, payload: str) -> None:
    assert gdb.ask(payload).startswith(b"E")
    assert not target.breakpoints


def test_an_unknown_kind_is_unsupported(gdb: Debugger) -> None:
    assert gdb.ask("Z5,1008,4") == b""


def test_continuing_leaves_a_breakpoint_that_was_hit_and_comes_back_to_it(gdb: Debugger, target: FakeTarget) -> None:
    target.registers[1][11] = COUNTER
    gdb.ask("Z0,1008,4")
    gdb.ask("Z0,1200,4")
    assert b"swbreak" in gdb.ask("c")
    assert gdb.pc() == 0x1008
    assert b"swbreak" in gdb.ask("c")
    assert gdb.pc() == 0x1200


def test_the_breakpoints_of_a_client_leave_with_it(gdb: Debugger, target: FakeTarget) -> None:
    gdb.ask("Z0,1004,4")
    gdb.ask("Z2,3000,8")
    gdb.session.close()
    assert not target.breakpoints
