"""One client's stream of bytes, without a socket.

Rules of this file:

* Whatever bytes arrive, in whatever pieces, `Connection.receive` never raises, and the next whole frame is understood.
* Everything about one client is in one `Connection`; a new client gets a new one, so half a frame dies with its sender.
* Where frames begin and end is the business of `gdbstub.rsp.tokens`; what they lead to is said here.
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

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from gdbstub.rsp import framing
from gdbstub.rsp.tokens import ACK, INTERRUPT, NAK, BadFrame, Frame, Token, Tokenizer

__all__ = ["MAX_PACKET", "Connection", "Damaged", "Event", "Interrupt", "PacketReceived"]

MAX_PACKET = 0x10_0040  # bytes of a body: 1 MiB of data and room for a command and its numbers
RESENDS = 3  # as often as gdb itself sends a packet again
SEGMENT = 1024  # bytes that travel as soon with their runs as without, in one segment; looking for runs takes its time
KEPT = 64  # replies that may wait for their ack; a client that never acknowledges costs no more than this


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
class _Kept:
    frame: bytes
    resends_left: int = RESENDS


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
        self._tokens = Tokenizer(max_packet)
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
        frame = framing.encode(payload, runs=len(payload) > SEGMENT)
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

    def _react(self, token: Token) -> list[Event]:
        match token:
            case Frame(payload):
                return self._frame(payload)
            case BadFrame(reason):
                return self._bad_frame(reason)
            case _:
                return _BETWEEN_FRAMES[token](self)

    def _frame(self, payload: bytes) -> list[Event]:
        self._kept.clear()  # a client that goes on has read the replies, with or without saying so
        if self._mode is _Mode.ACKS:
            self._outgoing += ACK
        return [PacketReceived(payload)]

    def _bad_frame(self, reason: str) -> list[Event]:
        if self._mode is _Mode.ACKS:
            self._outgoing += NAK
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
    ACK: Connection._settle,
    NAK: Connection._resend,
    INTERRUPT: Connection._interrupt,
}
