"""One client's bytes, to and fro: through trio, and past its scheduler while the conversation is quick.

A debugger asks its next question some ten microseconds behind an answer, and a turn of trio's scheduler costs more than
most answers do. So what comes within `SOON` is taken from the socket at once, and what the socket has room for is given
to it at once. Others get their turn where the client pauses, and at least once in a `BREATH`.
"""

from __future__ import annotations

import os
import select
import time

import trio

__all__ = ["Wire"]

MOST_BYTES = 1 << 16  # taken from the socket at once
AT_ONCE = 100e-6  # seconds of asking again and again: to fall asleep and be woken takes longer than most questions do
SOON = 1  # milliseconds
BREATH = 0.02  # seconds
SEVERAL_PROCESSORS = len(os.sched_getaffinity(0)) > 1 if hasattr(os, "sched_getaffinity") else True


class Wire:
    """A connected client."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._descriptor = stream.socket.fileno()
        self._arrival = select.poll()
        self._arrival.register(self._descriptor, select.POLLIN)
        self._out_of_breath = 0.0

    async def receive(self) -> bytes:
        """The next bytes, soon or late; none when the client has gone, politely or not."""
        if time.monotonic() < self._out_of_breath and (data := self._soon()):
            return data
        try:
            return await self.wait()
        finally:
            self._out_of_breath = time.monotonic() + BREATH

    async def wait(self) -> bytes:
        """The next bytes, for a task that is not the only one at work; none when the client has gone."""
        try:
            return bytes(await self._stream.receive_some(MOST_BYTES))
        except trio.BrokenResourceError:
            return b""

    async def send(self, data: bytes) -> None:
        """Raises trio.BrokenResourceError when the client has gone."""
        rest = data[self._give(data) :] if data else b""
        if rest:
            await self._stream.send_all(rest)

    def _soon(self) -> bytes:
        """Bytes that are there or come at once; whatever is wrong with the connection, `wait` will meet it."""
        try:
            return os.read(self._descriptor, MOST_BYTES) if self._arrives() else b""
        except OSError:
            return b""

    def _arrives(self) -> bool:
        """Whether something comes soon; where the client has a processor to itself, this one stays awake a moment."""
        until = time.perf_counter() + AT_ONCE if SEVERAL_PROCESSORS else 0
        while not self._arrival.poll(0):
            if time.perf_counter() > until:
                return bool(self._arrival.poll(SOON))
        return True

    def _give(self, data: bytes) -> int:
        """How many bytes the socket has taken; whatever is wrong with the connection, `send_all` will meet it."""
        try:
            return os.write(self._descriptor, data)
        except OSError:
            return 0
