"""What LLDB asks beyond GDB's packets. The rest of its questions get the empty reply, and it does without."""

from __future__ import annotations

from gdbstub.handlers.conversation import PROCESS, Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.handlers.stops import bystander, stop_reply
from gdbstub.rsp.packets import lldb
from gdbstub.rsp.replies import Ok, Pairs, Reply
from gdbstub.rsp.thread_id import ThreadId
from gdbstub.target import Hosted, Mapped, RegionKind

__all__: list[str] = []

TOP = 1 << 64  # one past the last address
PERMISSIONS = {RegionKind.RAM: "rwx", RegionKind.ROM: "rx"}


@handles(lldb.EnableThreadSuffix, lldb.EnableThreadsInStopReply)
def agree(talk: Conversation, packet: lldb.EnableThreadSuffix | lldb.EnableThreadsInStopReply) -> Reply:
    """“May I name threads in register packets?” and “Will you list all threads at each stop?”"""
    talk.client.agreed.add(type(packet))
    return Ok()


@handles(lldb.DescribeHost, needs=Hosted)
def describe_host(talk: Conversation, packet: lldb.DescribeHost, target: Hosted) -> Reply:
    """“What kind of machine are you?”"""
    return Pairs(_host(target))


@handles(lldb.DescribeProcess, needs=Hosted)
def describe_process(talk: Conversation, packet: lldb.DescribeProcess, target: Hosted) -> Reply:
    """“What kind of process is this?”"""
    return Pairs({"pid": f"{PROCESS:x}", **_host(target)})


@handles(lldb.QueryThreadStopReason)
def query_thread_stop_reason(talk: Conversation, packet: lldb.QueryThreadStopReason) -> Reply:
    """“Why is this thread stopped?”"""
    if talk.stop is None or talk.over:
        return stop_reply(talk, talk.stop)
    thread = talk.thread_of(ThreadId(packet.thread))
    return stop_reply(talk, talk.stop) if thread == talk.stop.thread else bystander(talk, thread)


@handles(lldb.DescribeMemoryRegion, needs=Mapped)
def describe_memory_region(talk: Conversation, packet: lldb.DescribeMemoryRegion, target: Mapped) -> Reply:
    """“What lies around this address?” Gaps are answered, too: LLDB looks for one to keep its own values at."""
    start = 0
    for region in target.memory_map():
        if packet.address < region.start:
            return Pairs(_extent(start, region.start))
        start = region.start + region.length
        if packet.address < start:
            return Pairs({**_extent(region.start, start), "permissions": PERMISSIONS[region.kind]})
    return Pairs(_extent(start, TOP))


def _extent(start: int, end: int) -> dict[str, str]:
    return {"start": f"{start:x}", "size": f"{end - start:x}"}


def _host(target: Hosted) -> dict[str, str]:
    host = target.host
    return {
        "triple": host.triple.encode().hex(),
        "endian": host.endian,
        "ptrsize": str(host.pointer_size),
        "watchpoint_exceptions_received": "before",  # as `StopReason` has it
    }
