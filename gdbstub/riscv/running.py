"""Carrying out a plan of who moves and how, a slice at a time.

The wall clock chooses how long a slice is and nothing else: what a guest sees is the same however its run is cut.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from gdbstub.riscv.breakpoints import Breakpoints
from gdbstub.riscv.stops import stop_of
from gdbstub.target import Motion, ResumePlan, Stop, StopReason
from machine.hart.hart import Hart
from machine.machine import Machine
from machine.run_exit import ExitReason, RunExit

__all__ = ["Runner"]

SLICE = 0.02  # seconds
NAP = 0.005  # seconds, when only input from outside can wake a hart
FIRST_PACE = 20_000  # cycles in a slice, until it is known how many take a `SLICE`
BRIEF = 20  # the first slice of a run is that much shorter: most runs of a debugger end soon
LONGEST_BRIEF = 20_000  # cycles; the last run's pace may have been that of much faster code
SLOWEST, FASTEST = 1_000, 1 << 32  # cycles in any slice
STOPPED = "hart {} is stopped by its supervisor execution environment (HSM) and runs nothing: another hart starts it\n"


class Runner:
    """Moves the harts of one machine. `slice` runs in one Python thread, `interrupt` may be called from any."""

    def __init__(self, machine: Machine, breakpoints: Breakpoints) -> None:
        self._machine = machine
        self._breakpoints = breakpoints
        self._pace = FIRST_PACE
        self._interrupted = False  # one assignment is all that another thread makes
        self._work: Iterator[Stop | None] = iter(())

    def resume(self, plan: ResumePlan) -> None:
        """Make ready; what an earlier plan had left is forgotten."""
        self._interrupted = False
        self._work = self._carry_out(plan)

    def interrupt(self) -> None:
        """Make the slice under way, or the next, end with `INTERRUPTED`."""
        self._interrupted = True
        self._machine.interrupt()

    def slice(self) -> Stop | None:
        """Run on for some `SLICE` seconds; None when nothing stopped the harts."""
        return next(self._work)

    def _carry_out(self, plan: ResumePlan) -> Iterator[Stop | None]:
        """One item per slice, without end; a plan is thrown away at its first stop."""
        moving = {self._machine.harts[thread - 1]: action.motion for thread, action in sorted(plan.actions.items())}
        steppers = [hart for hart, motion in moving.items() if motion is Motion.STEP]
        runners = [hart for hart, motion in moving.items() if motion is Motion.CONTINUE]
        if steppers:
            yield from self._step(steppers, runners)
        yield from self._leave_breakpoints(runners)
        yield self._go_on(runners, max(SLOWEST, min(self._pace // BRIEF, LONGEST_BRIEF)))
        while True:
            yield self._go_on(runners, self._pace)

    # --- continuing ---------------------------------------------------------------------------------------------

    def _leave_breakpoints(self, runners: list[Hart]) -> Iterator[Stop]:
        """Harts that stand on a breakpoint run their instruction first, without it."""
        for hart in runners:
            if self._breakpoints.under(hart) and (stop := self._move(hart, 1)):
                yield stop

    def _go_on(self, runners: list[Hart], cycles: int) -> Stop | None:
        """A slice of some cycles; None when nothing stopped the harts."""
        if self._interrupted:
            return Stop(StopReason.INTERRUPTED, runners[0].number + 1)
        started = time.monotonic()
        everybody = len(runners) == len(self._machine.harts)
        stop, idle = self._run_all(cycles) if everybody else self._run_some(runners, cycles)
        if idle:
            time.sleep(NAP)
        elif stop is None:
            self._adapt(cycles, time.monotonic() - started)
        return stop

    def _run_all(self, cycles: int) -> tuple[Stop | None, bool]:
        """The machine as it runs without a debugger; and whether it only waits for input."""
        ended = self._machine.run(cycles)
        if ended.reason is ExitReason.INTERRUPTED and not self._interrupted:
            return None, False  # a Ctrl-C from before: it has been answered
        return self._stop_of(ended), ended.reason is ExitReason.IDLE

    def _run_some(self, runners: list[Hart], cycles: int) -> tuple[Stop | None, bool]:
        """Some harts take turns while the others stand still; those that wait for what cannot come let time pass."""
        quantum = self._machine.config.quantum
        for _ in range(max(1, cycles // (quantum * len(runners)))):
            for hart in runners:
                stop = self._stop_of(self._machine.step(hart.number, quantum))
                if stop is not None or self._interrupted:
                    return stop, False
        return None, all(hart.state.waiting or hart.state.stopped for hart in runners)

    def _adapt(self, cycles: int, seconds: float) -> None:
        """Make the next slice last `SLICE`, as far as this one tells."""
        wanted = cycles * SLICE / max(seconds, 1e-6)
        likely = min(max(wanted, self._pace / 4), self._pace * 2)
        self._pace = min(max(int(likely), SLOWEST), FASTEST)

    # --- stepping -----------------------------------------------------------------------------------------------

    def _step(self, steppers: list[Hart], runners: list[Hart]) -> Iterator[Stop | None]:
        """Each stepper makes one step, each other moving hart one cycle; the first stepper reports."""
        first, *others = steppers
        if first.state.stopped:
            yield Stop(StopReason.HALTED, first.number + 1, note=STOPPED.format(first.number))
        yield from self._step_when_awake(first)
        for hart in [*others, *runners]:
            stop = self._move(hart, 1) or (self._arrival(hart) if hart in runners else None)
            if stop is not None:
                yield stop
        yield Stop(StopReason.STEPPED, first.number + 1)

    def _step_when_awake(self, hart: Hart) -> Iterator[Stop | None]:
        """One step; a hart that waits in WFI is first taken to its next timer, or waits on for input from outside."""
        while True:
            waiting, pc = hart.state.waiting, hart.state.pc
            stop = self._move(hart, 1)
            if stop is not None:
                yield stop
            if not waiting or not hart.state.waiting or hart.state.pc != pc:
                return
            ahead = hart.deadlines()
            if ahead is not None:
                self._machine.step(hart.number, ahead)
                continue
            if self._interrupted:
                yield Stop(StopReason.INTERRUPTED, hart.number + 1)
            time.sleep(NAP)
            yield None

    def _arrival(self, hart: Hart) -> Stop | None:
        """The stop of a hart whose one cycle has led it to a breakpoint: its next will be made without looking."""
        if hart.state.waiting or hart.state.stopped or not self._breakpoints.under(hart):
            return None
        return Stop(self._breakpoints.reason(hart.state.pc), hart.number + 1)

    # --- both ---------------------------------------------------------------------------------------------------

    def _move(self, hart: Hart, cycles: int) -> Stop | None:
        with self._breakpoints.lifted(hart):
            return self._stop_of(self._machine.step(hart.number, cycles))

    def _stop_of(self, ended: RunExit) -> Stop | None:
        return stop_of(ended, self._machine.harts[ended.hart], self._breakpoints)
