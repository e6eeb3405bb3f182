"""One gdb over its machine interface (GDB manual, "The GDB/MI Interface"), typed at as a person would."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from gdbstub.scripting.errors import GdbError, SessionTimeout
from gdbstub.scripting.mi import Pipe, Record, quoted

__all__ = ["Gdb", "GdbError", "find_gdb"]

START = ("--nx", "--quiet", "--interpreter=mi3")
HALT = 3  # seconds that a program has to stop after Ctrl-C
UNDER_WAY = 0.1  # seconds until a program certainly runs of which gdb says that it does
SETTINGS = ("confirm off", "pagination off", "width 0", "python print-stack none")


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
        self._pipe = Pipe([find_gdb(gdb), *START, *([program] if program else [])])
        self._token, self._sent = 0, ""
        self._aside: deque[Record] = deque()  # stops that came before the answer to a command
        self._moved = 0.0  # when the program was last made to run
        self.stop: dict[str, Any] = {}
        try:
            for setting in SETTINGS:
                self.mi(f"-gdb-set {setting}")
        except BaseException:
            self._pipe.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """gdb's process."""
        return self._pipe.process.pid

    def close(self) -> None:
        """End gdb."""
        self._pipe.close()

    # --- commands -----------------------------------------------------------------------------------------------

    def mi(self, command: str, timeout: float | None = None) -> dict[str, Any]:
        """A command of the machine interface; gives its results. Raises GdbError with gdb's words."""
        return self.answer(command, timeout)[0]

    def command(self, text: str, timeout: float | None = None) -> str:
        """Type a command that does not run the program; gives what gdb prints. Raises GdbError when gdb refuses."""
        return self.answer(f"-interpreter-exec console {quoted(text)}", timeout)[1]

    def value(self, expression: str) -> str:
        """What ``print`` shows behind the equals sign."""
        return self.command(f"print {expression}").partition(" = ")[2].strip()

    def answer(self, command: str, timeout: float | None = None) -> tuple[dict[str, Any], str]:
        """Send, and wait for the result record of its own token: the results, and what was printed meanwhile."""
        self._token += 1
        self._sent = command
        self._pipe.send(f"{self._token}{command}")
        said: list[str] = []
        for record in self._records(f"gdb did not answer {command!r}", timeout):
            if record.kind == "result" and record.token == self._token:
                return self._checked(record, "".join(said)), "".join(said)
            if record.is_talk:
                said.append(record.text)
            elif record.message == "stopped":
                self._aside.append(record)
        raise AssertionError("records never end")

    def _checked(self, result: Record, said: str) -> dict[str, Any]:
        if result.message == "error":
            told = result.payload.get("msg", "")
            raise GdbError(said + told if said.strip() != told.strip() else told, sent=self._sent)
        return result.payload

    # --- running ------------------------------------------------------------------------------------------------

    def run(self, text: str) -> str:
        """Type a command that runs the program (continue, step …), then `wait`; gives all that is printed."""
        return self.start(text) + self.wait()

    def start(self, text: str = "continue") -> str:
        """Type a command that runs the program, and do not wait: `interrupt` or `wait` comes next."""
        self._aside.clear()
        try:
            return self.command(text)
        finally:
            self._moved = time.monotonic()

    def wait(self) -> str:
        """Until the program has stopped; gives what was printed. `stop` has the details. Raises GdbError."""
        stopped, said = self.stopped("the program did not stop")
        self.stop = stopped
        return said + self.command("echo")

    def interrupt(self) -> str:
        """Ctrl-C, as a terminal sends it, and the stop that follows."""
        self.ctrl_c()
        return self.wait()

    def ctrl_c(self) -> None:
        """Ask a running program to stop.

        gdb says that it runs before it tells the server so. A Ctrl-C in between would be sent to the halted machine,
        which takes no notice, and gdb would wait for its effect for ever.
        """
        time.sleep(max(0.0, self._moved + UNDER_WAY - time.monotonic()))
        os.kill(self.pid, signal.SIGINT)

    def move(self, command: str) -> None:
        """A command of the machine interface that runs the program; its stop is waited for by `stopped`."""
        self._aside.clear()
        self.answer(command)
        self._moved = time.monotonic()

    def stopped(self, complaint: str, timeout: float | None = None) -> tuple[dict[str, Any], str]:
        """The details of the next stop, and what was printed before it.

        Raises SessionTimeout, and GdbError when the connection is lost: then gdb's program has gone without a stop.
        """
        said: list[str] = []
        gone = False
        if self._aside:  # it came before the answer to a command
            return self._aside.popleft().payload, ""
        for record in self._records(complaint, timeout):
            if record.is_talk:
                said.append(record.text)
            elif record.kind == "prompt" and gone:
                raise GdbError("gdb has lost the server", sent=self._sent, said="".join(said))
            elif record.message == "thread-group-exited":
                gone = True
            elif record.message == "stopped":
                return record.payload, "".join(said)
        raise AssertionError("records never end")

    def halt(self) -> bool:
        """Ctrl-C, after a time-out: whether that stopped the program."""
        try:
            self.ctrl_c()
            self.stopped("", HALT)
        except (GdbError, ProcessLookupError):
            return False
        return True

    def _records(self, complaint: str, timeout: float | None) -> Iterator[Record]:
        """Records in the order in which they came, without end. Raises SessionTimeout, and GdbError at gdb's end."""
        allowed = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + allowed
        records = self._pipe.records
        while True:
            while records:
                yield records.popleft()
            if not self._pipe.receive(deadline) and time.monotonic() > deadline:
                raise SessionTimeout(f"{complaint} within {allowed:g} seconds", sent=self._sent)
