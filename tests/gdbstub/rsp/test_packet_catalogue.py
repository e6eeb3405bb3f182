"""The page that lists every packet, and whatever payload a client may think of."""

from __future__ import annotations

import dataclasses
import doctest
import re
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.breakpoints import AgentCommands, BreakpointKind
from gdbstub.rsp.packets.general import Run
from gdbstub.rsp.packets.resume import Action, ActionKind
from gdbstub.rsp.packets.threads import Purpose
from gdbstub.rsp.thread_id import ThreadId

WORD = st.integers(0, 2**64 - 1)
ID = st.integers(-1, 2**64 - 1)
NAME = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=":;"), max_size=12)
HEXED = st.binary(max_size=8).map(lambda data: data.decode("utf-8", "surrogateescape"))
THREAD = st.builds(ThreadId, ID, st.none() | ID)
CODE = st.binary(max_size=5)
SIGNAL = st.integers(0, 255)
_SIMPLE = st.sampled_from([ActionKind.CONTINUE, ActionKind.STEP, ActionKind.STOP])
_SIGNALLED = st.sampled_from([ActionKind.CONTINUE_WITH_SIGNAL, ActionKind.STEP_WITH_SIGNAL])
ACTION = (
    st.builds(Action, _SIMPLE, st.none() | THREAD)
    | st.builds(Action, _SIGNALLED, st.none() | THREAD, signal=SIGNAL)
    | st.builds(Action, st.just(ActionKind.STEP_RANGE), st.none() | THREAD, start=WORD, end=WORD)
)

# What a field may hold, by its name where the name says more than the type, else by its type.
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "signal": SIGNAL,
    "unused": st.none() | SIGNAL,
    "register": st.integers(0, 2**32 - 1),
    "actions": st.lists(ACTION, min_size=1, max_size=3).map(tuple),
    "conditions": st.lists(CODE, max_size=2).map(tuple),
    "features": st.lists(NAME.filter(bool), max_size=4).map(tuple),
    "program": HEXED,
    "arguments": st.lists(HEXED, max_size=3).map(tuple),
    "command": HEXED,
    "name": HEXED,
}
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    int: WORD,
    bytes: st.binary(max_size=40),
    str: NAME,
    bool: st.booleans(),
    ThreadId: THREAD,
    BreakpointKind: st.sampled_from(BreakpointKind),
    Purpose: st.sampled_from(Purpose),
    AgentCommands: st.builds(
        AgentCommands, persistent=st.booleans(), expressions=st.lists(CODE, min_size=1, max_size=2).map(tuple)
    ),
}


def fields_of(declared: Any) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a packet's class."""
    return dataclasses.fields(declared)


def values(name: str, hint: Any) -> st.SearchStrategy[Any]:
    """What the field ``name`` with the annotation ``hint`` may hold."""
    if name in BY_NAME:
        return BY_NAME[name]
    plain, *rest = [member for member in get_args(hint) or (hint,) if member is not type(None)]
    assert not rest
    return BY_TYPE[plain] | st.none() if get_args(hint) else BY_TYPE[plain]


def instances(declared: type[Packet]) -> st.SearchStrategy[Packet]:
    """Every kind of packet of one class."""
    hints = get_type_hints(declared)
    return st.builds(declared, **{field.name: values(field.name, hints[field.name]) for field in fields_of(declared)})


WITH_FIELDS = [declared for declared in catalogue.PACKETS if fields_of(declared)]
TAILS = (
    *(
        b":",
        b";",
        b",",
        b"=",
        b".",
        b"-1",
        b"X",
        b"cmds:",
        b"p1.2",
        b":read:",
        b":write:",
        b"+",
        b"?",
        b"0",
        b"80000000",
    ),
    *(b"f" * 17, b"zz", b" ", b"\n", b"\xff", b";thread:1;", b"1,", b"c", b"r", b"#", b"}"),
)


def payload_from(program: bytes) -> bytes:
    """A payload that begins like a packet and goes on with pieces that packets are made of, or with anything."""
    if not program:
        return b""
    begin = catalogue.PACKETS[program[0] % len(catalogue.PACKETS)].NAME.encode("ascii")
    return begin + b"".join(TAILS[byte] if byte < len(TAILS) else bytes((byte,)) for byte in program[1:])


