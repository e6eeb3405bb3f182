"""What gdb does on its own side of the wire, for sessions without one: numbers of breakpoints, watches, limits."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from gdbstub.scripting.errors import ScriptingError, SessionTimeout, Unsupported
from gdbstub.scripting.source_steps import SourceSteps
from gdbstub.scripting.symbols import Symbols, Where
from gdbstub.scripting.values import Location, Stop, StopKind
from gdbstub.scripting.verbs import Access
from gdbstub.target import Breakpoint, BreakpointKind, StopReason
from gdbstub.target import Stop as TargetStop

__all__ = ["BareSession"]

INSTRUCTION = 4
"""The length of a breakpoint that a server is told; a hint only."""
KINDS = {"write": BreakpointKind.WRITE, "read": BreakpointKind.READ, "access": BreakpointKind.ACCESS}
STOPS = {
    StopReason.HALTED: StopKind.HALTED,
    StopReason.STEPPED: StopKind.STEPPED,
    StopReason.SOFTWARE_BREAKPOINT: StopKind.BREAKPOINT,
    StopReason.HARDWARE_BREAKPOINT: StopKind.BREAKPOINT,
    StopReason.WRITE_WATCHPOINT: StopKind.WATCHPOINT,
    StopReason.READ_WATCHPOINT: StopKind.WATCHPOINT,
    StopReason.ACCESS_WATCHPOINT: StopKind.WATCHPOINT,
    StopReason.INTERRUPTED: StopKind.INTERRUPTED,
    StopReason.CAUGHT: StopKind.CAUGHT,
    StopReason.EXITED: StopKind.EXITED,
}


class BareSession(SourceSteps):
    """A session that speaks to a target itself.

    A watchpoint stops behind the access that met it, as gdb reports it; one for writing where the value has changed.

    Attributes:
        symbols: of the images.
        timeout: seconds that the machine may run before a verb gives up.
    """

    def __init__(self, symbols: Symbols, timeout: float) -> None:
        self.symbols, self.timeout = symbols, timeout
        self._numbers = count(1)
        self._breakpoints: dict[int, Breakpoint] = {}
        self._temporary_ones: set[int] = set()
        self._resumed = False

    # --- what a subclass does -----------------------------------------------------------------------------------

    @abstractmethod
    def _insert(self, breakpoint: Breakpoint) -> None:
        """Stop there from now on; never called twice for an equal one."""

    @abstractmethod
    def _remove(self, breakpoint: Breakpoint) -> None:
        """Undo `_insert`."""

    @abstractmethod
    def _start(self) -> None:
        """Begin to run, off a breakpoint at the pc."""

    @abstractmethod
    def _stopped(self, deadline: float) -> TargetStop:
        """The stop of what `_start` has begun. Raises SessionTimeout, with the machine halted."""

    @abstractmethod
    def _step_one(self, deadline: float) -> TargetStop:
        """One instruction of the selected hart."""

    # --- where to stop ------------------------------------------------------------------------------------------

    def break_at(self, where: Where, *, temporary: bool = False, condition: str = "") -> int:
        if condition:
            raise Unsupported("conditions are expressions, which only a Session with gdb knows: test in the script")
        number = self._add(Breakpoint(BreakpointKind.SOFTWARE, self.address(where), INSTRUCTION))
        if temporary:
            self._temporary_ones.add(number)
        return number

    def watch(self, where: Where, length: int = 8, access: Access = "write") -> int:
        return self._add(Breakpoint(KINDS[access], self.address(where), length))

    def _add(self, breakpoint: Breakpoint) -> int:
        if breakpoint not in self._breakpoints.values():
            self._insert(breakpoint)
        number = next(self._numbers)
        self._breakpoints[number] = breakpoint
        return number

    def delete(self, number: int | None = None) -> None:
        for each in list(self._breakpoints) if number is None else [number]:
            if each not in self._breakpoints:
                raise ScriptingError(f"there is no breakpoint {each}")
            breakpoint = self._breakpoints.pop(each)
            self._temporary_ones.discard(each)
            if breakpoint not in self._breakpoints.values():
                self._remove(breakpoint)

    # --- running ------------------------------------------------------------------------------------------------

    def resume(self) -> None:
        if self._resumed:
            raise ScriptingError("the machine runs already: wait() or interrupt() comes next")
        self._start()
        self._resumed = True

    def wait(self, timeout: float | None = None) -> Stop:
        if not self._resumed:
            raise ScriptingError("nothing runs: resume() comes before wait()")
        deadline = self._deadline(timeout)
        try:
            while True:
                found = self._told(self._stopped(deadline), deadline)
                if found is not None:
                    return found
                self._start()
        finally:
            self._resumed = False

    def stepi(self, count: int = 1) -> Stop:
        deadline = self._deadline(None)
        stop = self._step_one(deadline)
        for _ in range(count - 1):
            if stop.reason is not StopReason.STEPPED or self._on_breakpoint():
                break
            stop = self._step_one(deadline)
        return self._told(stop, deadline) or self._stop(StopReason.STEPPED)

    def _on_breakpoint(self) -> bool:
        pc = self.pc
        return any(b.address == pc and not b.kind.watches_memory for b in self._breakpoints.values())

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self.timeout if timeout is None else timeout)

    def _told(self, stop: TargetStop, deadline: float) -> Stop | None:
        """A stop in a script's words; None for a watched value that was written and has not changed."""
        self.hart = stop.thread - 1
        kind = STOPS[stop.reason]
        if kind is StopKind.WATCHPOINT:
            return self._behind_access(stop, deadline)
        number = self._met(self.pc) if kind is StopKind.BREAKPOINT else None
        code = stop.code if kind is StopKind.EXITED else None
        return Stop(kind, self.hart, self.where(), stop.note.strip(), code, number)

    def _stop(self, reason: StopReason) -> Stop:
        return Stop(STOPS[reason], self.hart, self.where())

    def _met(self, pc: int) -> int | None:
        """The number of the breakpoint at the pc, which goes away when it is temporary."""
        here = (number for number, b in self._breakpoints.items() if b.address == pc and not b.kind.watches_memory)
        number = next(here, None)
        if number in self._temporary_ones:
            self.delete(number)
        return number

    def _behind_access(self, stop: TargetStop, deadline: float) -> Stop | None:
        """A target stops before the access: let it happen, and tell the old and the new value."""
        assert stop.address is not None
        number, watched = self._watchpoint(stop.address)
        old = self.read_memory(watched.address, watched.length)
        self._step_one(deadline)
        new = self.read_memory(watched.address, watched.length)
        if watched.kind is BreakpointKind.WRITE and old == new:
            return None
        values = [f"{int.from_bytes(value, 'little'):#x}" for value in (old, new)]
        detail = f"old value {values[0]}, new value {values[1]}" if old != new else f"value {values[0]}"
        return Stop(StopKind.WATCHPOINT, self.hart, self.where(), detail, None, number)

    def _watchpoint(self, address: int) -> tuple[int, Breakpoint]:
        watchpoints = ((n, b) for n, b in self._breakpoints.items() if b.kind.watches_memory)
        found = next(((n, b) for n, b in watchpoints if b.address <= address < b.address + b.length), None)
        if found is None:
            raise ScriptingError(f"the target stopped for a watchpoint at {address:#x}, which was never set")
        return found

    def _late(self, what: str, seconds: float) -> SessionTimeout:
        return SessionTimeout(f"{what} within {seconds:g} seconds", stands=self.stands())

    @contextmanager
    def _stopping_at(self, address: int) -> Iterator[None]:
        """A breakpoint of the session's own, beside the script's."""
        number = self._add(Breakpoint(BreakpointKind.SOFTWARE, address, INSTRUCTION))
        try:
            yield
        finally:
            self.delete(number)

    # --- looking ------------------------------------------------------------------------------------------------

    def address(self, where: Where) -> int:
        return self.symbols.address(where)

    def location(self, address: int) -> Location:
        return self.symbols.location(address)

    def locals(self) -> dict[str, str]:
        raise Unsupported("the names and types of local variables are gdb's to read: use a Session, or memory and regs")

    def eval(self, expression: str) -> int | str:
        """A register's value for ``$name``, a symbol's address for ``&name``. Raises Unsupported for all else."""
        typed = expression.strip()
        if typed.startswith("$") and typed[1:] in self.register_names():
            return self.read_register(typed[1:])
        if typed.startswith("&") and typed[1:] in self.symbols.names:
            return self.symbols.names[typed[1:]]
        raise Unsupported(f"{expression!r}: without gdb only $register and &symbol can be evaluated; use a Session")
