"""Breakpoints and watchpoints, with the conditions and commands that the target evaluates itself.

GDB manual, "Remote Protocol", "Packets" (Z0 to Z4). Conditions and commands are GDB's agent bytecode, opaque here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gdbstub.rsp.fields import choice, counted_hex, flag, listing, number, optional, record
from gdbstub.rsp.packet import Packet, packet

__all__ = ["AgentCommands", "BreakpointKind", "InsertBreakpoint", "RemoveBreakpoint"]


class BreakpointKind(Enum):
    """What to stop at, as the digit after Z or z."""

    SOFTWARE = "0"
    HARDWARE = "1"
    WRITE = "2"
    READ = "3"
    ACCESS = "4"


@dataclass(frozen=True)
class AgentCommands:
    """Agent expressions to run at a hit; ``persistent`` if they are to run after the debugger has gone, too."""

    persistent: bool
    expressions: tuple[bytes, ...]


_KNOWN = rb"(?=[0-4])"  # any other digit is a kind that we do not know, hence no packet of ours
_EXPRESSIONS = listing(counted_hex(until=b","), separator=b"X")


@packet(
    "Z",
    followed_by=_KNOWN,
    kind=choice(BreakpointKind, until=b","),
    address=number(until=b","),
    length=number(),
    conditions=optional(_EXPRESSIONS, lead=b";X", absent=()),
    commands=optional(record(AgentCommands, persistent=flag(until=b",X"), expressions=_EXPRESSIONS), lead=b";cmds:"),
)
class InsertBreakpoint(Packet):
    """Z kind,addr,length[;conditions][;cmds:persist,commands] — "Stop there, if one of the conditions holds."

    ``length`` is the size of a watched range; for a breakpoint it is the size of the instruction that stands there.

    >>> InsertBreakpoint.parse(b"0,80001000,2;X3,220027")
    InsertBreakpoint(kind=<BreakpointKind.SOFTWARE: '0'>, address=2147487744, length=2, \
conditions=(b'"\\x00\\'',), commands=None)
    >>> InsertBreakpoint(BreakpointKind.WRITE, 0x80008000, 8).build()
    b'Z2,80008000,8'
    """

    kind: BreakpointKind
    address: int
    length: int
    conditions: tuple[bytes, ...] = ()
    commands: AgentCommands | None = None


@packet(
    "z",
    followed_by=_KNOWN,
    kind=choice(BreakpointKind, until=b","),
    address=number(until=b","),
    length=number(),
)
class RemoveBreakpoint(Packet):
    """z kind,addr,length — "Do not stop there any more."

    >>> RemoveBreakpoint.parse(b"1,80001000,4")
    RemoveBreakpoint(kind=<BreakpointKind.HARDWARE: '1'>, address=2147487744, length=4)
    >>> RemoveBreakpoint(BreakpointKind.READ, 0x80008000, 8).build()
    b'z3,80008000,8'
    """

    kind: BreakpointKind
    address: int
    length: int
