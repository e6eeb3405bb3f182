"""What LLDB asks beyond GDB's packets."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets import lldb
from gdbstub.rsp.thread_id import ThreadId

PACKETS = [
    (b"QThreadSuffixSupported", lldb.EnableThreadSuffix()),
    (b"QListThreadsInStopReply", lldb.EnableThreadsInStopReply()),
    (b"QEnableErrorStrings", lldb.EnableErrorStrings()),
    (b"qHostInfo", lldb.DescribeHost()),
    (b"qProcessInfo", lldb.DescribeProcess()),
    (b"qVAttachOrWaitSupported", lldb.QueryAttachOrWait()),
    (b"qStructuredDataPlugins", lldb.QueryStructuredDataPlugins()),
    (b"qRegisterInfoff", lldb.DescribeRegister(0xFF)),
    (b"qMemoryRegionInfo:ff", lldb.DescribeMemoryRegion(0xFF)),
    (b"qThreadStopInfo1", lldb.QueryThreadStopReason(1)),
    (b"jThreadsInfo", lldb.ListThreadsAsJson()),
]
MALFORMED = [
    (b"qRegisterInfo", "qRegisterInfo: register: a hexadecimal number is missing"),
    (b"qMemoryRegionInfo", "qMemoryRegionInfo: address: expected ':', found the end of the packet"),
    (b"qThreadStopInfox", "qThreadStopInfo: thread: a hexadecimal number is missing"),
    (b"qHostInfo:", "qHostInfo: ':' is left over at the end"),
]


@pytest.mark.parametrize(
    ("payload", "plain", "thread"),
    [
        (b"g;thread:0001;", b"g", ThreadId(1)),
        (b"G00;thread:1f", b"G00", ThreadId(0x1F)),
        (b"p20;thread:p1.2;", b"p20", ThreadId(2, 1)),
        (b"P20=00;thread:1;", b"P20=00", ThreadId(1)),
        (b"g", b"g", None),
        (b"m0,4;thread:1;", b"m0,4;thread:1;", None),
        (b"X0,a:;thread:1;", b"X0,a:;thread:1;", None),
    ],
)
def test_the_thread_suffix_is_split_off_register_packets(payload: bytes, plain: bytes, thread: ThreadId | None) -> None:
    assert lldb.split_thread_suffix(payload) == (plain, thread)


@pytest.mark.parametrize("payload", [b"g;thread:;", b"g;thread:x;", b"p1;thread:-2;"])
def test_a_suffix_that_names_no_thread_is_an_error(payload: bytes) -> None:
    with pytest.raises(ProtocolError, match="the suffix ;thread: names no thread"):
        lldb.split_thread_suffix(payload)


@pytest.mark.parametrize(("payload", "packet"), PACKETS)
def test_parses_and_builds(payload: bytes, packet: Packet) -> None:
    assert catalogue.parse(payload) == packet
    assert packet.build() == payload


@pytest.mark.parametrize(("payload", "message"), MALFORMED)
def test_malformed_is_an_error_that_names_the_field(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        catalogue.parse(payload)
    assert str(error.value) == message
