"""Breakpoints and watchpoints in the machine's own lists: guest memory is never written for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

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

NOTHING_TO_LIFT = nullcontext()


class Breakpoints:
    """What a debugger asked for, counted: a software and a hardware breakpoint may share an address."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._code: Counter[tuple[int, BreakpointKind]] = Counter()
        self._data: Counter[Watchpoint] = Counter()
        self._watched: dict[int, int] = {}

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

    def watched(self, hart: Hart) -> None:
        """Remember that the hart stands before an access to a watchpoint, which has been told."""
        self._watched[hart.number] = hart.state.pc

    def under(self, hart: Hart) -> bool:
        """Whether the hart stands on a breakpoint, or before an access to a watchpoint that has been told."""
        pc = hart.state.pc
        return pc in self._machine.watches.breakpoints or self._watched.get(hart.number) == pc

    def lifted(self, hart: Hart) -> AbstractContextManager[None]:
        """For one instruction, without what has stopped the hart at its pc already."""
        if self._watched or hart.state.pc in self._machine.watches.breakpoints:
            return self._lifted(hart)
        return NOTHING_TO_LIFT

    @contextmanager
    def _lifted(self, hart: Hart) -> Iterator[None]:
        pc, context, watches = hart.state.pc, hart.context, self._machine.watches
        here = {pc} & watches.breakpoints
        watches.breakpoints -= here
        watches.suspended = self._watched.pop(hart.number, None) == pc
        try:
            yield
        finally:
            watches.suspended = False
            if here:
                watches.breakpoints |= here
                context.code.pop(pc, None)  # an engine asks about breakpoints only before it has decoded an instruction

    def _refresh(self) -> None:
        """Bring the machine's lists up to date; what is new must not hide behind cached instructions or pages.

        Nor need pages that nobody watches any more stay slow.
        """
        watches = self._machine.watches
        code, data = {address for address, _ in self._code}, set(self._data)
        for hart in self._machine.harts:
            for address in code - watches.breakpoints:
                hart.forget_instruction(address)
            if data != watches.watchpoints:
                hart.forget_translations()
        watches.breakpoints.clear()
        watches.breakpoints.update(code)
        watches.watchpoints.clear()
        watches.watchpoints.update(data)


def _watchpoint(breakpoint: Breakpoint) -> Watchpoint:
    return Watchpoint(breakpoint.address, breakpoint.length, WATCH_KINDS[breakpoint.kind])
