"""The host's end of the serial line: where the guest's bytes go, and where bytes for the guest come from.

Bytes for the guest gather in a queue, filled by a thread; whoever drives the machine takes them between runs.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import termios
import threading
import tty
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import click

from gdbstub.cli.computer import open_output
from gdbstub.cli.types import Uart, UartKind
from machine.errors import MachineError

__all__ = ["Line", "open_line", "while_read"]

BACKLOG = 1 << 16  # bytes kept for a TCP client that has not come yet
CHUNK = 4096
LOOPBACK = "127.0.0.1"
SEND_TIMEOUT = struct.pack("ll", 2, 0)  # struct timeval


class Line:
    """A line that leads nowhere; the others build on it."""

    def __init__(self) -> None:
        self._received: SimpleQueue[bytes] = SimpleQueue()
        self.open = False
        """Whether bytes may still come from outside."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """The guest's bytes."""

    def take(self) -> bytes:
        """What has come since the last time, without waiting."""
        found = b""
        while not self._received.empty():
            found += self._received.get()
        return found

    def wait(self, seconds: float) -> bytes:
        """What comes within ``seconds``; empty when nothing does."""
        try:
            return self._received.get(timeout=seconds) + self.take()
        except Empty:
            return b""

    def close(self) -> None:
        """Give back what was opened."""


class DescriptorLine(Line):
    """Output to a file descriptor, and no input."""

    def __init__(self, descriptor: int, owned: bool) -> None:
        super().__init__()
        self._descriptor, self._owned = descriptor, owned

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        if self._owned:
            os.close(self._descriptor)


class StdioLine(DescriptorLine):
    """Output to stdout (or stderr), input from stdin where that is a terminal of ours, a pipe or a file."""

    def __init__(self, descriptor: int, reads: bool) -> None:
        super().__init__(descriptor, owned=False)
        self._cooked: list[object] | None = None
        if reads and _stdin_speaks():
            if os.isatty(0):
                self._cooked = termios.tcgetattr(0)
                tty.setcbreak(0)  # the guest echoes; Ctrl-C remains ours
            self.open = True
            threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError):  # a terminal that hangs up is the end, too
            while data := os.read(0, CHUNK):
                self._received.put(data)
        self.open = False

    def close(self) -> None:
        if self._cooked is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, self._cooked)  # type: ignore[arg-type]


def _stdin_speaks() -> bool:
    try:
        if os.isatty(0):
            return os.tcgetpgrp(0) == os.getpgrp()  # in the background, reading would stop us
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


class TcpLine(Line):
    """One client at a time on the loopback interface; what the guest said before a client came is kept for it."""

    def __init__(self, port: int) -> None:
        super().__init__()
        try:
            self._listener = socket.create_server((LOOPBACK, port))
        except OSError as error:
            raise MachineError(
                f"--uart tcp:{port}: cannot listen there ({error.strerror}); choose another port, or 0 for a free one"
            ) from error
        self.port: int = self._listener.getsockname()[1]
        self.open = True
        self._lock = threading.Lock()
        self._client: socket.socket | None = None
        self._kept: deque[int] = deque(maxlen=BACKLOG)
        threading.Thread(target=self._accept, name="uart", daemon=True).start()

    def write(self, data: bytes) -> None:
        with self._lock:
            if self._client is None:
                self._kept.extend(data)
                return
            try:
                self._client.sendall(data)
            except OSError:  # it vanished, or does not read: the machine does not wait for it
                self._client.close()
                self._client = None

    def _accept(self) -> None:
        while self.open:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            with client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, SEND_TIMEOUT)
                self._converse(client)

    def _converse(self, client: socket.socket) -> None:
        try:
            with self._lock:
                client.sendall(bytes(self._kept))
                self._kept.clear()
                self._client = client
            while data := client.recv(CHUNK):
                self._received.put(data)
        except OSError:  # it vanished; the next one is welcome
            pass
        finally:
            with self._lock:
                self._client = None

    def close(self) -> None:
        self.open = False
        self._listener.close()
        with self._lock:
            if self._client is not None:
                self._client.shutdown(socket.SHUT_RDWR)


def while_read(write: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """As ``write``, until it fails: a server goes on when nobody reads its terminal any more."""
    gone = False

    def lenient(data: bytes) -> None:
        nonlocal gone
        if not gone:
            try:
                write(data)
            except OSError:
                gone = True

    return lenient


def open_line(uart: Uart, *, reads: bool, stdout_taken: bool, quiet: bool) -> Line:
    """The line that the user asked for.

    Args:
        reads: whether ``stdio`` takes input from stdin.
        stdout_taken: stdout carries a report, so ``stdio`` writes to stderr.

    Raises MachineError when a file or port cannot be had.
    """
    if uart.kind is UartKind.TCP:
        line = TcpLine(uart.port)
        if not quiet:
            click.echo(f"hartbreak: the serial line is at {LOOPBACK}:{line.port}", err=True)
        return line
    if uart.kind is UartKind.FILE:
        descriptor = open_output(Path(uart.path), "--uart")
        assert descriptor is not None
        return DescriptorLine(descriptor, owned=True)
    if uart.kind is UartKind.STDIO:
        sys.stdout.flush()
        return StdioLine(2 if stdout_taken else 1, reads)
    return Line()
