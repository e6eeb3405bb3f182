"""c C s S bc bs vCont vCont?."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.resume import (
    Action,
    ActionKind,
    Continue,
    ContinueWithSignal,
    QueryResumeActions,
    ResumeThreads,
    ReverseContinue,
    ReverseStep,
    Step,
    StepWithSignal,
)
from gdbstub.rsp.thread_id import ALL, ThreadId

PACKETS = [
    (b"c", Continue()),
    (b"c10", Continue(0x10)),
    (b"C5", ContinueWithSignal(5)),
    (b"Cff;10", ContinueWithSignal(0xFF, 0x10)),
    (b"s", Step()),
    (b"s10", Step(0x10)),
    (b"S5", StepWithSignal(5)),
    (b"S5;10", StepWithSignal(5, 0x10)),
    (b"bc", ReverseContinue()),
    (b"bs", ReverseStep()),
    (b"vCont?", QueryResumeActions()),
    (b"vCont;c", ResumeThreads((Action(ActionKind.CONTINUE),))),
    (
        b"vCont;s:p1.1;c:p1.-1",
        ResumeThreads(
            (Action(ActionKind.STEP, ThreadId(1, 1)), Action(ActionKind.CONTINUE, ThreadId(ALL, 1))),
        ),
    ),
    (
        b"vCont;C5:1;S6",
        ResumeThreads(
            (
                Action(ActionKind.CONTINUE_WITH_SIGNAL, ThreadId(1), signal=5),
                Action(ActionKind.STEP_WITH_SIGNAL, signal=6),
            )
        ),
    ),
    (
        b"vCont;r10,20:2;t:-1",
        ResumeThreads(
            (Action(ActionKind.STEP_RANGE, ThreadId(2), start=0x10, end=0x20), Action(ActionKind.STOP, ThreadId(ALL)))
        ),
    ),
]
MALFORMED = [
    (b"cg", "c: address: a hexadecimal number is missing"),
    (b"C", "C: signal: a hexadecimal number is missing"),
    (b"C100", "C: signal: '100' has more than 8 bits"),
    (b"C5;", "C: address: a hexadecimal number is missing"),
    (b"s10,", "s: ',' is left over at the end"),
    (b"vCont", "vCont: actions: expected ';', found the end of the packet"),
    (b"vCont;", "vCont: actions: expected one of c, C, s, S, t, r, found the end of the packet"),
    (b"vCont;x", "vCont: actions: expected one of c, C, s, S, t, r, found 'x'"),
    (b"vCont;\xff", "vCont: actions: expected one of c, C, s, S, t, r, found '\\xff'"),
    (b"vCont;c;", "vCont: actions: expected one of c, C, s, S, t, r, found the end of the packet"),
    (b"vCont;C:1", "vCont: actions: a hexadecimal number is missing"),
    (b"vCont;r10", "vCont: actions: expected ',', found the end of the packet"),
    (b"vCont;c:", "vCont: actions: '' is no thread-id: it is a hexadecimal number, -1, or p<process>.<thread>"),
    (b"vCont;c:1 ", "vCont: ' ' is left over at the end"),
    (b"vCont?x", "vCont: actions: expected ';', found '?x'"),
    (b"bc;1", "bc: ';1' is left over at the end"),
]


@pytest.mark.parametrize(("payload", "packet"), PACKETS)
def test_parses_and_builds(payload: bytes, packet: Packet) -> None:
    assert catalogue.parse(payload) == packet
    assert packet.build() == payload


@pytest.mark.parametrize(("payload", "message"), MALFORMED)
def test_malformed_is_an_error_that_names_the_field(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        catalogue.parse(payload)
    assert str(error.value) == message
