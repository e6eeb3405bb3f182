"""A real gdb in front of a machine, with typed verbs; over pygdbmi and a stock gdb-multiarch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal, Self

from gdbstub.scripting.boot import FilePath, Setup
from gdbstub.scripting.errors import GdbError, ScriptingError, SessionTimeout
from gdbstub.scripting.gdb import Gdb
from gdbstub.scripting.local_server import LocalServer
from gdbstub.scripting.mi import quoted
from gdbstub.scripting.mi_values import SCALARS, frame_of, number_of, register_of, stop_of
from gdbstub.scripting.register_names import canonical
from gdbstub.scripting.server import Server
from gdbstub.scripting.symbols import ImagePath, Symbols, Where
from gdbstub.scripting.values import Frame, Location, Stop
from gdbstub.scripting.verbs import Access, Debugger

__all__ = ["Session"]

WATCH = {"write": "", "read": "-r ", "access": "-a "}
LINE_STARTS = re.compile(r"address (0x[0-9a-f]+)")
CONNECT = 3  # seconds that a server has to begin to listen
LOOKING = ("catch", "traps", "mode", "walk", "why", "translate", "help")
"""Monitor commands that change no register; there are more, which gdb then looks at its registers again for."""
LATE = "the machine did not stop"


class Session(Debugger):
    """A gdb that is connected to a machine of its own, or by `attach` to a server that runs already.

    Args:
        image: what the machine starts, and whose symbols gdb loads; the other options are those of `boot.Setup`.
        symbols: more images whose symbols gdb loads, each with its offset if it has one.
        server: "thread": the server runs in this process, and ``session.server.machine`` is there to look at while
            it is halted; "process": in one of its own.
        gdb: the executable; by default gdb-multiarch.
        timeout: seconds that a command may take, and a verb may run the machine.

    Attributes:
        gdb: for whatever has no verb: ``session.gdb.command("info threads")``.
        server: the machine's server; None where the session has attached to another's.

    Raises GdbError when there is no gdb or it cannot connect, ScriptingError for an image or option that does not fit.
    """

    def __init__(
        self,
        image: FilePath,
        *,
        symbols: Iterable[ImagePath] = (),
        server: Literal["thread", "process"] = "thread",
        gdb: str | None = None,
        timeout: float = 30,
        **setup: Any,
    ) -> None:
        wanted = Setup(image, **setup)
        known = Symbols.of([image, *symbols])
        started = _serve(wanted, server)
        self._open(f"127.0.0.1:{started.port}", known, started, gdb, timeout)

    @classmethod
    def attach(
        cls, address: str, *, symbols: Iterable[ImagePath] = (), gdb: str | None = None, timeout: float = 30
    ) -> Self:
        """A session with a server at ``host:port``: ours, QEMU's, a board's. It runs on when the session ends."""
        made = cls.__new__(cls)
        made._open(address, Symbols.of(symbols), None, gdb, timeout)
        return made

    def _open(
        self, address: str, symbols: Symbols, server: Server | LocalServer | None, gdb: str | None, timeout: float
    ) -> None:
        self.symbols, self.server, self.timeout = symbols, server, timeout
        self._hart, self._numbers_of_threads = 0, {0: "1"}
        self._running = False
        try:
            self.gdb = Gdb("", gdb, timeout)
            try:
                self._connect(address)
            except BaseException:
                self.gdb.close()
                raise
        except BaseException:
            if server is not None:
                server.close()
            raise

    def _connect(self, address: str) -> None:
        self.gdb.mi("-gdb-set print frame-arguments presence")  # each would be read from memory at every stop
        for program in self.symbols.programs:
            self.gdb.command(f"add-symbol-file {quoted(os.fspath(program.path))} -o {program.offset:#x}")
        self.gdb.mi(f"-gdb-set tcp connect-timeout {CONNECT}")
        self.gdb.mi(f"-target-select extended-remote {address}")
        self._note_threads()

    def close(self) -> None:
        """End gdb, and then the machine where it is the session's own."""
        try:
            self.gdb.close()
        finally:
            if self.server is not None:
                self.server.close()

    @property
    def console(self) -> str:
        """What the guest has written; nothing where the server is another's."""
        return "" if self.server is None else self.server.uart

    # --- where to stop ------------------------------------------------------------------------------------------

    def break_at(self, where: Where, *, temporary: bool = False, condition: str = "") -> int:
        options = ("-t " if temporary else "") + (f"-c {quoted(condition)} " if condition else "")
        made = self.gdb.mi(f"-break-insert {options}*{self.address(where):#x}")
        return int(made["bkpt"]["number"])

    def watch(self, where: Where, length: int = 8, access: Access = "write") -> int:
        kind = f"{SCALARS[length]} *" if length in SCALARS else f"unsigned char (*)[{length}]"
        made = self.gdb.mi(f"-break-watch {WATCH[access]}{quoted(f'*({kind}) {self.address(where):#x}')}")
        return int(next(iter(made.values()))["number"])

    def delete(self, number: int | None = None) -> None:
        self.gdb.mi("-break-delete" + ("" if number is None else f" {number}"))

    # --- running ------------------------------------------------------------------------------------------------

    def run(self, timeout: float | None = None) -> Stop:
        self._move("-exec-run")
        self._note_threads()
        return self.wait(timeout)

    def resume(self) -> None:
        self._move("-exec-continue")

    def _move(self, command: str) -> None:
        if self._running:
            raise ScriptingError("the machine runs already: wait() or interrupt() comes next")
        self.gdb.move(command)
        self._running = True

    def wait(self, timeout: float | None = None) -> Stop:
        if not self._running:
            raise ScriptingError("nothing runs: resume() comes before wait()")
        try:
            details, said = self.gdb.stopped(LATE, self.timeout if timeout is None else timeout)
        except SessionTimeout as late:
            halted = self.gdb.halt()
            self._running = not halted
            stands = self.stands() if halted else ""
            raise SessionTimeout(late.message, sent=late.sent, said=self._blame(halted), stands=stands) from None
        except GdbError as gone:
            self._running = False
            about = "" if self.server is None else self.server.state
            raise GdbError(gone.message, sent=gone.sent, said=gone.said, stands=about) from gone
        self._running = False
        return self._told(details, said)

    def _blame(self, halted: bool) -> str:
        """What can be said of a machine that did not stop."""
        if halted:
            return "the server is alive: it halted the machine at Ctrl-C"
        if self.server is None:
            return "gdb got no stop at Ctrl-C either: the server, or the way to it, hangs"
        return f"gdb got no stop at Ctrl-C either; {self.server.state}"

    def _told(self, details: dict[str, Any], said: str) -> Stop:
        stop = stop_of(details, said, self._hart, self.symbols)
        self._hart = stop.hart
        return stop

    def interrupt(self) -> Stop:
        if not self._running:
            raise ScriptingError("nothing runs: there is nothing to interrupt")
        self.gdb.ctrl_c()
        return self.wait()

    def stepi(self, count: int = 1) -> Stop:
        return self._moved("-exec-step-instruction" if count == 1 else f"-exec-step-instruction {count}")

    def step(self) -> Stop:
        return self._moved("-exec-step")

    def next(self) -> Stop:
        return self._moved("-exec-next")

    def finish(self) -> Stop:
        return self._moved("-exec-finish")

    def _moved(self, command: str) -> Stop:
        self._move(command)
        return self.wait()

    # --- looking and changing -----------------------------------------------------------------------------------

    def address(self, where: Where) -> int:
        """The address of a place, by the images' symbols, or by gdb's own."""
        try:
            return self.symbols.address(where)
        except ScriptingError as unknown:
            with suppress(GdbError):
                if ":" in str(where):
                    return int(LINE_STARTS.findall(self.gdb.command(f"info line {where}"))[0], 16)
                return int(str(self.eval(f"(unsigned long) &({where})")))
            raise unknown

    def location(self, address: int) -> Location:
        return self.symbols.location(address)

    @cached_property
    def _register_names(self) -> list[str]:
        return [str(name) for name in self.gdb.mi("-data-list-register-names")["register-names"]]

    def register_names(self) -> list[str]:
        return [name for name in self._register_names if name]

    def read_register(self, name: str) -> int:
        number = self._register_names.index(canonical(name, self._register_names))
        answer = self.gdb.mi(f"-data-list-register-values r {number}")
        return register_of(answer["register-values"][0]["value"], name)

    def write_register(self, name: str, value: int) -> None:
        """See `Debugger.write_register`. gdb has no way to write a floating-point register's bits."""
        known = canonical(name, self._register_names)
        self.gdb.mi(f"-gdb-set var ${known} = {value & (1 << 64) - 1:#x}ul")
        self._look_anew()  # gdb would show what was written, not what the register made of it

    def _look_anew(self) -> None:
        """Have gdb forget its copies of the registers."""
        with suppress(GdbError):  # there are none while no program runs
            self.gdb.command("maintenance flush register-cache")

    def read_memory(self, address: int, length: int) -> bytes:
        if length <= 0:
            return b""
        pieces = self.gdb.mi(f"-data-read-memory-bytes {address:#x} {length}")["memory"]
        found = b"".join(bytes.fromhex(piece["contents"]) for piece in pieces)
        if len(found) < length or int(pieces[0]["begin"], 16) != address:
            raise GdbError(f"memory at {address:#x} can be read in part only", sent=f"{length} bytes")
        return found

    def write_memory(self, address: int, data: bytes) -> None:
        self.gdb.mi(f"-data-write-memory-bytes {address:#x} {data.hex()}")

    def backtrace(self) -> list[Frame]:
        return [frame_of(each, self.symbols) for each in self.gdb.mi("-stack-list-frames")["stack"]]

    def locals(self) -> dict[str, str]:
        found = self.gdb.mi("-stack-list-variables --all-values")["variables"]
        return {each["name"]: each["value"] for each in found}

    def eval(self, expression: str) -> int | str:
        return number_of(self.gdb.mi(f"-data-evaluate-expression {quoted(expression)}")["value"])

    def monitor(self, command: str, *, text: bool = False) -> Any:
        try:
            return self._monitored(command) if text else json.loads(self._monitored(f"{command} --json"))
        except (GdbError, json.JSONDecodeError):
            return self._monitored(command)  # not ours, or wrong: its own answer, or its own refusal

    def _monitored(self, command: str) -> str:
        said = self.gdb.command(f"monitor {command}")
        if not command.startswith(LOOKING):
            self._look_anew()
        return said

    @property
    def hart(self) -> int:
        return self._hart

    @hart.setter
    def hart(self, number: int) -> None:
        if number not in self._numbers_of_threads:
            raise ScriptingError(f"there is no hart {number}: gdb sees {sorted(self._numbers_of_threads)}")
        self.gdb.mi(f"-thread-select {self._numbers_of_threads[number]}")
        self._hart = number

    def _note_threads(self) -> None:
        """gdb numbers threads as it meets them; a hart's own number is the thread's core, where the server says it."""
        threads = self.gdb.mi("-thread-info")["threads"]
        self._numbers_of_threads = {int(t.get("core", int(t["id"]) - 1)): t["id"] for t in threads}

    def stands(self) -> str:
        """See `Debugger.stands`; where gdb itself hangs, soon."""
        patience, self.gdb.timeout = self.gdb.timeout, min(self.gdb.timeout, 3)
        try:
            return super().stands()
        finally:
            self.gdb.timeout = patience

    def where(self) -> Location:
        """The place of the next instruction, as gdb's frame has it."""
        return frame_of(self.gdb.mi("-stack-info-frame")["frame"], self.symbols).location


def _serve(setup: Setup, kind: str) -> Server | LocalServer:
    if kind == "thread":
        return LocalServer(setup)
    if kind != "process":
        raise ScriptingError(f"server={kind!r}: choose 'thread' or 'process'")
    return Server(setup.image, *setup.options())
