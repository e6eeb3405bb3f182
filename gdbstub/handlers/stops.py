"""A target's stop in the protocol's words."""

from __future__ import annotations

from gdbstub.handlers.conversation import Conversation
from gdbstub.rsp import stop_replies
from gdbstub.rsp.packets.lldb import EnableThreadsInStopReply
from gdbstub.rsp.replies import Reply
from gdbstub.rsp.stop_replies import Exited, Reason, ReasonKind
from gdbstub.rsp.thread_id import ThreadId
from gdbstub.signals import Signal
from gdbstub.target import Stop, StopReason

__all__ = ["bystander", "stop_reply"]

REASONS = {
    StopReason.SOFTWARE_BREAKPOINT: ReasonKind.SWBREAK,
    StopReason.HARDWARE_BREAKPOINT: ReasonKind.HWBREAK,
    StopReason.WRITE_WATCHPOINT: ReasonKind.WATCH,
    StopReason.READ_WATCHPOINT: ReasonKind.RWATCH,
    StopReason.ACCESS_WATCHPOINT: ReasonKind.AWATCH,
}


def stop_reply(talk: Conversation, stop: Stop | None) -> Reply:
    """“Why is the target stopped?” None means that there is no program, because the debugger ended it."""
    if stop is None:
        return Exited(0)
    if stop.reason is StopReason.EXITED:
        return Exited(stop.code)
    return _stopped(talk, stop.thread, stop.signal, _reasons(talk, stop))


def bystander(talk: Conversation, thread: int) -> Reply:
    """The stop of a thread that did nothing but stand still with the one that stopped."""
    return _stopped(talk, thread, Signal.NONE, ())


def _stopped(talk: Conversation, thread: int, signal: Signal, reasons: tuple[Reason, ...]) -> Reply:
    target = talk.target
    return stop_replies.Stop(
        signal,
        ThreadId(thread),
        reasons=reasons,
        registers={number: target.read_register(thread, number) for number in target.expedited_registers},
        threads=_listed(talk),
    )


def _reasons(talk: Conversation, stop: Stop) -> tuple[Reason, ...]:
    kind = REASONS.get(stop.reason)
    if kind is None or (not kind.has_address and kind.value not in talk.client.features):
        return ()
    return (Reason(kind, stop.address),)


def _listed(talk: Conversation) -> tuple[ThreadId, ...]:
    if EnableThreadsInStopReply not in talk.client.agreed:
        return ()
    return tuple(ThreadId(thread) for thread in talk.target.thread_ids)
