"""Breakpoints and watchpoints in the machine's own lists: guest memory is never written for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gdbstub.target import Breakpoint, BreakpointKind, StopReason
from machine.hart.hart import Hart
from machine.hart.watch import ACCESS, READ, WRITE, Watchpoint
from machine.machine import Machine

__all__ = ["WATCH_REASONS", "Breakpoints"]

WATCH_KINDS = {BreakpointKind.WRITE: WRITE, BreakpointKind.READ: READ, BreakpointKind.ACCESS: ACCESS}
WATCH_REASONS = {
    WRITE: StopReason.WRITE_WATCHPOINT,
    READ: StopReason.READ_WATCHPOINT,
    ACCESS: StopReason.ACCESS_WATCHPOINT,
}


class Breakpoints:
    """What a debugger asked for, counted: a software and a hardware breakpoint may share an address."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._code: Counter[tuple[int, BreakpointKind]] = Counter()
        self._data: Counter[Watchpoint] = Counter()

    def insert(self, breakpoint: Breakpoint) -> None:
        """Stop there from now on."""
        if breakpoint.kind.watches_memory:
            self._data[_watchpoint(breakpoint)] += 1
        else:
            self._code[breakpoint.address, breakpoint.kind] += 1
        self._refresh()

    def remove(self, breakpoint: Breakpoint) -> None:
        """Undo one `insert`."""
        if breakpoint.kind.watches_memory:
            self._data -= Counter([_watchpoint(breakpoint)])
        else:
            self._code -= Counter([(breakpoint.address, breakpoint.kind)])
        self._refresh()

    def reason(self, address: int) -> StopReason:
        """How to call a stop at a breakpoint there."""
        hardware = (address, BreakpointKind.SOFTWARE) not in self._code and (
            address,
            BreakpointKind.HARDWARE,
        ) in self._code
        return StopReason.HARDWARE_BREAKPOINT if hardware else StopReason.SOFTWARE_BREAKPOINT

    def under(self, hart: Hart) -> bool:
        """Whether the hart stands on a breakpoint."""
        return hart.state.pc in self._machine.watches.breakpoints

    @contextmanager
    def lifted(self, hart: Hart) -> Iterator[None]:
        """Without the breakpoint under the hart's pc, for one instruction."""
        pc, context, places = hart.state.pc, hart.context, self._machine.watches.breakpoints
        if pc not in places:
            yield
            return
        places.discard(pc)
        try:
            yield
        finally:
            places.add(pc)
            context.code.pop(pc, None)  # an engine asks about breakpoints only before it has decoded an instruction

    def _refresh(self) -> None:
        """Bring the machine's lists up to date; what is new must not hide behind cached instructions or pages."""
        watches = self._machine.watches
        code, data = {address for address, _ in self._code}, set(self._data)
        if code - watches.breakpoints:
            self._machine.guard.forget_code()
        if data - watches.watchpoints:
            for hart in self._machine.harts:
                hart.forget_translations()
        watches.breakpoints.clear()
        watches.breakpoints.update(code)
        watches.watchpoints.clear()
        watches.watchpoints.update(data)


def _watchpoint(breakpoint: Breakpoint) -> Watchpoint:
    return Watchpoint(breakpoint.address, breakpoint.length, WATCH_KINDS[breakpoint.kind])
