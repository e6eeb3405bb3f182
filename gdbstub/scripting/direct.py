"""A session with the machine itself: no gdb, no socket, this thread; at the machine's own speed.

Everything that a debugger would see through the server is the same here, because the same code shows it: registers,
memory, breakpoints, monitor commands.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gdbstub.errors import TargetError
from gdbstub.monitor import Monitor
from gdbstub.riscv import memory
from gdbstub.riscv.breakpoints import Breakpoints
from gdbstub.riscv.commands import COMMANDS
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.registers import Registers
from gdbstub.riscv.running import Runner
from gdbstub.riscv.stops import stop_of
from gdbstub.scripting.bare import BareSession
from gdbstub.scripting.boot import FilePath, Setup
from gdbstub.scripting.errors import ScriptingError, SessionTimeout
from gdbstub.scripting.register_names import canonical
from gdbstub.scripting.symbols import ImagePath, Program, Symbols
from gdbstub.scripting.values import Stop
from gdbstub.target import Action, Breakpoint, Motion, ResumePlan, StopReason
from gdbstub.target import Stop as TargetStop
from machine.errors import MachineError
from machine.hart.hart import Hart
from machine.history.snapshot import Snapshot
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.startup.console import Console

__all__ = ["DirectSession", "DirectSnapshot"]

SLICE = 0.02  # seconds between two looks at the clock
FIRST_PACE, SLOWEST, FASTEST = 10_000, 1_000, 1 << 26  # cycles


@dataclass(frozen=True)
class DirectSnapshot:
    """The machine, and what it has written so far."""

    machine: Snapshot
    console: bytes


class DirectSession(BareSession):
    """A machine that this script drives.

    Args:
        image: what the machine starts; the other options are those of `boot.Setup`.
        symbols: more images whose names and lines are to be known, each with its offset if it has one.
        timeout: seconds that a verb may run.
        limit: cycles that a verb may run, or None: unlike seconds, the same on every computer.

    Attributes:
        machine: all of it is there to look at; a script that drives it past the session must not have `resume`d.

    Raises ScriptingError for an image or an option that does not fit.
    """

    def __init__(
        self,
        image: FilePath,
        *,
        symbols: Iterable[ImagePath] = (),
        timeout: float = 30,
        limit: int | None = None,
        **setup: Any,
    ) -> None:
        self._written = bytearray()
        started = Setup(image, **setup).start(self._written.extend)
        own = [Program(Path(each.name), image=each) for each in started.images]
        known = Symbols([*own, *Symbols.of(symbols).programs])
        self._take(started.machine, started.console, known, timeout, limit)

    @classmethod
    def of(cls, machine: Machine, symbols: Symbols, console: Console | None = None, timeout: float = 30) -> Self:
        """A session with a machine that somebody else has made; its console's output stays with whoever made it."""
        made = cls.__new__(cls)
        made._written = bytearray()
        made._take(machine, console, symbols, timeout, None)
        return made

    def _take(
        self, machine: Machine, console: Console | None, symbols: Symbols, timeout: float, limit: int | None
    ) -> None:
        super().__init__(symbols, timeout)
        self.machine, self._console, self.limit = machine, console, limit
        self._registers = Registers(machine.harts[0])
        cells = (self._registers.cell(number) for number in self._registers.numbers)
        self._cells = {cell.register.name: cell for cell in cells}
        self._points = Breakpoints(machine)
        self._runner = Runner(machine, self._points)
        self._commands = Monitor(COMMANDS)
        self._hart = machine.harts[0]
        self._pace = FIRST_PACE

    def close(self) -> None:
        """Take the session's breakpoints out of the machine."""
        self.delete()

    # --- the guest's terminal -----------------------------------------------------------------------------------

    @property
    def console(self) -> str:
        """What the guest has written."""
        return self._written.decode(errors="replace")

    def type(self, text: str | bytes) -> None:
        """Type at the guest's terminal."""
        if self._console is None:
            raise ScriptingError("this session was not given the machine's console")
        self._console.receive(text.encode() if isinstance(text, str) else text)

    # --- going back ---------------------------------------------------------------------------------------------

    @property
    def cycles(self) -> int:
        """Cycles of all harts since reset."""
        return self.machine.clock.cycles

    def snapshot(self) -> DirectSnapshot:
        """The state now; breakpoints, watchpoints and catches are no part of it."""
        return DirectSnapshot(self.machine.snapshot(), bytes(self._written))

    def restore(self, snapshot: DirectSnapshot) -> None:
        """Back to a snapshot of this session. Raises ScriptingError for another machine's."""
        try:
            self.machine.restore(snapshot.machine)
        except MachineError as error:
            raise ScriptingError(str(error)) from error
        self._written[:] = snapshot.console
        self._resumed = False

    # --- running ------------------------------------------------------------------------------------------------

    def run(self, timeout: float | None = None) -> Stop:
        self.machine.reset()
        self._written.clear()
        return self.cont(timeout)

    def interrupt(self) -> Stop:
        """Halt what `resume` has started; from another thread, call ``machine.interrupt()`` instead."""
        self.machine.interrupt()
        return self.wait()

    def _insert(self, breakpoint: Breakpoint) -> None:
        self._points.insert(breakpoint)

    def _remove(self, breakpoint: Breakpoint) -> None:
        self._points.remove(breakpoint)

    def _start(self) -> None:
        self._refuse_ended()

    def _refuse_ended(self) -> None:
        if self.machine.finish is not None:
            raise ScriptingError("the guest has ended its run: run() or restore() starts it again")

    def _stopped(self, deadline: float) -> TargetStop:
        used = 0
        for moved in self._leave_breakpoints():
            if isinstance(moved, TargetStop):
                return moved
            used += moved
        while True:
            began = time.monotonic()
            if began > deadline:
                raise SessionTimeout("the machine did not stop in its time", stands=self.stands())
            if self.limit is not None and used >= self.limit:
                raise SessionTimeout(f"the machine did not stop within {self.limit} cycles", stands=self.stands())
            ended = self.machine.run(self._pace if self.limit is None else min(self._pace, self.limit - used))
            used += ended.cycles
            if (stop := stop_of(ended, self.machine.harts[ended.hart], self._points)) is not None:
                return stop
            if ended.reason is ExitReason.IDLE:
                raise SessionTimeout("every hart waits for an interrupt that nothing will raise", stands=self.stands())
            self._adapt(time.monotonic() - began)

    def _leave_breakpoints(self) -> Iterator[TargetStop | int]:
        """Harts that stand on a breakpoint run their instruction without it; the stop of one, or cycles used."""
        for hart in self.machine.harts:
            if self._points.under(hart):
                with self._points.lifted(hart):
                    ended = self.machine.step(hart.number, 1)
                stop = stop_of(ended, self.machine.harts[ended.hart], self._points)
                yield ended.cycles if stop is None else stop

    def _adapt(self, seconds: float) -> None:
        ratio = min(max(SLICE / max(seconds, 1e-6), 0.25), 4.0)
        self._pace = min(max(int(self._pace * ratio), SLOWEST), FASTEST)

    def _step_one(self, deadline: float) -> TargetStop:
        """As gdb steps: one instruction of the selected hart, one cycle of each other."""
        self._refuse_ended()
        motions = {hart.number + 1: Action(Motion.CONTINUE) for hart in self.machine.harts}
        self._runner.resume(ResumePlan({**motions, self.hart + 1: Action(Motion.STEP)}))
        while (stop := self._runner.slice()) is None:
            if time.monotonic() > deadline:
                raise SessionTimeout("the hart waits (WFI), and no timer will wake it", stands=self.stands())
        return stop

    def stepi(self, count: int = 1) -> Stop:
        """See `Debugger.stepi`. A single hart makes all but the first at once, as long as nothing is in the way."""
        if count < 3 or len(self.machine.harts) > 1 or self._breakpoints:
            return super().stepi(count)
        stop = super().stepi()
        left = count - 1
        while left and not self._hart.state.waiting and self.machine.finish is None:
            ended = self.machine.step(self.hart, left)
            left -= ended.cycles
            caught = stop_of(ended, self._hart, self._points)
            if caught is not None:
                return self._told(caught, self._deadline(None)) or stop
        return super().stepi(left) if left else self._stop(StopReason.STEPPED)

    # --- looking and changing -----------------------------------------------------------------------------------

    @property
    def hart(self) -> int:
        return self._hart.number

    @hart.setter
    def hart(self, number: int) -> None:
        self._hart = self._numbered(number)

    def _numbered(self, number: int) -> Hart:
        if not 0 <= number < len(self.machine.harts):
            raise ScriptingError(f"there is no hart {number}: the machine has {len(self.machine.harts)}")
        return self.machine.harts[number]

    def register_names(self) -> list[str]:
        return list(self._cells)

    def read_register(self, name: str) -> int:
        return self._cells[canonical(name, self._cells)].read(self._hart)

    def write_register(self, name: str, value: int) -> None:
        cell = self._cells[canonical(name, self._cells)]
        with _told_by_target():
            cell.write(self._hart, value & ((1 << 8 * cell.size) - 1))

    def read_memory(self, address: int, length: int) -> bytes:
        if length <= 0:
            return b""
        with _told_by_target():
            found = memory.read(self._hart, address, length)
        if len(found) < length:
            raise ScriptingError(f"memory at {address + len(found):#x} cannot be read", stands=self.stands())
        return found

    def write_memory(self, address: int, data: bytes) -> None:
        with _told_by_target():
            memory.write(self._hart, address, data)

    def monitor(self, command: str, *, text: bool = False) -> Any:
        context = MonitorContext(self.machine, self._hart)
        answer = self._commands.run(context, command if text else f"{command} --json")
        if answer.failed:
            raise ScriptingError(answer.text.strip(), sent=f"monitor {command}")
        return answer.text if text else json.loads(answer.text)


@contextmanager
def _told_by_target() -> Iterator[None]:
    """A refusal of the target as this package's error."""
    try:
        yield
    except TargetError as error:
        raise ScriptingError(error.message) from error
