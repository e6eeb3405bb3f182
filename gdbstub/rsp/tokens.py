"""Where frames begin and end in a stream of bytes that arrives in pieces.

Inside a frame every byte is data, except ``$``: that starts the frame again, for a client that gave up half-way.
Outside a frame only ``$ + -`` and 0x03 mean something. Work and memory are linear in what arrives, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from gdbstub.errors import ProtocolError
from gdbstub.rsp import framing

__all__ = ["ACK", "INTERRUPT", "NAK", "BadFrame", "Frame", "Token", "Tokenizer"]

ACK, NAK, INTERRUPT = b"+", b"-", b"\x03"
_START, _END = b"$", b"#"
_MEANINGFUL = re.compile(rb"[$+\-\x03]")
_CHECKSUM = re.compile(rb"[0-9a-fA-F]{2}")
_WHOLE = re.compile(rb"\$([^$#]*)#([0-9a-fA-F]{2})")
SHORT = 256
"""Bytes in which a whole frame is looked for at once: longer ones come in pieces."""
_HEX_DIGITS = b"0123456789abcdefABCDEF"


@dataclass(frozen=True)
class Frame:
    """A whole frame's payload, its escapes and runs undone."""

    payload: bytes


@dataclass(frozen=True)
class BadFrame:
    """A frame that cannot be understood, and why."""

    reason: str


Token: TypeAlias = bytes | Frame | BadFrame


class Tokenizer:
    """Cuts a stream into frames and the single bytes that mean something between them."""

    def __init__(self, max_packet: int) -> None:
        self._max_packet = max_packet
        self._buffer = bytearray()  # starts with '$' while inside a frame
        self._searched = 1  # neither '#' nor another '$' stands before this offset, inside a frame
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[Token]:
        """The tokens that ``data`` completes, in order; most often it is one frame and nothing else."""
        if not self._buffer and len(data) <= min(SHORT, self._max_packet) and (whole := _WHOLE.fullmatch(data)):
            yield _checked(whole[1], int(whole[2], 16))
            return
        self._buffer += data
        while token := self._next():
            yield token

    def _next(self) -> Token | None:
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

    def _whole_frame(self, end: int) -> Token | None:
        """The frame whose '#' is at offset ``end``, once its checksum is here too."""
        if _CHECKSUM.match(self._buffer, end + 1) is None:
            return self._no_checksum(end)
        body, announced = bytes(self._buffer[1:end]), int(self._buffer[end + 1 : end + 3], 16)
        overlong = self._overlong or end - 1 > self._max_packet
        self._consume(end + 3)
        if overlong:
            return BadFrame(f"the frame is longer than {self._max_packet} bytes")
        return _checked(body, announced)

    def _no_checksum(self, end: int) -> BadFrame | None:
        """None while its digits have not come."""
        digits = bytes(self._buffer[end + 1 : end + 3])
        wrong = next((place for place, digit in enumerate(digits) if digit not in _HEX_DIGITS), None)
        if wrong is None:
            self._searched = end
            return None
        self._consume(end + 1 + wrong)  # what stands in a digit's place may be the '$' of the next frame: leave it
        return BadFrame(f"{digits[wrong : wrong + 1]!r} stands where a checksum has a hexadecimal digit")

    def _consume(self, count: int) -> None:
        """Forget the first ``count`` bytes, and with them the frame they belong to."""
        del self._buffer[:count]
        self._searched = 1
        self._overlong = False


def _checked(body: bytes, announced: int) -> Frame | BadFrame:
    actual = framing.checksum(body)
    if actual != announced:
        return BadFrame(f"the checksum is {announced:02x} but the frame's bytes sum to {actual:02x}")
    try:
        return Frame(framing.decode(body))
    except ProtocolError as error:
        return BadFrame(str(error))
