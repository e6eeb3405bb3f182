"""One gdb over its machine interface (GDB manual, "The GDB/MI Interface"), spoken through pygdbmi."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from pygdbmi.gdbcontroller import GdbController

from gdbstub.scripting.errors import GdbError

__all__ = ["Gdb", "GdbError", "find_gdb"]

START = ("--nx", "--quiet", "--interpreter=mi3")
POLL = 0.002  # seconds that pygdbmi waits for more output once some has come; its own default makes stepping slow
TALK = ("console", "target", "output", "log")
"""Kinds of record that a person reads: gdb's words and warnings, the target's (monitor, console), the program's."""


def find_gdb(wanted: str | None = None) -> str:
    """The gdb to use: ``wanted``, else gdb-multiarch. Raises GdbError saying how to get one."""
    name = wanted or "gdb-multiarch"
    found = shutil.which(name)
    if found is None:
        raise GdbError(f"there is no {name} on this machine; install it with: sudo apt-get install gdb-multiarch")
    return found


class Gdb:
    """A gdb process; a context manager that ends it.

    Args:
        program: an ELF whose symbols gdb loads, or "".
        gdb: the executable; by default gdb-multiarch.
        timeout: seconds that a command may take, or the program may run before `wait` gives up.

    Attributes:
        stop: details of the last stop, as gdb's ``*stopped`` record has them.

    Raises GdbError when there is no gdb.
    """

    def __init__(self, program: str = "", gdb: str | None = None, timeout: float = 30) -> None:
        self.timeout = timeout
        command = [find_gdb(gdb), *START, *([program] if program else [])]
        self._mi = GdbController(command, time_to_check_for_additional_output_sec=POLL)
        self._token = 0
        self._queue: deque[dict[str, Any]] = deque()
        self.stop: dict[str, Any] = {}
        for setting in ("confirm off", "pagination off", "width 0", "python print-stack none"):
            self.command(f"set {setting}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """gdb's process."""
        assert self._mi.gdb_process is not None
        return int(self._mi.gdb_process.pid)

    def close(self) -> None:
        """End gdb."""
        self._mi.exit()

    def command(self, text: str) -> str:
        """Type a command that does not run the program; gives what gdb prints. Raises GdbError when gdb refuses."""
        self._token += 1
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        self._mi.write(f'{self._token}-interpreter-exec console "{quoted}"', read_response=False)
        said, aside = [], []
        for record in self._records(f"gdb did not answer {text!r}"):
            if record["type"] in TALK:
                said.append(record["payload"] or "")
            elif record["type"] == "result" and record["token"] == self._token:
                break
            else:
                aside.append(record)
        self._queue.extendleft(reversed(aside))
        if record["message"] == "error":
            raise GdbError("".join(said) + record["payload"]["msg"])
        return "".join(said)

    def run(self, text: str) -> str:
        """Type a command that runs the program (continue, step …), then `wait`; gives all that is printed."""
        return self.start(text) + self.wait()

    def start(self, text: str = "continue") -> str:
        """Type a command that runs the program, and do not wait: `interrupt` or `wait` comes next."""
        self._queue = deque(record for record in self._queue if record["message"] != "stopped")
        return self.command(text)

    def wait(self) -> str:
        """Until the program has stopped; gives what was printed. `stop` has the details. Raises GdbError."""
        said = []
        for record in self._records("the program did not stop"):
            if record["type"] in TALK:
                said.append(record["payload"] or "")
            elif record["message"] == "stopped":
                self.stop = record["payload"]
                return "".join(said) + self.command("echo")
        raise AssertionError("records never end")

    def interrupt(self) -> str:
        """Ctrl-C, as a terminal sends it, and the stop that follows."""
        os.kill(self.pid, signal.SIGINT)
        return self.wait()

    def value(self, expression: str) -> str:
        """What ``print`` shows behind the equals sign."""
        return self.command(f"print {expression}").partition(" = ")[2].strip()

    def _records(self, complaint: str) -> Iterator[dict[str, Any]]:
        """Records in the order in which they came. Raises GdbError in the end."""
        deadline = time.monotonic() + self.timeout
        while True:
            while self._queue:
                yield self._queue.popleft()
            if time.monotonic() > deadline:
                raise GdbError(f"{complaint} within {self.timeout:g} seconds")
            self._queue += self._mi.get_gdb_response(timeout_sec=1, raise_error_on_timeout=False)
