"""What LLDB asks beyond GDB's packets; each is optional, and the empty reply makes LLDB do without.

LLDB documentation, "GDB Remote Protocol Extensions".
"""

from __future__ import annotations

import re

from gdbstub.errors import ProtocolError
from gdbstub.rsp.fields import number
from gdbstub.rsp.packet import Packet, packet
from gdbstub.rsp.thread_id import ThreadId

__all__ = [
    "DescribeHost",
    "DescribeMemoryRegion",
    "DescribeProcess",
    "DescribeRegister",
    "EnableErrorStrings",
    "EnableThreadSuffix",
    "EnableThreadsInStopReply",
    "ListThreadsAsJson",
    "QueryAttachOrWait",
    "QueryStructuredDataPlugins",
    "QueryThreadStopReason",
    "split_thread_suffix",
]

_WITH_SUFFIX = re.compile(rb"([gGpP].*);thread:([^;]*);?", re.DOTALL)


def split_thread_suffix(payload: bytes) -> tuple[bytes, ThreadId | None]:
    """A register packet without its ``;thread:id;``, and the thread that it names.

    For clients that agreed on `EnableThreadSuffix`. Other packets, and those without the suffix, are left as they are.
    Raises ProtocolError if the suffix names no thread.

    >>> split_thread_suffix(b"p20;thread:0001;")
    (b'p20', ThreadId(thread=1, process=None))
    >>> split_thread_suffix(b"p20")
    (b'p20', None)
    """
    found = _WITH_SUFFIX.fullmatch(payload)
    if found is None:
        return payload, None
    try:
        return found[1], ThreadId.parse(found[2])
    except ValueError as error:
        raise ProtocolError(f"{payload[:1].decode()}: the suffix ;thread: names no thread: {error}") from None


@packet("QThreadSuffixSupported")
class EnableThreadSuffix(Packet):
    """QThreadSuffixSupported — "May I add ';thread:id;' to register packets, and select no thread before?"

    >>> EnableThreadSuffix.parse(b"")
    EnableThreadSuffix()
    >>> EnableThreadSuffix().build()
    b'QThreadSuffixSupported'
    """


@packet("QListThreadsInStopReply")
class EnableThreadsInStopReply(Packet):
    """QListThreadsInStopReply — "Will you list all threads in each stop reply?"

    >>> EnableThreadsInStopReply.parse(b"")
    EnableThreadsInStopReply()
    >>> EnableThreadsInStopReply().build()
    b'QListThreadsInStopReply'
    """


@packet("QEnableErrorStrings")
class EnableErrorStrings(Packet):
    """QEnableErrorStrings — "Will you say in words what went wrong?"

    >>> EnableErrorStrings.parse(b"")
    EnableErrorStrings()
    >>> EnableErrorStrings().build()
    b'QEnableErrorStrings'
    """


@packet("qHostInfo")
class DescribeHost(Packet):
    """qHostInfo — "What kind of machine are you?"

    >>> DescribeHost.parse(b"")
    DescribeHost()
    >>> DescribeHost().build()
    b'qHostInfo'
    """


@packet("qProcessInfo")
class DescribeProcess(Packet):
    """qProcessInfo — "What kind of process is this?"

    >>> DescribeProcess.parse(b"")
    DescribeProcess()
    >>> DescribeProcess().build()
    b'qProcessInfo'
    """


@packet("qVAttachOrWaitSupported")
class QueryAttachOrWait(Packet):
    """qVAttachOrWaitSupported — "Can I attach to a process that may not be there yet?"

    >>> QueryAttachOrWait.parse(b"")
    QueryAttachOrWait()
    >>> QueryAttachOrWait().build()
    b'qVAttachOrWaitSupported'
    """


@packet("qStructuredDataPlugins")
class QueryStructuredDataPlugins(Packet):
    """qStructuredDataPlugins — "Which kinds of structured data do you send?"

    >>> QueryStructuredDataPlugins.parse(b"")
    QueryStructuredDataPlugins()
    >>> QueryStructuredDataPlugins().build()
    b'qStructuredDataPlugins'
    """


@packet("qRegisterInfo", followed_by=b"", register=number(bits=32))
class DescribeRegister(Packet):
    """qRegisterInfo n — "What is register n?"

    >>> DescribeRegister.parse(b"20")
    DescribeRegister(register=32)
    >>> DescribeRegister(0).build()
    b'qRegisterInfo0'
    """

    register: int


@packet("qMemoryRegionInfo", address=number(lead=b":"))
class DescribeMemoryRegion(Packet):
    """qMemoryRegionInfo:addr — "What lies around this address, and may it be read, written, executed?"

    >>> DescribeMemoryRegion.parse(b":80000000")
    DescribeMemoryRegion(address=2147483648)
    >>> DescribeMemoryRegion(0x1000).build()
    b'qMemoryRegionInfo:1000'
    """

    address: int


@packet("qThreadStopInfo", followed_by=b"", thread=number())
class QueryThreadStopReason(Packet):
    """qThreadStopInfo tid — "Why is this thread stopped?"

    >>> QueryThreadStopReason.parse(b"2")
    QueryThreadStopReason(thread=2)
    >>> QueryThreadStopReason(1).build()
    b'qThreadStopInfo1'
    """

    thread: int


@packet("jThreadsInfo")
class ListThreadsAsJson(Packet):
    """jThreadsInfo — "Tell me about all threads at once."

    >>> ListThreadsAsJson.parse(b"")
    ListThreadsAsJson()
    >>> ListThreadsAsJson().build()
    b'jThreadsInfo'
    """
