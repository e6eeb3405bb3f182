"""Sockets: listen, carry bytes between a client and its session, and let a running target run against Ctrl-C.

One debugger at a time. A second one that connects is told so in words and let go; the first does not notice.
The target runs in a worker thread, slice by slice, while this thread listens for Ctrl-C or for the client's vanishing;
but for the first slice of each run, which is short.
A client that goes, in whatever way, leaves the target halted at an instruction boundary and the server ready.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL, EBUSY

import trio

from gdbstub.rsp.connection import Connection, PacketReceived
from gdbstub.rsp.replies import Error
from gdbstub.session import Session
from gdbstub.target import Stop, Target
from gdbstub.wire import Wire

__all__ = ["DEFAULT_PORT", "LOOPBACK", "ListenError", "Server", "listen", "serve"]

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 1234
MOST_PORTS = 65535
BUSY = Error(EBUSY, "another debugger is connected to this target: end its session first")
GRACE = 0.5  # seconds that a client may take to be seen leaving
BUSY_PATIENCE = 5  # seconds that a second client has to say something it can be answered

REASONS = {
    EADDRINUSE: "it is in use; choose another one, or 0 for any that is free",
    EACCES: "this user may not use it; choose one above 1023, or 0 for any that is free",
    EADDRNOTAVAIL: "this computer has no such address; 127.0.0.1 always exists",
}


class ListenError(Exception):
    """The server cannot listen where it was told to; the message is one sentence for the user."""


async def serve(
    target: Target,
    *,
    host: str = LOOPBACK,
    port: int = DEFAULT_PORT,
    once: bool = False,
    on_listening: Callable[[str, int], None] | None = None,
) -> None:
    """Serve debuggers, one after the other, until cancelled; with `once`, until the first one has left.

    Port 0 takes a free one; `on_listening` is told the address and the port. Raises ListenError.
    """
    listeners = await listen(host, port)
    if on_listening is not None:
        name = listeners[0].socket.getsockname()
        on_listening(name[0], name[1])
    await Server(target, once=once).run(listeners)


async def listen(host: str, port: int) -> Sequence[trio.SocketListener]:
    """Listening sockets. Raises ListenError, which says what to do about it."""
    if not 0 <= port <= MOST_PORTS:  # the operating system would silently take the rest of a division
        raise ListenError(f"cannot listen on port {port}: a port is a number from 0 to {MOST_PORTS}")
    try:
        return await trio.open_tcp_listeners(port, host=host)
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        raise ListenError(f"cannot listen on port {port} of {host}: {reason}") from error


class Server:
    """Debuggers come and go, the target stays."""

    def __init__(self, target: Target, *, once: bool = False) -> None:
        """With `once`, the server ends when its first client has left."""
        self._target = target
        self._once = once
        self._seat = trio.Lock()
        self._scope = trio.CancelScope()

    async def run(self, listeners: Sequence[trio.SocketListener]) -> None:
        """Accept clients until cancelled, or as `once` says."""
        with self._scope:
            await trio.serve_listeners(self.greet, list(listeners))

    async def greet(self, stream: trio.SocketStream) -> None:
        """One client from its connection to its end."""
        if not await self._take_seat():
            await _turn_away(stream)
            return
        try:
            await self._converse(stream)
        finally:
            self._seat.release()
        if self._once:
            self._scope.cancel()

    async def _take_seat(self) -> bool:
        """Whether nobody else is served, or the one who was has just left: a gdb that reconnects comes that soon."""
        with trio.move_on_after(GRACE):
            await self._seat.acquire()
            return True
        return False

    async def _converse(self, stream: trio.SocketStream) -> None:
        session = Session(self._target)
        try:
            with suppress(trio.BrokenResourceError):  # the client vanished while something was being sent to it
                async with stream:
                    await _carry(Wire(stream), session)
        finally:
            session.close()


async def _carry(wire: Wire, session: Session) -> None:
    """Bytes to and fro until the client leaves or vanishes. A run's first slice is short, and no thread is worth it."""
    while session.leaving is None and (data := await wire.receive()):
        reply = session.receive(data)
        while session.running and (stop := session.run_slice()):
            reply += session.stopped(stop)
        await wire.send(reply)
        while session.running:
            stop = await _run(wire, session)
            if stop is None:
                return
            await wire.send(session.stopped(stop))


async def _run(wire: Wire, session: Session) -> Stop | None:
    """Run the target until it stops, or until there is nobody left to tell; then None."""
    stop = None
    client_is_there = True

    async def attend() -> None:
        """Hear the client's Ctrl-C, and its going."""
        nonlocal client_is_there
        while session.leaving is None and (data := await wire.wait()):
            with trio.CancelScope(shield=True):  # a stop must not cut what is being sent in two
                await wire.send(session.receive(data))
        client_is_there = False
        session.interrupt()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(attend)
        while client_is_there and stop is None:
            stop = await trio.to_thread.run_sync(session.run_slice)
        nursery.cancel_scope.cancel()
    return stop if client_is_there else None


async def _turn_away(stream: trio.SocketStream) -> None:
    """Tell a second client why it cannot be served, and close.

    gdb's first packet is ``qSupported``, and it shows the text of an error that answers it, even where it shows no
    other's. LLDB begins otherwise: any answer would make it wait for more, but a connection that closes it reports.
    """
    with suppress(trio.BrokenResourceError), trio.move_on_after(BUSY_PATIENCE):
        async with stream:
            wire, connection = Wire(stream), Connection()
            if (await _first_packet(wire, connection)).startswith(b"qSupported"):
                await wire.send(connection.bytes_to_send() + connection.send(BUSY.build()))
            await stream.send_eof()
            while await wire.wait():  # closing with bytes unread would look like a broken network
                pass


async def _first_packet(wire: Wire, connection: Connection) -> bytes:
    while data := await wire.wait():
        for event in connection.receive(data):
            if isinstance(event, PacketReceived):
                return event.payload
    return b""
