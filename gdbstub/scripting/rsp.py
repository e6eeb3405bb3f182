"""A session with a server by the remote protocol itself, without gdb: ours, QEMU's, a board's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets import breakpoints, general, memory, registers, resume, threads
from gdbstub.rsp.thread_id import ThreadId
from gdbstub.scripting.bare import BareSession
from gdbstub.scripting.errors import RemoteError, ScriptingError, SessionTimeout
from gdbstub.scripting.register_names import canonical
from gdbstub.scripting.stop_reply import StopReply
from gdbstub.scripting.symbols import ImagePath, Symbols
from gdbstub.scripting.target_xml import RemoteRegister, registers_of
from gdbstub.scripting.values import Stop
from gdbstub.scripting.wire import OK, Wire
from gdbstub.target import Breakpoint, StopReason
from gdbstub.target import Stop as TargetStop

__all__ = ["RspSession"]

FEATURES = ("swbreak+", "hwbreak+", "vContSupported+")
HALT = 3  # seconds that a target has to stop after Ctrl-C
CHUNK = 0x200  # bytes of memory or of a document that are asked for at once: every server can that many
WORLD = 1 << 64


class RspSession(BareSession):
    """A session with the server at ``host:port``; it runs on when the session ends, with its machine halted.

    Args:
        symbols: images whose names and lines are to be known, each with its offset if it has one.
        timeout: seconds that an answer may take, and a verb may run the machine.

    Raises RemoteError when nobody listens there, or who listens does not describe its registers.
    """

    def __init__(self, address: str, *, symbols: Iterable[ImagePath] = (), timeout: float = 30) -> None:
        super().__init__(Symbols.of(symbols), timeout)
        self.wire = Wire(address, timeout)
        self._hart, self._note = 0, ""
        self._known: dict[int, bytes] = {}
        self._watched = False
        try:
            self.wire.ask(general.ExchangeFeatures(FEATURES))
            self.wire.stop_acks()
            self._registers = registers_of(self._document)
            self._note_stop(self._stop_reply(general.QueryStopReason(), None), StopReason.HALTED)
        except BaseException:
            self.wire.close()
            raise

    def close(self) -> None:
        """Take the session's breakpoints out, and leave; the machine stays halted."""
        with suppress(ScriptingError):
            if self._resumed:
                self.interrupt()
            self.delete()
        self.wire.close()

    def _document(self, annex: str) -> str:
        found = b""
        while True:
            reply = self.wire.ask(general.ReadObject("features", annex, len(found), CHUNK))
            found += reply[1:]
            if reply[:1] == b"l":
                return found.decode(errors="replace")

    # --- running ------------------------------------------------------------------------------------------------

    def run(self, timeout: float | None = None) -> Stop:
        self.wire.tell(general.EnableExtendedMode())
        self._note_stop(self._stop_reply(general.Run(""), None), StopReason.HALTED)
        for breakpoint in set(self._breakpoints.values()):  # a new run has none of the old one's
            self._insert(breakpoint)
        return self.cont(timeout)

    def interrupt(self) -> Stop:
        if not self._resumed:
            raise ScriptingError("nothing runs: there is nothing to interrupt")
        self.wire.interrupt()
        return self.wait()

    def _insert(self, breakpoint: Breakpoint) -> None:
        self.wire.tell(breakpoints.InsertBreakpoint(*_as_packet(breakpoint)))

    def _remove(self, breakpoint: Breakpoint) -> None:
        self.wire.tell(breakpoints.RemoveBreakpoint(*_as_packet(breakpoint)))

    def _start(self) -> None:
        """Most servers stop at once at a breakpoint under the pc: step off it first, as gdb does."""
        self._ended: TargetStop | None = None
        if self._on_breakpoint():
            stop = self._step_one(self._deadline(None))
            if stop.reason is not StopReason.STEPPED:
                self._ended = stop
                return
            if self._on_breakpoint():
                self._ended = TargetStop(StopReason.SOFTWARE_BREAKPOINT, self._hart + 1)
                return
        self._note = ""
        self._known.clear()
        self.wire.send(resume.ResumeThreads((resume.Action(resume.ActionKind.CONTINUE),)))

    def _stopped(self, deadline: float) -> TargetStop:
        if self._ended is not None:
            return self._ended
        try:
            reply = self._stop_reply(None, deadline)
        except SessionTimeout as late:
            raise SessionTimeout("the machine did not stop in its time", sent=late.sent, said=self._halt()) from None
        stop = self._note_stop(reply, StopReason.HALTED)
        if stop.reason is StopReason.HALTED and self._on_breakpoint():
            return TargetStop(StopReason.SOFTWARE_BREAKPOINT, stop.thread, note=stop.note)
        return stop

    def _halt(self) -> str:
        """Ctrl-C after a time-out: what came of it."""
        try:
            self.wire.interrupt()
            self._note_stop(self._stop_reply(None, self._deadline(HALT)), StopReason.HALTED)
        except ScriptingError as error:
            return f"it did not stop at Ctrl-C either ({error.message})"
        return f"at Ctrl-C it stopped: {self.stands()}"

    def _step_one(self, deadline: float) -> TargetStop:
        action = resume.Action(resume.ActionKind.STEP, ThreadId(self._hart + 1))
        others = resume.Action(resume.ActionKind.CONTINUE)
        with self._lifted():
            self._note = ""
            self._known.clear()
            reply = self._stop_reply(resume.ResumeThreads((action, others)), deadline)
            return self._note_stop(reply, StopReason.STEPPED)

    @contextmanager
    def _lifted(self) -> Iterator[None]:
        """Without what has stopped the hart here already."""
        pc, watched = self.pc, self._watched
        here = {b for b in self._breakpoints.values() if (watched if b.kind.watches_memory else b.address == pc)}
        for breakpoint in here:
            self._remove(breakpoint)
        try:
            yield
        finally:
            for breakpoint in here:
                self._insert(breakpoint)

    def _stop_reply(self, packet: Packet | None, deadline: float | None) -> StopReply:
        """The stop that a packet leads to; console output before it becomes the stop's note."""
        if packet is not None:
            self.wire.send(packet)
        reply = self.wire.receive(deadline)
        while reply.startswith(b"O") and reply != OK:
            self._note += bytes.fromhex(reply[1:].decode()).decode(errors="replace")
            reply = self.wire.receive(deadline)
        return StopReply.parse(self.wire.checked(reply))

    def _note_stop(self, reply: StopReply, otherwise: StopReason) -> TargetStop:
        stop = reply.told(self._note, self._hart + 1, otherwise)
        self._note = ""
        self._watched = stop.address is not None
        if stop.thread > 0 and not reply.ended:
            self.hart = stop.thread - 1
        self._known = dict(reply.registers)
        return stop

    # --- looking and changing -----------------------------------------------------------------------------------

    @property
    def hart(self) -> int:
        return self._hart

    @hart.setter
    def hart(self, number: int) -> None:
        if number != self._hart:
            self.wire.tell(threads.SelectThread(threads.Purpose.ACCESS, ThreadId(number + 1)))
            self._hart = number
            self._known.clear()

    @cached_property
    def _names(self) -> list[str]:
        return list(self._registers)

    def register_names(self) -> list[str]:
        return self._names

    def _register(self, name: str) -> RemoteRegister:
        return self._registers[canonical(name, self._registers)]

    def read_register(self, name: str) -> int:
        number = self._register(name).number
        if number not in self._known:
            reply = self.wire.ask(registers.ReadRegister(number))
            if reply.startswith(b"x"):
                raise RemoteError(f"the server has no value for the register {name}")
            self._known[number] = bytes.fromhex(reply.decode())
        return int.from_bytes(self._known[number], "little")

    def write_register(self, name: str, value: int) -> None:
        register = self._register(name)
        data = (value % WORLD).to_bytes(8, "little")[: register.size]
        self.wire.tell(registers.WriteRegister(register.number, data))
        self._known.clear()

    def read_memory(self, address: int, length: int) -> bytes:
        found = bytearray()
        while len(found) < length:
            asked = min(CHUNK, length - len(found))
            piece = bytes.fromhex(self.wire.ask(memory.ReadMemory(address + len(found), asked)).decode())
            if not piece:
                raise RemoteError(f"memory at {address + len(found):#x} cannot be read")
            found += piece
        return bytes(found)

    def write_memory(self, address: int, data: bytes) -> None:
        for at in range(0, len(data), CHUNK):
            self.wire.tell(memory.WriteMemory(address + at, data[at : at + CHUNK]))

    def monitor(self, command: str, *, text: bool = False) -> Any:
        if text:
            return self._monitor(command)
        try:
            return json.loads(self._monitor(f"{command} --json"))
        except (RemoteError, json.JSONDecodeError):
            return self._monitor(command)  # not ours, or wrong: its own answer, or its own refusal

    def _monitor(self, command: str) -> str:
        self.wire.send(general.MonitorCommand(command))
        said, reply = "", self.wire.receive()
        while reply.startswith(b"O") and reply != OK:
            said += bytes.fromhex(reply[1:].decode()).decode(errors="replace")
            reply = self.wire.receive()
        self._known.clear()
        try:
            answer = self.wire.checked(reply)
        except RemoteError as refused:
            raise RemoteError(said.strip() or refused.message, sent=f"monitor {command}") from refused
        return said if answer == OK else said + bytes.fromhex(answer.decode()).decode(errors="replace")


def _as_packet(breakpoint: Breakpoint) -> tuple[breakpoints.BreakpointKind, int, int]:
    return breakpoints.BreakpointKind(str(int(breakpoint.kind))), breakpoint.address, breakpoint.length
