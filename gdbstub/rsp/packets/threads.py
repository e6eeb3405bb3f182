"""Threads: which there are, which one is meant, what each is called.

GDB manual, "Remote Protocol", "Packets" and "General Query Packets".
"""

from __future__ import annotations

from enum import Enum

from gdbstub.rsp.fields import choice, thread_id
from gdbstub.rsp.packet import Packet, packet
from gdbstub.rsp.thread_id import ThreadId

__all__ = [
    "CheckThread",
    "DescribeThread",
    "ListFirstThreads",
    "ListNextThreads",
    "Purpose",
    "QueryCurrentThread",
    "SelectThread",
]


class Purpose(Enum):
    """What a thread is selected for, as the letter after H."""

    ACCESS = "g"  # memory, registers, breakpoints
    RESUME = "c"  # c, s and their relatives


@packet("H", purpose=choice(Purpose), thread=thread_id())
class SelectThread(Packet):
    """H g|c thread-id — "The next requests are about this thread."

    >>> SelectThread.parse(b"gp1.2")
    SelectThread(purpose=<Purpose.ACCESS: 'g'>, thread=ThreadId(thread=2, process=1))
    >>> SelectThread(Purpose.RESUME, ThreadId(-1)).build()
    b'Hc-1'
    """

    purpose: Purpose
    thread: ThreadId


@packet("T", thread=thread_id())
class CheckThread(Packet):
    """T thread-id — "Does this thread still exist?"

    >>> CheckThread.parse(b"3")
    CheckThread(thread=ThreadId(thread=3, process=None))
    >>> CheckThread(ThreadId(1)).build()
    b'T1'
    """

    thread: ThreadId


@packet("qC")
class QueryCurrentThread(Packet):
    """qC — "Which thread is the current one?"

    >>> QueryCurrentThread.parse(b"")
    QueryCurrentThread()
    >>> QueryCurrentThread().build()
    b'qC'
    """


@packet("qfThreadInfo")
class ListFirstThreads(Packet):
    """qfThreadInfo — "Which threads are there?"

    >>> ListFirstThreads.parse(b"")
    ListFirstThreads()
    >>> ListFirstThreads().build()
    b'qfThreadInfo'
    """


@packet("qsThreadInfo")
class ListNextThreads(Packet):
    """qsThreadInfo — "And which more?"

    >>> ListNextThreads.parse(b"")
    ListNextThreads()
    >>> ListNextThreads().build()
    b'qsThreadInfo'
    """


@packet("qThreadExtraInfo", thread=thread_id(lead=b","))
class DescribeThread(Packet):
    """qThreadExtraInfo,thread-id — "What should I say about this thread to the user?"

    >>> DescribeThread.parse(b",1")
    DescribeThread(thread=ThreadId(thread=1, process=None))
    >>> DescribeThread(ThreadId(2)).build()
    b'qThreadExtraInfo,2'
    """

    thread: ThreadId
