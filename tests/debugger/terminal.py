"""A terminal of fixed kind and size, with a program on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

__all__ = ["typed_at"]

ROWS, COLUMNS = 40, 120
PATIENCE = 60  # seconds
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>78]")


def typed_at(command: list[str], until: str) -> str:
    """Run a program on an xterm of 40 rows until a text stands in what it wrote; that, without escape sequences."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    program = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        return _read(ours, until)
    finally:
        os.killpg(program.pid, 9)
        program.wait()
        os.close(ours)


def _read(terminal: int, until: str) -> str:
    written, deadline = b"", time.monotonic() + PATIENCE
    while until not in (seen := ESCAPES.sub("", written.decode(errors="replace"))) and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            written += os.read(terminal, 65536)
    return seen
