"""``serve`` and ``debug`` as processes: the announced port, a debugger on it, how they end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gdbstub.rsp import framing
from tests.programs import PASS, elf
from tests.tools import GDB, needed

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"


@pytest.fixture
def gdb() -> str:
    """The stock gdb; a machine without it fails the test."""
    return needed(GDB)


@contextmanager
def served(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on a free port, and its first line."""
    command = [sys.executable, "-m", "gdbstub", "serve", "--port", "0", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as server:  # type: ignore[call-overload]
        try:
            yield server, server.stdout.readline()
        finally:
            server.kill()


def ask(connection: socket.socket, payload: bytes) -> bytes:
    connection.sendall(framing.encode(payload))
    received = b""
    while received[-3:-2] != b"#":
        received += connection.recv(4096)
    return received


def test_once(tmp_path: Path) -> None:
    with served("--once", "--json", elf(tmp_path / "p.elf", PASS)) as (server, line):
        said = json.loads(line)
        assert said["host"] == "127.0.0.1"
        assert said["image"] == str(tmp_path / "p.elf")
        with socket.create_connection((said["host"], said["port"])) as connection:
            assert b"$T" in ask(connection, b"?")
        out, err = server.communicate(timeout=20)
        assert (server.returncode, out) == (0, "")
        assert "starts at 0x80000000 in M-mode" in err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it(tmp_path: Path, number: signal.Signals, status: int) -> None:
    image = elf(tmp_path / "p.elf", PASS)
    with served("-q", image) as (server, line):
        port = int(line.split(";")[0].rsplit(":", 1)[1])
        assert line == (
            f"listening on 127.0.0.1:{port}; connect with: gdb-multiarch {image} -ex 'target remote :{port}'\n"
        )
        with socket.create_connection(("127.0.0.1", port)) as connection:
            ask(connection, b"?")  # by now the signals are its own
            server.send_signal(number)
            _, err = server.communicate(timeout=20)
        assert (server.returncode, err) == (status, "")


def test_nobody_reads_the_servers_terminal(tmp_path: Path) -> None:
    image = elf(tmp_path / "p.elf", ("lui s0,0x10000", "sb s0,0(s0)", *PASS))
    with served("-q", "--once", image) as (server, line):
        assert server.stdout is not None
        server.stdout.close()
        with socket.create_connection(("127.0.0.1", int(line.split(";")[0].rsplit(":", 1)[1]))) as connection:
            assert ask(connection, b"vCont;c").endswith(framing.encode(b"W00")[-8:])
        assert server.wait(20) == 0


@pytest.mark.usefixtures("gdb")
def test_the_announced_command_connects() -> None:
    with served("-q", GUESTS / "hello.elf") as (server, line):
        command = line.split("connect with: ")[1].strip()
        gdb = subprocess.run(
            f"{command} -batch -ex 'break main' -ex continue -ex 'print $hart_mode' -ex continue",
            shell=True,
            text=True,
            capture_output=True,
            timeout=60,
        )
        assert "Breakpoint 1, main ()" in gdb.stdout
        assert "$1 = M" in gdb.stdout
        assert "exited normally" in gdb.stdout
        server.send_signal(signal.SIGINT)
        out, _ = server.communicate(timeout=20)
        assert out.startswith("hello")


@pytest.mark.usefixtures("gdb")
def test_debug_opens_gdb_with_symbols_and_ends_with_it() -> None:
    script = ["-batch", "-ex", "break main", "-ex", "continue", "-ex", "backtrace", "-ex", "quit 5"]
    command = [sys.executable, "-m", "gdbstub", "debug", "-q", str(GUESTS / "hello.elf"), "--", *script]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert "#0  main ()" in done.stdout
    assert done.returncode == 5
