"""The port that debuggers connect to, opened before the server's modules are imported: a client may come at once."""

from __future__ import annotations

import socket

import click

__all__ = ["LOOPBACK", "open_port"]

LOOPBACK = "127.0.0.1"
BACKLOG = 16


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ClickException, one sentence with what to do about it."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        from gdbstub.server import REASONS

        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        raise click.ClickException(f"cannot listen on port {port} of {host}: {reason}") from error
