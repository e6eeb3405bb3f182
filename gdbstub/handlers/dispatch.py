"""Which function answers which packet: a table that the handlers' decorators fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from gdbstub.handlers.conversation import Conversation
from gdbstub.handlers.outcome import Outcome
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.replies import Empty

__all__ = ["HANDLED", "answer", "handles"]

Function = TypeVar("Function", bound=Callable[..., Outcome])


@dataclass(frozen=True)
class Handler:
    """A function of (conversation, packet), or of (conversation, packet, target as `needs`)."""

    function: Callable[..., Outcome]
    needs: type[Any] | None


HANDLED: dict[type[Packet], Handler] = {}


def handles(*packets: type[Packet], needs: type[Any] | None = None) -> Callable[[Function], Function]:
    """Make a function the handler of these packets.

    With `needs`, one of `gdbstub.target.capabilities`, it is only called for a target that has the capability, and gets
    the target as that type for a third argument.
    """

    def declare(function: Function) -> Function:
        for packet in packets:
            if packet in HANDLED:
                raise ValueError(f"{packet.__name__} has two handlers")
            HANDLED[packet] = Handler(function, needs)
        return function

    return declare


def answer(talk: Conversation, packet: Packet) -> Outcome:
    """What is to happen for a packet; the empty reply, meaning "unsupported", if nobody here can handle it.

    Raises ProtocolError and TargetError as the handlers do.
    """
    handler = HANDLED.get(type(packet))
    if handler is None:
        return Empty()
    if handler.needs is None:
        return handler.function(talk, packet)
    if talk.offers(handler.needs):
        return handler.function(talk, packet, talk.target)
    return Empty()
