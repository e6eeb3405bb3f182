"""Every packet there is, on one page: filled by the packets' declarations, longest name first.

A payload that is no packet of this page is one we do not know, and the protocol's answer to that is the empty reply.
A payload that is, but breaks the packet's grammar, is an error.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gdbstub.rsp.packet import DECLARED, Packet
from gdbstub.rsp.packets import breakpoints, general, lldb, memory, registers, resume, threads

__all__ = ["PACKETS", "describe", "parse"]

FAMILIES = (general, threads, registers, memory, breakpoints, resume, lldb)

# Longest name first, so that no name can hide a longer one; in a family's order where they are as long.
PACKETS: tuple[type[Packet], ...] = tuple(
    sorted(
        (declared for family in FAMILIES for declared in DECLARED if declared.__module__ == family.__name__),
        key=lambda declared: -len(declared.NAME),
    )
)

SHORT = 64  # bytes; longer payloads carry data and hardly come twice

_ANY_OF_THEM = re.compile(b"|".join(b"(%b)" % declared.RECOGNISED for declared in PACKETS), re.DOTALL)


def parse(payload: bytes) -> Packet | None:
    """The packet that ``payload`` is, or None if it is none that we know.

    Raises ProtocolError for a packet that we know and whose arguments are wrong.

    >>> parse(b"m80000000,4")
    ReadMemory(address=2147483648, length=4)
    >>> parse(b"vMoon;1") is None
    True
    >>> parse(b"m80000000,")
    Traceback (most recent call last):
    gdbstub.errors.ProtocolError: m: length: a hexadecimal number is missing
    """
    return _parse_again(payload) if len(payload) <= SHORT else _parse(payload)


def _parse(payload: bytes) -> Packet | None:
    found = _ANY_OF_THEM.match(payload)
    if found is None or found.lastindex is None:
        return None
    declared = PACKETS[found.lastindex - 1]
    return declared.parse(payload[len(declared.NAME) :])


_parse_again = lru_cache(maxsize=512)(_parse)  # a debugger that steps says the same few things, over and over


def describe() -> list[tuple[str, str]]:
    """Each packet's name on the wire, and its grammar with GDB's question; in alphabetical order.

    >>> dict(describe())["?"]
    '? — "Why is the target stopped?"'
    """
    return sorted((declared.NAME, declared.summary()) for declared in PACKETS)
