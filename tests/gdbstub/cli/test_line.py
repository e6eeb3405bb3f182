"""The host's end of the serial line by itself."""

from __future__ import annotations

import socket
import time

import pytest

from gdbstub.cli.line import TcpLine, open_line, while_read
from gdbstub.cli.types import uart


def line_on_tcp() -> TcpLine:
    line = open_line(uart("tcp:0"), reads=True, stdout_taken=False, quiet=True)
    assert isinstance(line, TcpLine)
    return line


def test_what_was_said_before_the_client_came_is_kept() -> None:
    with line_on_tcp() as line:
        line.write(b"early ")
        with socket.create_connection(("127.0.0.1", line.port)) as client:
            assert client.recv(100) == b"early "
            client.sendall(b"typed")
            assert line.wait(5) == b"typed"
            line.write(b"late")
            assert client.recv(100) == b"late"


def test_the_next_client_is_welcome_when_one_has_vanished() -> None:
    with line_on_tcp() as line:
        for number in range(3):
            with socket.create_connection(("127.0.0.1", line.port)) as client:
                client.sendall(bytes([number]))
                assert line.wait(5) == bytes([number])


def test_a_client_that_does_not_read_is_let_go() -> None:
    with line_on_tcp() as line, socket.create_connection(("127.0.0.1", line.port)) as client:
        client.sendall(b"here")
        assert line.wait(5) == b"here"
        started = time.monotonic()
        line.write(bytes(32 << 20))
        assert time.monotonic() - started < 30


def test_nothing_comes_from_nowhere() -> None:
    with open_line(uart("none"), reads=True, stdout_taken=False, quiet=True) as line:
        line.write(b"lost")
        assert (line.take(), line.wait(0.01), line.open) == (b"", b"", False)


def test_output_that_nobody_reads_is_dropped() -> None:
    tries = []

    def broken(data: bytes) -> None:
        tries.append(data)
        raise BrokenPipeError

    write = while_read(broken)
    write(b"a")
    write(b"b")
    assert tries == [b"a"]


@pytest.mark.parametrize("text", ["stdio", "none", "file:a b", "tcp:0", "tcp:65535"])
def test_where_a_line_can_lead(text: str) -> None:
    assert uart(text).kind.value == text.partition(":")[0]
