"""Replies: the corners that their doctests leave out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdbstub.rsp.replies import (
    BinaryData,
    ConsoleOutput,
    CurrentThread,
    Error,
    Exited,
    HexData,
    Killed,
    Pairs,
    Reason,
    ReasonKind,
    Reply,
    Stop,
    Supported,
    Text,
    ThreadList,
    XferChunk,
)
from gdbstub.rsp.thread_id import ThreadId


@pytest.mark.parametrize(
    ("reply", "payload"),
    [
        (Error(1), b"E01"),
        (Error(255), b"Eff"),
        (Error(1, ""), b"E."),
        (Error(1, "no such VM: ü"), b"E.no such VM: \\xfc"),
        (Text("ä"), b"\\xe4"),
        (HexData.of_text("ä"), b"c3a4"),
        (HexData(b""), b""),
        (BinaryData(b""), b"b"),
        (BinaryData(b"#$}*"), b"b#$}*"),
        (ConsoleOutput(""), b"O"),
        (ThreadList((ThreadId(1, 1), ThreadId(2, 1))), b"mp1.1,p1.2"),
        (CurrentThread(ThreadId(2, 1)), b"QCp1.2"),
        (Supported({}), b""),
        (Pairs({}), b""),
        (Exited(0), b"W00"),
        (Exited(0x100), b"W100"),  # not W00, which would say that all went well
        (Killed(9, process=2), b"X09;process:2"),
        (Stop(5, ThreadId(2, 1), core=1), b"T05thread:p1.2;core:1;"),
        (
            Stop(5, reasons=(Reason(ReasonKind.WATCH, 0x10), Reason(ReasonKind.AWATCH, 0))),
            b"T05watch:10;awatch:0;",
        ),
        (Stop(0, reasons=(Reason(ReasonKind.REPLAY_BEGIN),)), b"T00replaylog:begin;"),
        (Stop(2, threads=(ThreadId(1), ThreadId(2)), notes={"reason": "signal"}), b"T02threads:1,2;reason:signal;"),
        (Stop(5, registers={0x1041: b"\x01", 2: b"\xff"}), b"T051041:01;02:ff;"),
    ],
)
def test_payload_of_a_reply(reply: Reply, payload: bytes) -> None:
    assert reply.build() == payload


@pytest.mark.parametrize("errno", [-1, 256])
def test_an_error_number_has_two_digits(errno: int) -> None:
    with pytest.raises(ValueError, match=f"not {errno}"):
        Error(errno).build()


def test_an_exit_status_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative: -1"):
        Exited(-1).build()


@pytest.mark.parametrize(("kind", "address"), [(ReasonKind.SWBREAK, 0), (ReasonKind.WATCH, None)])
def test_a_watchpoint_and_nothing_else_has_an_address(kind: ReasonKind, address: int | None) -> None:
    with pytest.raises(ValueError, match=kind.name):
        Reason(kind, address)


@settings(max_examples=300, deadline=None)
@given(document=st.binary(max_size=60), length=st.integers(1, 20))
def test_chunks_make_up_the_document(document: bytes, length: int) -> None:
    collected, payload = b"", b"m"
    while payload[:1] == b"m":
        payload = XferChunk.of(document, offset=len(collected), length=length).build()
        assert len(payload) - 1 <= length
        collected += payload[1:]
    assert collected == document


@pytest.mark.parametrize("offset", [3, 4, 1000])
def test_beyond_the_end_of_a_document_there_is_nothing(offset: int) -> None:
    assert XferChunk.of(b"abc", offset=offset, length=10).build() == b"l"
