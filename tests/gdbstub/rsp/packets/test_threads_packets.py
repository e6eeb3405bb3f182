"""H T qC qfThreadInfo qsThreadInfo qThreadExtraInfo."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.threads import (
    CheckThread,
    DescribeThread,
    ListFirstThreads,
    ListNextThreads,
    Purpose,
    QueryCurrentThread,
    SelectThread,
)
from gdbstub.rsp.thread_id import ALL, ANY, ThreadId

PACKETS = [
    (b"Hg0", SelectThread(Purpose.ACCESS, ThreadId(ANY))),
    (b"Hc-1", SelectThread(Purpose.RESUME, ThreadId(ALL))),
    (b"Hgp1.a", SelectThread(Purpose.ACCESS, ThreadId(10, 1))),
    (b"Hgp-1.-1", SelectThread(Purpose.ACCESS, ThreadId(ALL, ALL))),
    (b"T1f", CheckThread(ThreadId(0x1F))),
    (b"qC", QueryCurrentThread()),
    (b"qfThreadInfo", ListFirstThreads()),
    (b"qsThreadInfo", ListNextThreads()),
    (b"qThreadExtraInfo,p1.2", DescribeThread(ThreadId(2, 1))),
]
NO_THREAD = "is no thread-id: it is a hexadecimal number, -1, or p<process>.<thread>"
MALFORMED = [
    (b"H", "H: purpose: expected one of g, c, found the end of the packet"),
    (b"Hx1", "H: purpose: expected one of g, c, found 'x'"),
    (b"Hg", f"H: thread: '' {NO_THREAD}"),
    (b"Hg-2", f"H: thread: '-2' {NO_THREAD}"),
    (b"Hgp", f"H: thread: 'p' {NO_THREAD}"),
    (b"Hgp1.", f"H: thread: 'p1.' {NO_THREAD}"),
    (b"Hg1.2", f"H: thread: '1.2' {NO_THREAD}"),
    (b"Hg11111111111111111", f"H: thread: '11111111111111111' {NO_THREAD}"),
    (b"T", f"T: thread: '' {NO_THREAD}"),
    (b"T1x", "T: 'x' is left over at the end"),
    (b"qC:1", "qC: ':1' is left over at the end"),
    (b"qThreadExtraInfo", "qThreadExtraInfo: thread: expected ',', found the end of the packet"),
]


def test_a_process_alone_means_all_its_threads() -> None:
    assert catalogue.parse(b"Hgp1") == SelectThread(Purpose.ACCESS, ThreadId(ALL, 1))


@pytest.mark.parametrize(("payload", "packet"), PACKETS)
def test_parses_and_builds(payload: bytes, packet: Packet) -> None:
    assert catalogue.parse(payload) == packet
    assert packet.build() == payload


@pytest.mark.parametrize(("payload", "message"), MALFORMED)
def test_malformed_is_an_error_that_names_the_field(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        catalogue.parse(payload)
    assert str(error.value) == message
