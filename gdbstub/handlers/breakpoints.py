"""Breakpoints and watchpoints. The protocol wants both requests to be harmless when repeated."""

from __future__ import annotations

from errno import EINVAL, EOPNOTSUPP

from gdbstub.errors import TargetError
from gdbstub.handlers.conversation import Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.rsp.packets import breakpoints
from gdbstub.rsp.replies import Empty, Ok, Reply
from gdbstub.target import Breakable, Breakpoint, BreakpointKind

__all__: list[str] = []


@handles(breakpoints.InsertBreakpoint, needs=Breakable)
def insert_breakpoint(talk: Conversation, packet: breakpoints.InsertBreakpoint, target: Breakable) -> Reply:
    """“Stop there, if one of the conditions holds.” A condition that nobody evaluates is refused, not ignored."""
    wanted = _named(packet)
    if wanted.kind not in target.breakpoint_kinds:
        return Empty()
    if packet.conditions or packet.commands:
        raise TargetError(
            EOPNOTSUPP, "conditions and commands are gdb's to evaluate: set breakpoint condition-evaluation host"
        )
    _check_range(wanted)
    if wanted not in talk.breakpoints:
        target.insert_breakpoint(wanted)
        talk.breakpoints.add(wanted)
    return Ok()


@handles(breakpoints.RemoveBreakpoint, needs=Breakable)
def remove_breakpoint(talk: Conversation, packet: breakpoints.RemoveBreakpoint, target: Breakable) -> Reply:
    """“Do not stop there any more.”"""
    wanted = _named(packet)
    if wanted.kind not in target.breakpoint_kinds:
        return Empty()
    if wanted in talk.breakpoints:
        target.remove_breakpoint(wanted)
        talk.breakpoints.remove(wanted)
    return Ok()


def _named(packet: breakpoints.InsertBreakpoint | breakpoints.RemoveBreakpoint) -> Breakpoint:
    return Breakpoint(BreakpointKind(int(packet.kind.value)), packet.address, packet.length)


def _check_range(wanted: Breakpoint) -> None:
    if wanted.kind.watches_memory and not 0 < wanted.length <= (1 << 64) - wanted.address:
        raise TargetError(EINVAL, f"{wanted.length:#x} bytes at {wanted.address:#x} cannot be watched: no such range")
