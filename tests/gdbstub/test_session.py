"""A conversation as a whole: order, patience, and hostile input. What each packet does is in ``handlers/``."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdbstub.rsp import framing
from gdbstub.rsp.catalogue import PACKETS
from gdbstub.rsp.packets.general import Kill, Restart
from gdbstub.session import PATIENCE, Session
from tests.gdbstub.debugger import Debugger, payloads
from tests.gdbstub.fake_target import FakeTarget

STOP = b"T05thread:1;20:0410000000000000;"


def test_packets_in_one_delivery_are_answered_in_their_order(gdb: Debugger) -> None:
    wire = b"".join(framing.encode(payload) for payload in (b"p20", b"qC", b"m1000,1"))
    assert payloads(gdb.session.receive(wire)) == [b"0010000000000000", b"QC1", b"13"]


def test_a_packet_may_come_byte_by_byte(target: FakeTarget) -> None:
    session = Session(target)
    said = b"".join(session.receive(bytes((byte,))) for byte in b"+$qC#b4+")
    assert said == b"+$QC1#c5"


def test_a_packet_that_comes_while_the_target_runs_waits_for_the_stop(gdb: Debugger) -> None:
    assert gdb.exchange("s", then=framing.encode(b"qC")) == [STOP, b"QC1"]


def test_two_runs_in_one_delivery_follow_each_other(gdb: Debugger) -> None:
    assert gdb.exchange("s", then=framing.encode(b"s"))[1].startswith(b"T05thread:1;20:0810")


def test_ctrl_c_without_a_running_target_means_nothing(gdb: Debugger) -> None:
    assert gdb.session.receive(b"\x03") == b""
    assert gdb.ask("s") == STOP


def test_ctrl_c_acts_at_once_though_packets_wait(gdb: Debugger) -> None:
    stop, current = gdb.exchange("c", then=framing.encode(b"qC") + b"\x03")
    assert stop.startswith(b"T02")
    assert current == b"QC1"


def test_a_client_that_floods_a_running_target_is_let_go(gdb: Debugger) -> None:
    flood = framing.encode(b"qC") * PATIENCE
    assert gdb.session.receive(framing.encode(b"c") + flood) == b""
    assert gdb.session.leaving is None
    gdb.session.receive(framing.encode(b"qC"))
    assert gdb.session.leaving is not None


def test_a_slice_cannot_be_run_while_the_target_is_halted(gdb: Debugger) -> None:
    with pytest.raises(RuntimeError):
        gdb.session.run_slice()


def test_a_closed_session_leaves_a_running_target_where_it_is(gdb: Debugger, target: FakeTarget) -> None:
    gdb.ask("Z0,1300,4")
    gdb.session.receive(framing.encode(b"c"))
    assert gdb.session.run_slice() is None
    gdb.session.close()
    assert not target.breakpoints
    assert not gdb.session.running
    here = Debugger(target).pc()
    assert here != 0x1000
    assert Debugger(target).pc() == here


ADDRESSES = st.sampled_from(
    [0, 0xFFF, 0x1000, 0x1008, 0x1100, 0x1200, 0x1300, 0x3000, 0x4FFF, 0x5000, 2**63, 2**64 - 1]
)
NUMBERS = st.one_of(ADDRESSES, st.integers(0, 8), st.integers(0, 2**70))
HEXED = st.builds(lambda number: f"{number:x}", NUMBERS)
THREADS = st.sampled_from(["", "0", "1", "2", "3", "-1", "p1.1", "p1.-1", "p2.1", "p-1.0", "-2", "zz"])
BYTES = st.binary(max_size=20)

WELL_FORMED = st.one_of(
    st.builds(
        "{}{},{}".format, st.sampled_from(["m", "x", "Z0,", "Z1,", "Z2,", "Z3,", "Z4,", "z0,", "z2,"]), HEXED, HEXED
    ),
    st.builds(lambda at, data: f"M{at},{len(data):x}:{data.hex()}", HEXED, BYTES),
    st.builds("{}{}".format, st.sampled_from(["p", "c", "s", "C05;", "S05;", "qThreadStopInfo"]), HEXED),
    st.builds(lambda number, data: f"P{number}={data.hex()}", HEXED, st.binary(min_size=7, max_size=9)),
    st.builds(lambda data: f"G{data.hex()}", st.binary(min_size=264, max_size=264)),
    st.builds("{}{}".format, st.sampled_from(["Hg", "Hc", "T", "qThreadExtraInfo,"]), THREADS),
    st.builds(
        "vCont;{}{}{}".format,
        st.sampled_from(["c", "s", "t", "C05", "S05", "r1000,1010", "r1010,1000", "s:1;c", "t:1;s"]),
        st.sampled_from(["", ":"]),
        THREADS,
    ),
    st.builds(
        "qXfer:{}:read:{}:{},{}".format,
        st.sampled_from(["features", "threads", "memory-map", "osdata"]),
        st.sampled_from(["", "target.xml", "x"]),
        HEXED,
        HEXED,
    ),
    st.builds(
        lambda line: f"qRcmd,{line.encode().hex()}", st.sampled_from(["", "help", "count", "count --json", "cnt", "'"])
    ),
    st.builds("qSearch:memory:{};{};{}".format, HEXED, HEXED, st.sampled_from(["", "s", "\x73"])),
    st.builds("qCRC:{},{}".format, HEXED, HEXED),
    st.sampled_from(
        ["?", "!", "g", "qC", "vRun;", "vKill;1", "D;2", "vAttach;1", "vCont?", "QStartNoAckMode", "qSupported:"]
    ),
    st.sampled_from(
        ["qSupported:error-message+;swbreak+", "QThreadSuffixSupported", "QListThreadsInStopReply", "qHostInfo"]
    ),
).map(lambda text: text.encode("latin-1"))

NAMES = st.sampled_from([packet.NAME.encode() for packet in PACKETS])
MALFORMED = st.one_of(
    st.builds(bytes.__add__, NAMES, BYTES),
    st.binary(max_size=40),
    st.builds(lambda payload, cut: payload[:cut], WELL_FORMED, st.integers(0, 12)),
    st.builds(lambda payload, at, junk: payload[:at] + junk + payload[at:], WELL_FORMED, st.integers(0, 12), BYTES),
)
SILENT = (Kill.NAME.encode(), Restart.NAME.encode())
REQUESTS = st.lists(st.one_of(WELL_FORMED, WELL_FORMED, MALFORMED), min_size=6, max_size=16)


def answered(gdb: Debugger, request: bytes) -> None:
    """One request, and no more or less than one reply; console text apart."""
    said = [reply for reply in gdb.exchange(request, then=b"\x03") if reply[:1] != b"O" or reply == b"OK"]
    assert not gdb.session.running
    assert len(said) == 1 or (not said and request.startswith(SILENT)), (request, said)


@settings(max_examples=900, deadline=None)
@given(REQUESTS, st.sampled_from(["", "swbreak+;hwbreak+", "error-message+"]))
def test_every_request_gets_exactly_one_reply_whatever_it_is(requests: list[bytes], features: str) -> None:
    target = FakeTarget()
    gdb = Debugger(target, features)
    for request in requests:
        answered(gdb, request)
        if gdb.session.leaving is not None:
            gdb.session.close()
            gdb = Debugger(target, features)
    gdb.session.close()
    assert not target.breakpoints


PIECES = st.one_of(
    WELL_FORMED.map(framing.encode),
    st.builds(lambda payload, cut: framing.encode(payload)[:cut], WELL_FORMED, st.integers(0, 20)),
    st.builds(lambda payload: framing.encode(payload)[:-2] + b"zz", WELL_FORMED),
    st.sampled_from([b"+", b"-", b"\x03", b"$", b"#", b"$" * 50, b"#00", b"\x00\xff", b"$#00", b"}*"]),
    st.binary(max_size=30),
)


@settings(max_examples=900, deadline=None)
@given(st.lists(PIECES, min_size=4, max_size=16), st.booleans())
def test_whatever_arrives_the_next_client_is_served(pieces: list[bytes], acks: bool) -> None:
    target = FakeTarget()
    session = Session(target)
    if not acks:
        session.receive(framing.encode(b"QStartNoAckMode") + b"+")
    for piece in pieces:
        session.receive(piece)
        if session.running and (stop := session.run_slice()):
            session.stopped(stop)
        if session.leaving is not None:
            break
    session.close()
    assert not target.breakpoints
    assert Debugger(target).ask("m1000,1") in (b"13", b"00") or bytes(target.memory[:1]) != b"\x13"
