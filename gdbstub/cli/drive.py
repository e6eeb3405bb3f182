"""The loop that drives a machine to its end: run a slice, hand over input, look at why it stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gdbstub.cli.computer import Computer
from gdbstub.cli.line import Line
from gdbstub.cli.outcome import Ending, Outcome
from machine.devices.finish import Finish, FinishKind
from machine.devices.uart import Enable
from machine.engine.lockstep import Divergence
from machine.machine import Machine
from machine.observe.trace import Tracer
from machine.run_exit import ExitReason, RunExit

__all__ = ["Advance", "Drive", "tracing"]

SLICE = 100_000  # cycles between looks at the input
NAP = 0.05  # seconds between looks while the guest waits for input
UNLIMITED = 1 << 62

Advance = Callable[[int], RunExit]


class Drive:
    """One run of one machine.

    Args:
        limit: cycles after which the run is given up.
        advance: `Machine.run`, or something that does the same and watches.
        tick: called between slices with the number of instructions so far.
    """

    def __init__(
        self, computer: Computer, line: Line, *, limit: int | None, advance: Advance, tick: Callable[[int], None]
    ) -> None:
        self._computer, self._machine, self._line = computer, computer.machine, line
        self._limit = UNLIMITED if limit is None else limit
        self._advance, self._tick = advance, tick
        self._cycles = self._before_reboot = 0
        self._divergence: Divergence | None = None

    def run(self) -> Outcome:
        """Until the guest ends, the limit is reached, nothing can happen any more, or Ctrl-C."""
        started = time.monotonic()
        with _ctrl_c(self._machine):
            ending, finish = self._until_ended()
        seconds = time.monotonic() - started
        return Outcome(ending, finish, self._instructions(), self._cycles, seconds, self._divergence)

    def _instructions(self) -> int:
        return self._before_reboot + sum(int(hart.state.minstret) for hart in self._machine.harts)

    def _until_ended(self) -> tuple[Ending, Finish | None]:
        while self._cycles < self._limit:
            if data := self._line.take():
                self._computer.console.receive(data)
            ended = self._advance(min(SLICE, self._limit - self._cycles))
            self._cycles += ended.cycles
            self._tick(self._instructions())
            if ended.reason is ExitReason.INTERRUPTED:
                return Ending.INTERRUPTED, None
            if isinstance(ended.detail, Divergence):
                self._divergence = ended.detail
                return Ending.DIVERGED, None
            if ended.reason is ExitReason.IDLE and not self._input_may_wake():
                return Ending.IDLE, None
            if ended.reason is ExitReason.SHUTDOWN:
                finish = self._machine.finish
                if finish is None or finish.kind is not FinishKind.RESET:
                    return Ending.FINISHED, finish
                self._reboot()
        finish = self._machine.finish  # it may have ended with the last cycle of all
        return (Ending.FINISHED, finish) if finish is not None else (Ending.LIMIT, None)

    def _reboot(self) -> None:
        self._before_reboot = self._instructions()
        self._machine.reset()

    def _input_may_wake(self) -> bool:
        """Wait a little for input, when the guest has asked the UART for an interrupt and some may come."""
        if not self._machine.board.uart.ier & Enable.RECEIVED:
            return False
        more_may_come = self._line.open  # asked first: the last bytes may arrive just before the end is known
        data = self._line.wait(NAP)
        if data:
            self._computer.console.receive(data)
        return bool(data) or more_may_come


@contextmanager
def _ctrl_c(machine: Machine) -> Iterator[None]:
    """Ctrl-C ends the run at an instruction boundary, so that the report and the files are whole."""
    before = signal.signal(signal.SIGINT, lambda number, frame: machine.interrupt())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def tracing(machine: Machine, tracer: Tracer) -> Advance:
    """`Machine.run`, one cycle at a time under the tracer's eyes; how a run is cut changes nothing of it."""
    turn = 0

    def advance(budget: int) -> RunExit:
        nonlocal turn
        used = 0
        while used < budget:
            hart = machine.harts[turn]
            tracer.before(hart)
            ended = machine.run(1)
            if ended.cycles:
                tracer.after(hart)
            used += ended.cycles
            turn = ended.hart
            if ended.reason is not ExitReason.BUDGET:
                turn = 0 if ended.reason is ExitReason.SHUTDOWN else turn  # only a reset goes on from there
                return RunExit(ended.reason, ended.hart, used, ended.detail)
        return RunExit(ExitReason.BUDGET, turn, used)

    return advance
