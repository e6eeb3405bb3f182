"""One client's bytes: the table at the top of connection.py, row by row, and then whatever bytes there are."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdbstub.rsp.connection import RESENDS, Connection, Damaged, Event, Interrupt, PacketReceived
from gdbstub.rsp.framing import encode

LIMIT = 64
SENTINEL = encode(b"sentinel")

FRAGMENTS = (
    *(b"$", b"#", b"+", b"-", b"\x03", b"}", b"*", b"0", b"$#00", b"$OK#9a", b"$OK#9", b"$OK#", b"#9a", b"$OK#zz"),
    *(b"$OK#9$", b"$OK#9b", b"$a*#", b"$}#7d", b"$a*\x01#8c", b"x" * (LIMIT + 10), b"$" + b"x" * LIMIT, b"abc"),
)


def with_fragments(program: bytes) -> bytes:
    """A stream in which each small byte of ``program`` stands for a fragment of a frame, and any other for itself."""
    return b"".join(FRAGMENTS[byte] if byte < len(FRAGMENTS) else bytes((byte,)) for byte in program)


STREAM = (st.binary(max_size=12) | st.binary(max_size=20).map(lambda data: bytes(b % 32 for b in data))).map(
    with_fragments
)
CUTS = st.binary(max_size=8).map(list)


def without_acks() -> Connection:
    connection = Connection()
    connection.stop_acks()
    return connection


def test_a_frame_is_acknowledged_and_delivered() -> None:
    connection = Connection()
    assert connection.receive(b"$qC#b4") == [PacketReceived(b"qC")]
    assert connection.bytes_to_send() == b"+"
    assert connection.bytes_to_send() == b""


def test_without_acks_a_frame_is_only_delivered() -> None:
    connection = without_acks()
    assert connection.receive(b"$qC#b4") == [PacketReceived(b"qC")]
    assert connection.bytes_to_send() == b""


def test_escaped_binary_arrives_plain() -> None:
    data = b"X0,4:#$}*"
    assert Connection().receive(encode(data)) == [PacketReceived(data)]


DAMAGE = [
    (b"$qC#b5", "the checksum is b5 but the frame's bytes sum to b4"),
    (b"$qC#xy", "b'x' stands where a checksum has a hexadecimal digit"),
    (b"$qC#b ", "b' ' stands where a checksum has a hexadecimal digit"),
    (b"$}#7d", "the frame ends inside an escape: '}' needs a character after it"),
    (b"$*!#4b", "a run ('*') has no character before it to repeat"),
    (encode(b"x" * 100), "the frame is longer than 64 bytes"),
]


@pytest.mark.parametrize(("frame", "reason"), DAMAGE)
def test_a_damaged_frame_is_refused_and_reported(frame: bytes, reason: str) -> None:
    connection = Connection(max_packet=LIMIT)
    assert connection.receive(frame) == [Damaged(reason, refused=True)]
    assert connection.bytes_to_send() == b"-"


@pytest.mark.parametrize(("frame", "reason"), DAMAGE)
def test_without_acks_a_damaged_frame_is_only_reported(frame: bytes, reason: str) -> None:
    connection = Connection(max_packet=LIMIT)
    connection.stop_acks()
    assert connection.receive(frame) == [Damaged(reason, refused=False)]
    assert connection.bytes_to_send() == b""


def test_a_nak_repeats_the_reply_as_often_as_gdb_would() -> None:
    connection = Connection()
    reply = connection.send(b"S05")
    for _ in range(RESENDS):
        assert connection.receive(b"-") == []
        assert connection.bytes_to_send() == reply
    connection.receive(b"-")
    assert connection.bytes_to_send() == b""


def test_an_ack_settles_the_reply() -> None:
    connection = Connection()
    connection.send(b"S05")
    assert connection.receive(b"+-") == []
    assert connection.bytes_to_send() == b""


def test_a_nak_asks_for_the_oldest_reply_of_several() -> None:
    connection = Connection()
    output, stop = connection.send(b"O68"), connection.send(b"S05")
    connection.receive(b"-")  # for the output; the stop is already on its way and is acknowledged next
    assert connection.bytes_to_send() == output
    connection.receive(b"+-")
    assert connection.bytes_to_send() == output
    assert stop not in output


def test_the_next_request_settles_everything() -> None:
    connection = Connection()
    connection.send(b"S05")
    connection.receive(b"$?#3f")
    assert connection.bytes_to_send() == b"+"
    connection.receive(b"-")
    assert connection.bytes_to_send() == b""


def test_stray_acks_and_naks_mean_nothing() -> None:
    connection = Connection()
    assert connection.receive(b"+-+-") == []
    assert connection.bytes_to_send() == b""


def test_acks_end_after_the_ok_which_may_still_be_acknowledged() -> None:
    connection = Connection()
    assert connection.receive(encode(b"QStartNoAckMode")) == [PacketReceived(b"QStartNoAckMode")]
    assert connection.bytes_to_send() == b"+"
    assert connection.acks
    assert connection.send(b"OK") == b"$OK#9a"
    connection.stop_acks()
    assert not connection.acks
    assert connection.receive(b"+$?#3f") == [PacketReceived(b"?")]
    assert connection.bytes_to_send() == b""


def test_the_ok_that_ends_acks_is_repeated_if_it_was_lost() -> None:
    connection = Connection()
    ok = connection.send(b"OK")
    connection.stop_acks()
    connection.receive(b"-")
    assert connection.bytes_to_send() == ok
    assert connection.receive(b"+$?#3f") == [PacketReceived(b"?")]


def test_without_acks_replies_are_not_kept() -> None:
    connection = without_acks()
    connection.send(b"S05")
    connection.receive(b"-")
    assert connection.bytes_to_send() == b""


def test_an_interrupt_between_frames() -> None:
    assert Connection().receive(b"+\x03$?#3f") == [Interrupt(), PacketReceived(b"?")]


def test_inside_a_frame_0x03_is_data() -> None:
    assert Connection().receive(encode(b"X0,1:\x03")) == [PacketReceived(b"X0,1:\x03")]


def test_a_frame_that_was_given_up_is_forgotten() -> None:
    connection = Connection()
    assert connection.receive(b"$m8000") == []
    assert connection.receive(b"$?#3f") == [PacketReceived(b"?")]
    assert connection.receive(b"$" * 1000 + b"?#3f") == [PacketReceived(b"?")]
    assert connection.bytes_to_send() == b"++"


@pytest.mark.parametrize("damaged", [b"$qC#", b"$qC#b", b"$qC", b"$", b"$qC#x"])
def test_the_frame_after_a_damaged_one_is_understood(damaged: bytes) -> None:
    assert Connection().receive(damaged + b"$?#3f")[-1] == PacketReceived(b"?")


def test_an_overlong_frame_costs_no_memory_and_is_dropped() -> None:
    connection = Connection(max_packet=LIMIT)
    connection.receive(b"$")
    tracemalloc.start()
    for _ in range(1000):
        assert connection.receive(b"x" * 1000) == []
    assert tracemalloc.get_traced_memory()[1] < 50_000
    tracemalloc.stop()
    assert connection.receive(b"#00" + SENTINEL) == [
        Damaged("the frame is longer than 64 bytes", refused=True),
        PacketReceived(b"sentinel"),
    ]
    assert connection.bytes_to_send() == b"-+"


def test_a_frame_of_just_the_limit_is_accepted() -> None:
    payload = b"x" * LIMIT
    assert Connection(max_packet=LIMIT).receive(encode(payload)) == [PacketReceived(payload)]


def test_a_large_frame_byte_by_byte() -> None:
    payload = b"X80000000,8000:" + bytes(0x8000)
    connection, events = Connection(), []
    for byte in encode(payload):
        events += connection.receive(bytes((byte,)))
    assert events == [PacketReceived(payload)]


def received(connection: Connection, stream: bytes, cuts: list[int]) -> list[Event]:
    """What the connection makes of ``stream`` in pieces."""
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [event for start, end in pairwise(places) for event in connection.receive(stream[start:end])]


@settings(max_examples=4000, deadline=None)
@given(stream=STREAM, cuts=CUTS)
def test_after_any_bytes_a_valid_frame_is_understood(stream: bytes, cuts: list[int]) -> None:
    connection = Connection(max_packet=LIMIT)
    assert received(connection, stream + SENTINEL, cuts)[-1] == PacketReceived(b"sentinel")
    assert connection.bytes_to_send().endswith(b"+")


@settings(max_examples=2500, deadline=None)
@given(stream=STREAM, cuts=CUTS)
def test_the_pieces_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    whole, pieces = Connection(max_packet=LIMIT), Connection(max_packet=LIMIT)
    assert received(pieces, stream, cuts) == received(whole, stream, [])
    assert pieces.bytes_to_send() == whole.bytes_to_send()


@settings(max_examples=2000, deadline=None)
@given(payloads=st.lists(st.binary(max_size=30), max_size=5), cuts=CUTS)
def test_frames_arrive_in_order_and_each_is_acknowledged(payloads: list[bytes], cuts: list[int]) -> None:
    connection = Connection()
    stream = b"".join(encode(payload, runs=True) for payload in payloads)
    assert received(connection, stream, cuts) == [PacketReceived(payload) for payload in payloads]
    assert connection.bytes_to_send() == b"+" * len(payloads)
