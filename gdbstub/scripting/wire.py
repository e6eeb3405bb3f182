"""A debugger's end of the remote protocol, synchronous: packets out, replies in. The codec is the server's own."""

from __future__ import annotations

import socket
import time

from gdbstub.rsp.connection import Connection, Damaged, PacketReceived
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.general import StopAcks
from gdbstub.rsp.tokens import INTERRUPT
from gdbstub.scripting.errors import RemoteError, SessionTimeout

__all__ = ["Wire"]

CHUNK = 1 << 16
OK = b"OK"


class Wire:
    """A connection to a server at ``host:port``.

    Args:
        timeout: seconds that an answer may take.

    Raises RemoteError when nobody listens there.
    """

    def __init__(self, address: str, timeout: float) -> None:
        host, _, port = address.rpartition(":")
        self.timeout, self._sent = timeout, ""
        self._connection = Connection()
        self._replies: list[bytes] = []
        try:
            self._socket = socket.create_connection((host or "127.0.0.1", int(port)), timeout)
        except (OSError, ValueError) as error:
            raise RemoteError(f"cannot connect to {address}: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out(b"+")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def stop_acks(self) -> None:
        """Do without acknowledgements, where the server can."""
        self.send(StopAcks())
        if self.receive() == OK:
            self._connection.stop_acks()

    def send(self, packet: Packet) -> None:
        """Send, and do not wait."""
        payload = packet.build()
        self._sent = payload.decode("latin-1")
        self._out(self._connection.send(payload))

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._out(INTERRUPT)

    def ask(self, packet: Packet) -> bytes:
        """Send, and give the reply's payload. Raises RemoteError for an error and for what the server cannot."""
        self.send(packet)
        return self.checked(self.receive())

    def tell(self, packet: Packet) -> None:
        """Send what is answered by OK. Raises RemoteError when it is not."""
        reply = self.ask(packet)
        if reply != OK:
            raise RemoteError("the server's answer is not OK", sent=self._sent, said=reply.decode("latin-1"))

    def checked(self, reply: bytes) -> bytes:
        """The reply, if it is neither an error nor the empty one."""
        if not reply:
            raise RemoteError(f"the server does not know {self._sent!r}")
        if reply.startswith(b"E.") or (reply.startswith(b"E") and len(reply) == len(b"E01")):
            raise RemoteError("the server refused", sent=self._sent, said=reply.decode("latin-1"))
        return reply

    def receive(self, deadline: float | None = None) -> bytes:
        """The next reply's payload. Raises SessionTimeout, and RemoteError when the server has gone."""
        until = time.monotonic() + self.timeout if deadline is None else deadline
        while not self._replies:
            self._take(self._in(until))
        return self._replies.pop(0)

    def _in(self, deadline: float) -> bytes:
        self._socket.settimeout(max(1e-3, deadline - time.monotonic()))
        try:
            data = self._socket.recv(CHUNK)
        except TimeoutError:
            raise SessionTimeout("the server did not answer in time", sent=self._sent) from None
        except OSError as error:
            raise RemoteError(f"the connection is lost: {error}", sent=self._sent) from error
        if not data:
            raise RemoteError("the server has closed the connection", sent=self._sent)
        return data

    def _take(self, data: bytes) -> None:
        for event in self._connection.receive(data):
            if isinstance(event, PacketReceived):
                self._replies.append(event.payload)
            elif isinstance(event, Damaged) and not event.refused:
                raise RemoteError(f"a reply came damaged: {event.reason}", sent=self._sent)
        self._out(self._connection.bytes_to_send())

    def _out(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self.timeout)
            self._socket.sendall(data)
        except OSError as error:
            raise RemoteError(f"the connection is lost: {error}", sent=self._sent) from error
