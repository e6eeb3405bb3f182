from __future__ import annotations

import pytest

from tests.gdbstub.debugger import Debugger


@pytest.mark.parametrize(
    ("payload", "reply"),
    [
        ("qC", b"QC1"),
        ("qfThreadInfo", b"m1,2"),
        ("qsThreadInfo", b"l"),
        ("T1", b"OK"),
        ("T2", b"OK"),
        ("Tp1.2", b"OK"),
        ("T3", b"E03"),
        ("Tpa410.1", b"OK"),  # a process number that gdb makes up
        ("Tpa410.3", b"E03"),
        ("Hg0", b"OK"),
        ("Hc-1", b"OK"),
        ("Hg9", b"E03"),
        ("Hg", b"E16"),
        ("qThreadExtraInfo,1", b"hart 0: M-mode".hex().encode()),
        ("qThreadExtraInfo,7", b"E03"),
    ],
)
def test_threads(gdb: Debugger, payload: str, reply: bytes) -> None:
    assert gdb.ask(payload) == reply


def test_registers_are_the_selected_threads(gdb: Debugger) -> None:
    assert gdb.ask("Hg2") == b"OK"
    assert gdb.ask("qC") == b"QC2"
    assert gdb.pc() == 0x1100
    assert gdb.ask("Hg9") == b"E03"
    assert gdb.pc() == 0x1100


def test_the_thread_that_stopped_becomes_the_current_one(gdb: Debugger) -> None:
    gdb.ask("Hg2")
    assert gdb.ask("vCont;s:1").startswith(b"T05thread:1;")
    assert gdb.ask("qC") == b"QC1"


def test_an_error_has_words_for_those_who_read_them(new_gdb: Debugger) -> None:
    assert new_gdb.ask("T9") == b"E.there is no thread 9: threads are 1 to 2"
