"""What gdb and servers say, read; and the values that sessions give."""

from __future__ import annotations

import pytest
from pygdbmi.gdbmiparser import parse_response

from gdbstub.scripting.errors import GdbError, RemoteError, ScriptingError
from gdbstub.scripting.mi import Record
from gdbstub.scripting.mi_values import number_of, register_of, stop_of
from gdbstub.scripting.stop_reply import StopReply
from gdbstub.scripting.symbols import Symbols
from gdbstub.scripting.target_xml import registers_of
from gdbstub.scripting.values import CsrValue, StopKind
from gdbstub.target import StopReason

RECORDS = (
    '*stopped,reason="end-stepping-range",frame={addr="0x80",args=[{name="x",value="1"}],line="6"},core="0"',
    '3^done,stack=[frame={level="0",addr="0x1"},frame={level="1",addr="0x2"}]',
    '4^error,msg="No symbol \\"nope\\" in {a=1,b=2}."',
    "5^done,value=\"97 'a' \\303\\244,b=1\"",
    "^done",
    '=breakpoint-modified,bkpt={number="1",times="2"}',
)


@pytest.mark.parametrize("line", RECORDS)
def test_a_record_parsed_quickly_is_the_one_that_pygdbmi_parses(line: str) -> None:
    assert Record(line).payload == (parse_response(line)["payload"] or {})


def test_records_are_told_apart() -> None:
    kinds = [(Record(line).kind, Record(line).token, Record(line).message) for line in RECORDS[:2]]
    assert kinds == [("exec", None, "stopped"), ("result", 3, "done")]
    assert [Record(line).kind for line in ("(gdb) ", '~"x"', '@"x"', '&"x"', "guest output")] == [
        "prompt",
        "console",
        "target",
        "log",
        "output",
    ]
    assert Record('@"a\\tb\\n"').text == "a\tb\n"


STOPS = [
    ({"reason": "breakpoint-hit", "bkptno": "3"}, "", StopKind.BREAKPOINT, "", 3),
    (
        {"reason": "watchpoint-trigger", "wpt": {"number": "2"}, "value": {"old": "0", "new": "16"}},
        "",
        StopKind.WATCHPOINT,
        "old value 0x0, new value 0x10",
        2,
    ),
    (
        {"reason": "read-watchpoint-trigger", "hw-rwpt": {"number": "4"}, "value": {"value": "5"}},
        "",
        StopKind.WATCHPOINT,
        "value 0x5",
        4,
    ),
    (
        {"reason": "signal-received", "signal-name": "SIGTRAP"},
        "hart 0 caught ecall-u: U -> HS\n",
        StopKind.CAUGHT,
        "hart 0 caught ecall-u: U -> HS",
        None,
    ),
    ({"reason": "signal-received", "signal-name": "SIGINT"}, "", StopKind.INTERRUPTED, "", None),
    ({}, "", StopKind.HALTED, "", None),
]


@pytest.mark.parametrize(("details", "said", "kind", "detail", "number"), STOPS)
def test_stops(details: dict[str, object], said: str, kind: StopKind, detail: str, number: int | None) -> None:
    stop = stop_of(details, said, 1, Symbols())
    assert (stop.kind, stop.detail, stop.breakpoint, stop.hart) == (kind, detail, number, 1)


def test_an_exit_code_is_octal() -> None:
    assert stop_of({"reason": "exited", "exit-code": "012"}, "", 0, Symbols()).exit_code == 10


def test_numbers_of_expressions_and_registers() -> None:
    assert [number_of(text) for text in ("-3", "0x10 <main>", "97 'a'", "{x = 1}", "VS")] == [
        -3,
        16,
        97,
        "{x = 1}",
        "VS",
    ]
    assert register_of("0x10", "a0") == 16
    with pytest.raises(GdbError, match="no number for the register v0"):
        register_of("{b = 1}", "v0")


REPLIES = [
    (b"T05thread:2;swbreak:;20:0010;", "", StopReason.SOFTWARE_BREAKPOINT, 2, None),
    (b"T05thread:p01.01;watch:80001000;", "", StopReason.WRITE_WATCHPOINT, 1, 0x80001000),
    (b"T02thread:1;", "", StopReason.INTERRUPTED, 1, None),
    (b"T05thread:1;", "", StopReason.STEPPED, 1, None),
    (b"T05thread:1;", "hart 0 caught world switch: HS -> VS\n", StopReason.CAUGHT, 1, None),
    (b"S05", "", StopReason.STEPPED, 7, None),
]


@pytest.mark.parametrize(("payload", "note", "reason", "thread", "address"), REPLIES)
def test_stop_replies(payload: bytes, note: str, reason: StopReason, thread: int, address: int | None) -> None:
    stop = StopReply.parse(payload).told(note, 7, StopReason.STEPPED)
    assert (stop.reason, stop.thread, stop.address) == (reason, thread, address)


def test_the_end_of_a_program_and_what_is_no_stop() -> None:
    ended = StopReply.parse(b"W03").told("", 1, StopReason.HALTED)
    assert (ended.reason, ended.code) == (StopReason.EXITED, 3)
    with pytest.raises(RemoteError, match="said 'OK' where a stop was expected"):
        StopReply.parse(b"OK")


def test_registers_of_a_description_with_parts() -> None:
    documents = {
        "target.xml": '<target><xi:include href="cpu.xml"/></target>',
        "cpu.xml": '<feature><reg name="a" bitsize="64" regnum="4"/><reg name="b" bitsize="32"/></feature>',
    }
    found = registers_of(documents.__getitem__)
    assert found == {"a": (4, 8), "b": (5, 4)}
    with pytest.raises(RemoteError, match=r"target\.xml is no XML"):
        registers_of(lambda annex: "<")


def test_a_csr_is_a_number_with_fields() -> None:
    value = CsrValue("hgatp", 0x8000_7000_0008_0200)
    assert (value.MODE, value.VMID, value.PPN) == (8, 7, 0x80200)
    assert value.replaced(VMID=9) == 0x8000_9000_0008_0200
    assert repr(value) == "hgatp=0x8000700000080200 (MODE=0x8 VMID=0x7 PPN=0x80200)"
    with pytest.raises(ValueError, match=r"hgatp\.MODE has 4 bits and cannot hold 0x10"):
        value.replaced(MODE=16)
    with pytest.raises(AttributeError, match="hgatp has no field 'SPV'; it has MODE VMID PPN"):
        assert value.SPV


def test_an_error_says_what_was_sent_answered_and_where_the_machine_stands() -> None:
    error = ScriptingError("it failed", sent="-exec-step", said="no\n", stands="hart 0 at 0x80000000")
    assert str(error) == "it failed\n  sent: -exec-step\n  answer: no\n  the machine: hart 0 at 0x80000000"
