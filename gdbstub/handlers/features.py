"""``qSupported``, computed: a feature is promised exactly when its handler has what it needs."""

from __future__ import annotations

from collections.abc import Callable

from gdbstub.handlers.conversation import PACKET_SIZE, Conversation
from gdbstub.target import Breakable, BreakpointKind, Mapped

__all__ = ["offered"]


def _kind(kind: BreakpointKind) -> Callable[[Conversation], bool]:
    return lambda talk: isinstance(talk.target, Breakable) and kind in talk.target.breakpoint_kinds


def _always(_: Conversation) -> bool:
    return True


CONDITIONS: dict[str, Callable[[Conversation], bool]] = {
    "QStartNoAckMode": _always,
    "vContSupported": _always,
    "qXfer:features:read": _always,
    "qXfer:threads:read": _always,
    "binary-upload": _always,
    "qXfer:memory-map:read": lambda talk: isinstance(talk.target, Mapped),
    "swbreak": _kind(BreakpointKind.SOFTWARE),
    "hwbreak": _kind(BreakpointKind.HARDWARE),
    "error-message": _always,
}

# These describe replies, which make sense only to a client that named them first.
TO_BE_ASKED_FOR = frozenset({"swbreak", "hwbreak", "error-message"})


def offered(talk: Conversation) -> dict[str, bool | str]:
    """The features to answer this client with."""
    features: dict[str, bool | str] = {"PacketSize": f"{PACKET_SIZE:x}"}
    for name, condition in CONDITIONS.items():
        if condition(talk) and (name not in TO_BE_ASKED_FOR or name in talk.client.features):
            features[name] = True
    return features
