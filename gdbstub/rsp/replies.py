"""What we say: each reply is a value that builds its own payload.

Stop replies stand in `gdbstub.rsp.stop_replies` and are to be had here, too. A reply's ``build`` raises ValueError for
a value that cannot travel, which is a bug of ours.

GDB manual, "Remote Protocol", "Standard Replies", "Packets" and "General Query Packets".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gdbstub.rsp.stop_replies import Exited, Killed, Reason, ReasonKind, Stop
from gdbstub.rsp.thread_id import ThreadId

__all__ = [
    "Attached",
    "BinaryData",
    "ConsoleOutput",
    "Crc",
    "CurrentThread",
    "Empty",
    "EndOfThreads",
    "Error",
    "Exited",
    "Found",
    "HexData",
    "Killed",
    "Ok",
    "Pairs",
    "Reason",
    "ReasonKind",
    "Reply",
    "ResumeActions",
    "Stop",
    "Supported",
    "Text",
    "ThreadList",
    "Unavailable",
    "XferChunk",
]


class Reply(Protocol):
    """Anything that can be sent to the debugger."""

    def build(self) -> bytes:
        """The payload, before framing."""


@dataclass(frozen=True)
class Ok:
    """The request was carried out.

    >>> Ok().build()
    b'OK'
    """

    def build(self) -> bytes:
        return b"OK"


@dataclass(frozen=True)
class Empty:
    """The request is not one that we know.

    >>> Empty().build()
    b''
    """

    def build(self) -> bytes:
        return b""


@dataclass(frozen=True)
class Error:
    """The request cannot be met; ``text`` in words, only for a client that offered ``error-message``.

    >>> Error(14).build(), Error(14, "nothing is mapped at 0x10").build()
    (b'E0e', b'E.nothing is mapped at 0x10')
    """

    errno: int
    text: str | None = None

    def build(self) -> bytes:
        if self.text is not None:
            return b"E." + self.text.encode("ascii", "backslashreplace")
        if not 0 <= self.errno <= 255:
            raise ValueError(f"an Enn reply carries a number from 0 to 255, not {self.errno}")
        return b"E%02x" % self.errno


@dataclass(frozen=True)
class Text:
    """Plain ASCII text; other characters are backslash-escaped. For replies that are a word or JSON.

    >>> Text('[{"tid":1}]').build()
    b'[{"tid":1}]'
    """

    text: str

    def build(self) -> bytes:
        return self.text.encode("ascii", "backslashreplace")


@dataclass(frozen=True)
class HexData:
    """Bytes, two hexadecimal digits each: memory, registers, and the answers to ``qRcmd`` and ``qThreadExtraInfo``.

    >>> HexData(b"\\x13\\xff").build(), HexData.of_text("HS").build()
    (b'13ff', b'4853')
    """

    data: bytes

    @classmethod
    def of_text(cls, text: str) -> HexData:
        """Text as UTF-8."""
        return cls(text.encode("utf-8", "backslashreplace"))

    def build(self) -> bytes:
        return self.data.hex().encode("ascii")


@dataclass(frozen=True)
class Unavailable:
    """A register of ``length`` bytes that exists and whose value cannot be told now; gdb shows it so.

    >>> Unavailable(2).build()
    b'xxxx'
    """

    length: int

    def build(self) -> bytes:
        return b"xx" * self.length


@dataclass(frozen=True)
class BinaryData:
    """Bytes as they are, the reply to ``x``.

    >>> BinaryData(b"\\x13#").build()
    b'b\\x13#'
    """

    data: bytes

    def build(self) -> bytes:
        return b"b" + self.data


@dataclass(frozen=True)
class ConsoleOutput:
    """Text for the debugger's console, sent before the reply proper while a command or the target runs.

    >>> ConsoleOutput("hi\\n").build()
    b'O68690a'
    """

    text: str

    def build(self) -> bytes:
        return b"O" + HexData.of_text(self.text).build()


@dataclass(frozen=True)
class XferChunk:
    """A part of a document, and whether it is the last; the reply to ``qXfer``.

    >>> XferChunk.of(b"<target/>", offset=0, length=4).build(), XferChunk.of(b"<target/>", offset=4, length=99).build()
    (b'm<tar', b'lget/>')
    """

    data: bytes
    last: bool

    @classmethod
    def of(cls, document: bytes, *, offset: int, length: int) -> XferChunk:
        """At most ``length`` bytes of ``document`` from ``offset``; beyond its end, nothing and the last."""
        return cls(document[offset : offset + length], last=offset + length >= len(document))

    def build(self) -> bytes:
        return (b"l" if self.last else b"m") + self.data


@dataclass(frozen=True)
class ThreadList:
    """Some threads, of which there must be one; the reply to ``qfThreadInfo``.

    >>> ThreadList((ThreadId(1), ThreadId(2))).build()
    b'm1,2'
    """

    threads: tuple[ThreadId, ...]

    def build(self) -> bytes:
        return b"m" + b",".join(thread.build() for thread in self.threads)


@dataclass(frozen=True)
class EndOfThreads:
    """There are no more threads; the reply to ``qsThreadInfo``.

    >>> EndOfThreads().build()
    b'l'
    """

    def build(self) -> bytes:
        return b"l"


@dataclass(frozen=True)
class CurrentThread:
    """The reply to ``qC``.

    >>> CurrentThread(ThreadId(1)).build()
    b'QC1'
    """

    thread: ThreadId

    def build(self) -> bytes:
        return b"QC" + self.thread.build()


@dataclass(frozen=True)
class Attached:
    """Whether the program was there before the debugger; the reply to ``qAttached``.

    >>> Attached(True).build()
    b'1'
    """

    existed_before: bool

    def build(self) -> bytes:
        return b"%d" % self.existed_before


@dataclass(frozen=True)
class Supported:
    """What we can do, the reply to ``qSupported``: a name with True, False or a value.

    >>> Supported({"PacketSize": "4000", "swbreak": True, "QNonStop": False}).build()
    b'PacketSize=4000;swbreak+;QNonStop-'
    """

    features: Mapping[str, bool | str]

    def build(self) -> bytes:
        return ";".join(_feature(name, value) for name, value in self.features.items()).encode("ascii")


def _feature(name: str, value: bool | str) -> str:
    if isinstance(value, str):
        return f"{name}={value}"
    return f"{name}+" if value else f"{name}-"


@dataclass(frozen=True)
class ResumeActions:
    """The letters of the actions that we know, the reply to ``vCont?``; gdb wants c, C, s and S or uses none.

    >>> ResumeActions("cCsSt").build()
    b'vCont;c;C;s;S;t'
    """

    letters: str

    def build(self) -> bytes:
        return ";".join(["vCont", *self.letters]).encode("ascii")


@dataclass(frozen=True)
class Found:
    """Where the pattern stands, or None; the reply to ``qSearch:memory``.

    >>> Found(0x80000010).build(), Found(None).build()
    (b'1,80000010', b'0')
    """

    address: int | None

    def build(self) -> bytes:
        return b"0" if self.address is None else b"1,%x" % self.address


@dataclass(frozen=True)
class Crc:
    """A checksum of 32 bits, the reply to ``qCRC``.

    >>> Crc(0x0376E6E7).build()
    b'C376e6e7'
    """

    checksum: int

    def build(self) -> bytes:
        return b"C%x" % self.checksum


@dataclass(frozen=True)
class Pairs:
    """Names and values, the reply to LLDB's questions about the host, the process, a register or memory.

    A value that is free text must be in hexadecimal, as LLDB's documentation says for each name.

    >>> Pairs({"endian": "little", "ptrsize": "8"}).build()
    b'endian:little;ptrsize:8;'
    """

    pairs: Mapping[str, str]

    def build(self) -> bytes:
        return "".join(f"{name}:{value};" for name, value in self.pairs.items()).encode("ascii")
