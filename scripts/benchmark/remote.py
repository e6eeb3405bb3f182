"""A raw client of the remote protocol: nothing between the clock and the server but a socket."""

from __future__ import annotations

import re
import socket
import struct

import click

__all__ = ["Client"]

PATIENCE = 120  # seconds
FEATURES = b"qSupported:swbreak+;hwbreak+;vContSupported+"
ESCAPED = re.compile(rb"[#$}*]")
RUN_BIAS = 29


class Client:
    """A connection to a machine that stands still. An ack, where there are any, travels with the next packet."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Python's own timeout would ask the system twice for each answer.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))
        self._unread, self._ack = b"", b"+"

    def introduce(self) -> None:
        """Learn the packet size, and end the acks if the server can (QEMU 7.2 cannot)."""
        size = re.search(rb"PacketSize=([0-9a-f]+)", expanded(self.ask(FEATURES)))
        self.packet_size = int(size[1], 16) if size else 400
        if self.ask(b"QStartNoAckMode") == b"OK":
            self._socket.sendall(b"+")
            self._ack = b""
        self.must(b"qXfer:features:read:target.xml:0,100")  # before this, QEMU knows no single registers

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, payload: bytes) -> bytes:
        """Send a packet, give the answer's body as it came: escapes and runs are still in it."""
        self._socket.sendall(b"%b$%b#%02x" % (self._ack, payload, sum(payload) & 0xFF))
        return self._answer()

    def must(self, payload: bytes) -> bytes:
        """`ask`; raises ClickException when the answer is an error or the empty packet."""
        answer = self.ask(payload)
        if not answer or answer.startswith(b"E"):
            raise click.ClickException(f"the server answered {payload[:40]!r} with {answer[:40]!r}")
        return answer

    def resume(self, payload: bytes) -> bytes:
        """Let the target go and wait for its stop; console output on the way is dropped."""
        answer = self.must(payload)
        while answer.startswith(b"O"):
            answer = self._answer()
        if not answer.startswith((b"T", b"S")):
            raise click.ClickException(f"the target did not stop but answered {answer!r} to {payload!r}")
        return answer

    def _answer(self) -> bytes:
        while True:
            start, end = self._unread.find(b"$"), self._unread.find(b"#")
            if 0 <= start < end <= len(self._unread) - 3:
                answer, self._unread = self._unread[start + 1 : end], self._unread[end + 3 :]
                return answer
            self._unread += self._receive()

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(1 << 20)
        except BlockingIOError:
            raise click.ClickException(f"the server has not answered for {PATIENCE} s") from None
        if not data:
            raise click.ClickException("the server hung up")
        return data


def escaped(data: bytes) -> bytes:
    """Data as binary packets carry it.

    >>> escaped(b"a#")
    b'a}\\x03'
    """
    return ESCAPED.sub(lambda found: b"}" + bytes([found[0][0] ^ 0x20]), data)


def expanded(body: bytes) -> bytes:
    """Undo run lengths and escapes of a reply.

    >>> expanded(b"0* 1"), expanded(b"}\\x03")
    (b'00001', b'#')
    """
    runs = re.sub(rb"([^}]|}.)\*(.)", lambda found: found[1] * (1 + found[2][0] - RUN_BIAS), body, flags=re.DOTALL)
    return re.sub(rb"}(.)", lambda found: bytes([found[1][0] ^ 0x20]), runs, flags=re.DOTALL)
