"""Why the target is not running (any more): the replies to ``?`` and to everything that makes it go on.

GDB manual, "Remote Protocol", "Stop Reply Packets".
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from gdbstub.rsp.thread_id import ThreadId

__all__ = ["Exited", "Killed", "Reason", "ReasonKind", "Stop"]


class ReasonKind(Enum):
    """What stopped a thread, beside the signal; each only for a client that offered it, but for the watchpoints."""

    SWBREAK = "swbreak"
    HWBREAK = "hwbreak"
    WATCH = "watch"
    RWATCH = "rwatch"
    AWATCH = "awatch"
    REPLAY_BEGIN = "replaylog:begin"
    REPLAY_END = "replaylog:end"

    @property
    def has_address(self) -> bool:
        """Whether it says which data address was touched."""
        return self in (ReasonKind.WATCH, ReasonKind.RWATCH, ReasonKind.AWATCH)


@dataclass(frozen=True)
class Reason:
    """What stopped a thread; ``address`` is the data address that a watchpoint saw.

    >>> Reason(ReasonKind.SWBREAK).build(), Reason(ReasonKind.WATCH, 0x80008000).build()
    (b'swbreak:;', b'watch:80008000;')
    """

    kind: ReasonKind
    address: int | None = None

    def __post_init__(self) -> None:
        if self.kind.has_address != (self.address is not None):
            raise ValueError(f"a watchpoint has an address and nothing else has: {self.kind.name}, {self.address}")

    def build(self) -> bytes:
        """The pair as it stands in a stop reply."""
        name = self.kind.value.encode("ascii")
        colon = b"" if b":" in name else b":"
        return name + colon + (b"" if self.address is None else b"%x" % self.address) + b";"


@dataclass(frozen=True)
class Stop:
    """A thread stopped with a signal.

    ``reasons`` has more than one member only for a client that offered ``multi-wp-addr``. ``registers`` are expedited:
    number to bytes in target order. ``threads`` lists all threads for a client that agreed on
    ``QListThreadsInStopReply``; ``notes`` are further names and values, which gdb skips and LLDB knows.

    >>> Stop(5, ThreadId(1), reasons=(Reason(ReasonKind.HWBREAK),), registers={32: b"\\x00\\x10"}).build()
    b'T05thread:1;hwbreak:;20:0010;'
    >>> Stop(5).build()
    b'T05'
    """

    signal: int
    thread: ThreadId | None = None
    core: int | None = None
    reasons: tuple[Reason, ...] = ()
    registers: Mapping[int, bytes] = field(default_factory=dict)
    threads: tuple[ThreadId, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    def build(self) -> bytes:
        """The payload."""
        parts = [b"T%02x" % self.signal]
        if self.thread is not None:
            parts.append(b"thread:%b;" % self.thread.build())
        if self.core is not None:
            parts.append(b"core:%x;" % self.core)
        if self.threads:
            parts.append(b"threads:%b;" % b",".join(thread.build() for thread in self.threads))
        parts += [reason.build() for reason in self.reasons]
        parts += [b"%s:%s;" % (name.encode("ascii"), value.encode("ascii")) for name, value in self.notes.items()]
        parts += [b"%02x:%b;" % (number, hexlify(data)) for number, data in self.registers.items()]
        return b"".join(parts)


@dataclass(frozen=True)
class Exited:
    """The program ended by itself; ``status`` is what it said, not negative (gdb reads more than two digits, too).

    >>> Exited(0).build(), Exited(3, process=1).build()
    (b'W00', b'W03;process:1')
    """

    status: int
    process: int | None = None

    def build(self) -> bytes:
        """The payload."""
        if self.status < 0:
            raise ValueError(f"an exit status is not negative: {self.status}")
        return b"W%02x" % self.status + _of(self.process)


@dataclass(frozen=True)
class Killed:
    """The program was ended by a signal, as after ``vKill``.

    >>> Killed(9).build()
    b'X09'
    """

    signal: int
    process: int | None = None

    def build(self) -> bytes:
        """The payload."""
        return b"X%02x" % self.signal + _of(self.process)


def _of(process: int | None) -> bytes:
    return b"" if process is None else b";process:%x" % process
