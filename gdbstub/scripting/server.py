"""``hartbreak serve`` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from gdbstub.scripting.errors import ScriptingError

__all__ = ["Server", "ServerError"]

MOMENT = 0.3  # seconds
FAREWELL = 10  # seconds that a server may take to end when it is told to


class ServerError(ScriptingError):
    """The server did not start; the message is its own."""


class Server:
    """A machine that waits for a debugger on a free port of this computer; a context manager that ends it.

    Args:
        image: what the machine starts.
        options: of ``hartbreak serve``, like ``"--harts", "2"``; one that says ``--uart`` leaves `uart` empty.

    Attributes:
        port: where it listens, on 127.0.0.1.
        pid: its process.

    Raises ServerError when it refuses the image or an option.
    """

    def __init__(self, image: str | os.PathLike[str], *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hartbreak-")
        self._uart, self._errors = Path(self._folder.name, "uart"), Path(self._folder.name, "errors")
        command = [sys.executable, "-m", "gdbstub", "serve", os.fspath(image), "--port", "0", "--json", "--quiet"]
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*command, "--uart", f"file:{self._uart}", *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        self.pid = self._process.pid
        self.port = self._announced()

    def _announced(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return int(json.loads(line)["port"])
        said, status = self.errors, self._process.wait()
        self.close()
        raise ServerError(said.strip() or f"the server ended at once, with status {status}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def state(self) -> str:
        """Whether it still runs, in a sentence."""
        with suppress(subprocess.TimeoutExpired):  # its sockets close a moment before its process ends
            self._process.wait(MOMENT)
        status = self._process.poll()
        ended = f"has ended with status {status}" + (f": {self.errors.strip()}" if self.errors.strip() else "")
        return f"the server (process {self.pid}) {'is alive' if status is None else ended}"

    @property
    def uart(self) -> str:
        """What the guest has written to its serial line so far."""
        return self._uart.read_text(errors="replace") if self._uart.exists() else ""

    @property
    def errors(self) -> str:
        """What the server itself has complained about so far; nothing, as a rule."""
        return self._errors.read_text(errors="replace")

    def wait(self, seconds: float = FAREWELL) -> int:
        """Its exit status, once it has ended by itself. Raises subprocess.TimeoutExpired."""
        return self._process.wait(seconds)

    def close(self) -> None:
        """End it, politely if it listens."""
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)  # one that somebody has stopped hears nothing else
        try:
            self._process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()
