"""A resumed target, one slice at a time: stepping through a range, and the user's Ctrl-C."""

from __future__ import annotations

import time

from gdbstub.target import ResumePlan, Stop, StopReason, Target

__all__ = ["Run"]

SLICE = 0.02  # seconds of stepping through a range before the slice ends without a stop


class Run:
    """A plan that is being carried out. `slice` may be called in another Python thread than the rest."""

    def __init__(self, target: Target, plan: ResumePlan) -> None:
        """Resumes the target. Raises TargetError if it cannot run."""
        self._target = target
        self._plan = plan
        self._interrupted = False  # one assignment is all that another thread makes
        target.resume(plan)

    def slice(self) -> Stop | None:
        """Runs for some tens of milliseconds; None if nothing stopped the target in that time."""
        deadline = time.monotonic() + SLICE
        while time.monotonic() < deadline:
            stop = self._target.run_slice()
            if stop is None or not self._continues_through(stop):
                return stop or self._interruption()
            if self._interrupted:
                break
            self._target.resume(self._plan)
        return self._interruption()

    def interrupt(self) -> None:
        """The user pressed Ctrl-C. What is remembered here outlives a `resume` that is under way at this moment."""
        self._interrupted = True
        self._target.interrupt()

    def _interruption(self) -> Stop | None:
        if not self._interrupted:
            return None
        return Stop(StopReason.INTERRUPTED, thread=next(iter(self._plan.actions)))

    def _continues_through(self, stop: Stop) -> bool:
        """Whether a step ended inside the range that its thread was to leave."""
        action = self._plan.actions.get(stop.thread)
        if stop.reason is not StopReason.STEPPED or action is None or action.range is None:
            return False
        start, end = action.range
        return start <= self._pc(stop.thread) < end

    def _pc(self, thread: int) -> int:
        # The protocol's numbers in registers are in target byte order; every target so far is little-endian.
        return int.from_bytes(self._target.read_register(thread, self._target.pc_register), "little")
