"""One client's stream of bytes, without a socket.

Rules of this file:

* Whatever bytes arrive, in whatever pieces, `Connection.receive` never raises, and the next whole frame is understood.
* Everything about one client is in one `Connection`; a new client gets a new one, so half a frame dies with its sender.
* Inside a frame every byte is data, except ``$``: that starts the frame again, for a client that gave up half-way.
  Outside a frame only ``$ + -`` and 0x03 mean something.
* A frame is damaged if its checksum is wrong or no hexadecimal number, if its escapes or runs are malformed, or if it
  is longer than ``max_packet``. A damaged frame is not delivered. The client is asked to send it again while there are
  acks; without acks nobody can ask, so the session is told and should answer with an error, or the client would wait.
* A reply sent while there are acks is kept until it is acknowledged, also if acks end in between (the OK that ends
  them is itself acknowledged). It is sent again at most `RESENDS` times.

What each thing received leads to::

                 | frame               damaged             ack      nak      interrupt
    -------------+---------------------------------------------------------------------
    acks         | acknowledge,deliver refuse,report       settle   resend   deliver
    no acks      | deliver             report              settle   resend   deliver

"Settle" and "resend" concern the oldest reply that is kept, and do nothing if there is none.
GDB manual, "Remote Protocol": "Overview", "Packet Acknowledgment", "Interrupts".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from gdbstub.errors import ProtocolError
from gdbstub.rsp import framing

__all__ = ["MAX_PACKET", "Connection", "Damaged", "Event", "Interrupt", "PacketReceived"]

MAX_PACKET = 0x10_0040  # bytes of a body: 1 MiB of data and room for a command and its numbers
RESENDS = 3  # as often as gdb itself sends a packet again
KEPT = 64  # replies that may wait for their ack; a client that never acknowledges costs no more than this

_ACK, _NAK, _INTERRUPT, _START, _END = b"+", b"-", b"\x03", b"$", b"#"
_MEANINGFUL = re.compile(rb"[$+\-\x03]")
_HEX_DIGITS = b"0123456789abcdefABCDEF"


@dataclass(frozen=True)
class PacketReceived:
    """A whole frame arrived; ``payload`` has its escapes and runs undone."""

    payload: bytes


@dataclass(frozen=True)
class Interrupt:
    """The user pressed Ctrl-C: byte 0x03 outside a frame."""


@dataclass(frozen=True)
class Damaged:
    """A frame was dropped because of ``reason``; ``refused`` says whether the client is asked to send it again.

    If it is not, the session owes the client an error reply.
    """

    reason: str
    refused: bool


Event: TypeAlias = PacketReceived | Interrupt | Damaged


class _Mode(Enum):
    ACKS = "acks"
    NO_ACKS = "no acks"


@dataclass(frozen=True)
class _Frame:
    payload: bytes


@dataclass(frozen=True)
class _BadFrame:
    reason: str


@dataclass(frozen=True)
class _Kept:
    frame: bytes
    resends_left: int = RESENDS


_Token: TypeAlias = bytes | _Frame | _BadFrame


class _Tokenizer:
    """Cuts a stream into frames and the single bytes that mean something between them."""

    def __init__(self, max_packet: int) -> None:
        self._max_packet = max_packet
        self._buffer = bytearray()  # starts with '$' while inside a frame
        self._searched = 1  # neither '#' nor another '$' stands before this offset, inside a frame
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[_Token]:
        """The tokens that ``data`` completes, in order."""
        self._buffer += data
        while token := self._next():
            yield token

    def _next(self) -> _Token | None:
        if not self._buffer.startswith(_START) and not self._skip_to_frame():
            return self._between_frames()
        self._restart_at_last_start()
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._hold_back()
            return None
        return self._whole_frame(end)

    def _skip_to_frame(self) -> bool:
        """Drop what means nothing; whether a frame is what comes next."""
        found = _MEANINGFUL.search(self._buffer)
        del self._buffer[: found.start() if found else len(self._buffer)]
        return self._buffer.startswith(_START)

    def _between_frames(self) -> bytes | None:
        if not self._buffer:
            return None
        token = bytes(self._buffer[:1])
        del self._buffer[:1]
        return token

    def _restart_at_last_start(self) -> None:
        """Forget a frame that was given up: a '$' inside a frame starts it again."""
        end = self._buffer.find(_END, self._searched)
        restart = self._buffer.rfind(_START, self._searched, end if end >= 0 else len(self._buffer))
        if restart > 0:
            self._consume(restart)

    def _hold_back(self) -> None:
        """Keep an unfinished frame for later, unless it is too long to be of use."""
        if len(self._buffer) > self._max_packet + 1:
            self._overlong = True
            del self._buffer[1:]
        self._searched = len(self._buffer)

    def _whole_frame(self, end: int) -> _Token | None:
        """The frame whose '#' is at offset ``end``, once its checksum is here too."""
        digits = bytes(self._buffer[end + 1 : end + 3])
        wrong = next((place for place, digit in enumerate(digits) if digit not in _HEX_DIGITS), None)
        if wrong is not None:  # what stands in a digit's place may be the '$' of the next frame: leave it
            self._consume(end + 1 + wrong)
            return _BadFrame(f"{digits[wrong : wrong + 1]!r} stands where a checksum has a hexadecimal digit")
        if len(digits) < 2:
            self._searched = end
            return None
        body, overlong = bytes(self._buffer[1:end]), self._overlong or end - 1 > self._max_packet
        self._consume(end + 3)
        if overlong:
            return _BadFrame(f"the frame is longer than {self._max_packet} bytes")
        return _checked(body, int(digits, 16))

    def _consume(self, count: int) -> None:
        """Forget the first ``count`` bytes, and with them the frame they belong to."""
        del self._buffer[:count]
        self._searched = 1
        self._overlong = False


def _checked(body: bytes, announced: int) -> _Frame | _BadFrame:
    actual = framing.checksum(body)
    if actual != announced:
        return _BadFrame(f"the checksum is {announced:02x} but the frame's bytes sum to {actual:02x}")
    try:
        return _Frame(framing.decode(body))
    except ProtocolError as error:
        return _BadFrame(str(error))


class Connection:
    """The protocol's lowest layer for one client: bytes in, events and bytes out.

    >>> connection = Connection()
    >>> connection.receive(b"+$?#3")
    []
    >>> connection.receive(b"f")
    [PacketReceived(payload=b'?')]
    >>> connection.bytes_to_send(), connection.send(b"S05")
    (b'+', b'$S05#b8')
    >>> connection.receive(b"-"), connection.bytes_to_send()
    ([], b'$S05#b8')
    """

    def __init__(self, max_packet: int = MAX_PACKET) -> None:
        """``max_packet`` is the largest number of bytes between ``$`` and ``#`` that is accepted."""
        self._tokens = _Tokenizer(max_packet)
        self._mode = _Mode.ACKS
        self._kept: deque[_Kept] = deque(maxlen=KEPT)
        self._outgoing = bytearray()

    def receive(self, data: bytes) -> list[Event]:
        """What ``data``, the next bytes of the stream, means; acks for it wait in `bytes_to_send`. Never raises."""
        return [event for token in self._tokens.feed(data) for event in self._react(token)]

    def bytes_to_send(self) -> bytes:
        """Acks, refusals and repeated replies that are due since the last call; send these before any reply."""
        outgoing = bytes(self._outgoing)
        self._outgoing.clear()
        return outgoing

    def send(self, payload: bytes) -> bytes:
        """The frame that carries ``payload``, to be written to the client."""
        frame = framing.encode(payload, runs=True)
        if self._mode is _Mode.ACKS:
            self._kept.append(_Kept(frame))
        return frame

    def stop_acks(self) -> None:
        """End acknowledgement in both directions; to be called after `send` gave the OK for QStartNoAckMode."""
        self._mode = _Mode.NO_ACKS

    @property
    def acks(self) -> bool:
        """Whether frames are acknowledged, as they are until `stop_acks`."""
        return self._mode is _Mode.ACKS

    def _react(self, token: _Token) -> list[Event]:
        match token:
            case _Frame(payload):
                return self._frame(payload)
            case _BadFrame(reason):
                return self._bad_frame(reason)
            case _:
                return _BETWEEN_FRAMES[token](self)

    def _frame(self, payload: bytes) -> list[Event]:
        self._kept.clear()  # a client that goes on has read the replies, with or without saying so
        if self._mode is _Mode.ACKS:
            self._outgoing += _ACK
        return [PacketReceived(payload)]

    def _bad_frame(self, reason: str) -> list[Event]:
        if self._mode is _Mode.ACKS:
            self._outgoing += _NAK
        return [Damaged(reason, refused=self._mode is _Mode.ACKS)]

    def _settle(self) -> list[Event]:
        if self._kept:
            self._kept.popleft()
        return []

    def _resend(self) -> list[Event]:
        """Send the oldest kept reply again; it then stands behind those that are already on their way."""
        if self._kept:
            kept = self._kept.popleft()
            if kept.resends_left:
                self._outgoing += kept.frame
                self._kept.append(_Kept(kept.frame, kept.resends_left - 1))
        return []

    def _interrupt(self) -> list[Event]:
        return [Interrupt()]


_BETWEEN_FRAMES: dict[bytes, Callable[[Connection], list[Event]]] = {
    _ACK: Connection._settle,
    _NAK: Connection._resend,
    _INTERRUPT: Connection._interrupt,
}