PIECES = st.binary(max_size=10).map(lambda data: data[:1] + bytes(byte % 32 for byte in data[1:]))
PAYLOADS = (st.binary(max_size=10) | PIECES).map(payload_from) | st.binary(max_size=20)


@pytest.mark.parametrize("declared", WITH_FIELDS, ids=lambda declared: declared.__name__)
def test_every_value_survives_the_wire(declared: type[Packet]) -> None:
    @settings(max_examples=150, deadline=None)
    @given(packet=instances(declared))
    def round_trip(packet: Packet) -> None:
        assert catalogue.parse(packet.build()) == packet

    round_trip()


@pytest.mark.parametrize("declared", catalogue.PACKETS, ids=lambda declared: declared.__name__)
def test_a_packet_has_a_summary_and_two_doctests(declared: type[Packet]) -> None:
    assert re.fullmatch(r'\S.* — ".+"?.*', declared.summary())
    assert declared.summary().startswith(declared.NAME)
    examples = doctest.DocTestParser().get_examples(declared.__doc__ or "")
    assert len(examples) == 2
    assert ".parse(" in examples[0].source
    assert ".build()" in examples[1].source


def test_no_name_hides_another() -> None:
    lengths = [len(declared.NAME) for declared in catalogue.PACKETS]
    assert lengths == sorted(lengths, reverse=True)
    assert len({declared.RECOGNISED for declared in catalogue.PACKETS}) == len(catalogue.PACKETS)


def test_the_page_has_everything_that_was_declared_and_all_that_we_promise() -> None:
    names = [name for name, _summary in catalogue.describe()]
    assert names == sorted(names)
    assert len(names) == len(catalogue.PACKETS) == len(set(catalogue.PACKETS))
    promised = """
        qSupported ? ! g G p P m M X x c s C S vCont vCont? Z z H T qC qfThreadInfo qsThreadInfo qThreadExtraInfo qXfer
        qRcmd qAttached D k R vRun vKill vAttach vMustReplyEmpty QStartNoAckMode qSearch:memory qCRC qSymbol qTStatus
        QNonStop bc bs
    """
    assert set(promised.split()) <= set(names)


@pytest.mark.parametrize(
    "payload", [b"", b"Q", b"q", b"v", b"_M100,rwx", b"y", b"\x00", b"\xff", b"vFile:open:00,0,0", b"b"]
)
def test_what_we_do_not_know_is_no_packet(payload: bytes) -> None:
    assert catalogue.parse(payload) is None


@settings(max_examples=7000, deadline=None)
@given(payload=PAYLOADS)
def test_any_payload_is_a_packet_or_unknown_or_an_error_that_names_the_packet(payload: bytes) -> None:
    try:
        packet = catalogue.parse(payload)
    except ProtocolError as error:
        names = [declared.NAME for declared in catalogue.PACKETS if payload.startswith(declared.NAME.encode("ascii"))]
        if not any(str(error).startswith(f"{name}: ") for name in names):
            raise AssertionError(f"{error} does not name the packet") from error
        return
    if packet is not None:
        assert catalogue.parse(packet.build()) == packet


def test_equal_payloads_are_equal_packets() -> None:
    assert catalogue.parse(b"vRun;61") == Run("a")
    assert hash(catalogue.parse(b"vRun;61")) == hash(Run("a"))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"vCont" + b";c" * 500_000, "vCont: actions: the list has more than 1024 members"),
        (b"qSupported:" + b"a;" * 500_000, "qSupported: features: the list has more than 1024 members"),
        (b"Z0,10,2;X" + b"0,X" * 300_000, "Z: conditions: the list has more than 1024 members"),
        (b"m" + b"0" * 1_000_000, "m: address: expected ',', found the end of the packet"),
        (b"T" + b"1" * 1_000_000, "T: thread: '" + "1" * 40 + "' is no thread-id"),
    ],
    ids=lambda value: value[:12],
)
def test_an_absurdly_long_packet_is_soon_refused(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=f"^{re.escape(message)}"):
        catalogue.parse(payload)
