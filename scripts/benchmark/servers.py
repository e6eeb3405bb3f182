"""Starts the two gdb servers, and connects to them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from scripts.benchmark.contestants import Contestant, Hartbreak, Qemu, environment
from scripts.benchmark.remote import Client

__all__ = ["connected"]

PATIENCE = 30  # seconds
RETRY = 0.002


@contextmanager
def connected(contestant: Contestant, image: Path, profile: Path | None = None) -> Iterator[Client]:
    """A client of a fresh server that holds ``image`` at its first instruction; both end with the block.

    With `profile`, hartbreak's server leaves cProfile's statistics there.
    """
    if isinstance(contestant, Qemu):
        port = _free_port()
        command = contestant.serve(image, port)
    else:
        port, command = 0, contestant.serve(image, profile)
    null = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=null, stdout=subprocess.PIPE, stderr=null, env=environment()) as server:
        try:
            client = _connect(server, _announced(server) if isinstance(contestant, Hartbreak) else port)
            client.introduce()
            yield client
            client.close()
        finally:
            _end(server)


def _announced(server: subprocess.Popen[bytes]) -> int:
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line:
        raise click.ClickException(f"{server.args!r} ended with status {server.wait()} before it listened")
    return int(json.loads(line)["port"])


def _connect(server: subprocess.Popen[bytes], port: int) -> Client:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return Client(port)
        except ConnectionRefusedError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise click.ClickException(f"nobody listens at port {port}: {server.args!r}") from None
            time.sleep(RETRY)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _end(server: subprocess.Popen[bytes]) -> None:
    """A server that ends with its first client writes its profile; the others are told to end."""
    try:
        server.wait(0.2 if "cProfile" not in server.args else PATIENCE)  # type: ignore[operator]
    except subprocess.TimeoutExpired:
        server.terminate()
        server.wait(PATIENCE)
