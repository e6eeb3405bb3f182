"""Records of gdb's machine interface (GDB manual, "GDB/MI Output Syntax"), and the pipes that they come through.

pygdbmi starts gdb and parses what it says; the waiting is ours, because pygdbmi's own waits for a clock where the
result record of a command's token says that it is done.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import time
from collections import deque
from functools import cached_property
from typing import Any

from pygdbmi.gdbcontroller import GdbController
from pygdbmi.gdbmiparser import parse_response

from gdbstub.scripting.errors import GdbError

__all__ = ["Pipe", "Record", "quoted"]

HEAD = re.compile(r"(\d*)([\^*=+])([a-z-]+)")
NAME = re.compile(r"([{,])([a-z][a-z_-]*)=")
STREAMS = {"~": "console", "@": "target", "&": "log"}
KINDS = {"^": "result", "*": "exec", "=": "notify", "+": "status"}
TALK = frozenset({"console", "target", "log", "output"})
CHUNK = 1 << 16
FAREWELL = 1.5  # seconds that gdb has to end when it is asked to


class Record:
    """One line of gdb's. Its payload is parsed when somebody asks for it: most records are passed over.

    Attributes:
        kind: result, exec, notify or status; console, target or log for what a person reads; output for what is none
            of gdb's; prompt.
        token: of the command that a result answers, or None.
        message: ``done``, ``stopped`` and so on; empty for what a person reads.
    """

    __slots__ = ("__dict__", "kind", "line", "message", "token")

    def __init__(self, line: str) -> None:
        self.line = line
        found = HEAD.match(line)
        if found:
            self.token = int(found[1]) if found[1] else None
            self.kind, self.message = KINDS[found[2]], found[3]
        else:
            self.token, self.message = None, ""
            self.kind = "prompt" if line.startswith("(gdb)") else STREAMS.get(line[:1], "output")

    @property
    def is_talk(self) -> bool:
        """Whether it is something that a person reads."""
        return self.kind in TALK

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The results that it carries."""
        if "," not in self.line:
            return {}
        quick = _as_json(self.line)
        return parse_response(self.line)["payload"] or {} if quick is None else quick

    @property
    def text(self) -> str:
        """What a person reads of it."""
        return str(parse_response(self.line)["payload"] or "") if self.kind in STREAMS.values() else f"{self.line}\n"


def _as_json(line: str) -> dict[str, Any] | None:
    """The results of a plain record: with its names quoted it is JSON, which is parsed ten times as fast.

    None for one that is not: a list of named results, an octal escape, a text that looks like a name.
    """
    results = line.partition(",")[2]
    try:
        found: dict[str, Any] = json.loads("{" + NAME.sub(r'\1"\2":', "," + results)[1:] + "}")
    except ValueError:
        return None
    return found


def quoted(text: str) -> str:
    """A C string, as the machine interface takes arguments with blanks.

    >>> quoted('print "a b"')
    '"print \\\\"a b\\\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class Pipe:
    """A gdb process and the way to it and back."""

    def __init__(self, command: list[str]) -> None:
        self._controller = GdbController(command)
        process = self._controller.gdb_process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.process: subprocess.Popen[bytes] = process
        self._in, self._out, self._err = (file.fileno() for file in (process.stdin, process.stdout, process.stderr))
        os.set_blocking(self._in, True)  # pygdbmi would rather lose a long command than wait
        self._poll = select.poll()
        for pipe in (self._out, self._err):
            self._poll.register(pipe, select.POLLIN)
        self._rest = ""
        self.records: deque[Record] = deque()
        self.errors = ""

    def send(self, line: str) -> None:
        """Write a line. Raises GdbError when gdb is gone."""
        try:
            os.write(self._in, f"{line}\n".encode())
        except OSError as error:
            raise GdbError(self.obituary(), sent=line) from error

    def receive(self, deadline: float) -> bool:
        """Wait for output until ``deadline`` (`time.monotonic`); False when none came. Raises GdbError at gdb's end."""
        ready = self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        for pipe, _ in ready:
            if pipe == self._out:
                self._read_records()
            else:
                self._read_errors()
        return bool(ready)

    def _read_records(self) -> None:
        data = os.read(self._out, CHUNK)
        if not data:
            self.process.wait()
            raise GdbError(self.obituary(), said=self.errors)
        *lines, self._rest = (self._rest + data.decode(errors="replace")).split("\n")
        self.records.extend(Record(line.rstrip("\r")) for line in lines)

    def _read_errors(self) -> None:
        data = os.read(self._err, CHUNK)
        self.errors += data.decode(errors="replace")
        if not data:
            self._poll.unregister(self._err)

    def obituary(self) -> str:
        """What has become of gdb."""
        try:
            status = self.process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            return f"gdb (process {self.process.pid}) has closed its pipes and still runs"
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return f"gdb (process {self.process.pid}) is gone: {how}"

    def close(self) -> None:
        """End gdb: politely, and by force when that takes too long."""
        try:
            if self.process.poll() is None:
                self.send("-gdb-exit")
                self.process.wait(FAREWELL)
        except (GdbError, subprocess.TimeoutExpired):
            self.process.kill()
        self._controller.exit()
