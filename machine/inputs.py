"""Interrupts from outside on their way into the harts: merged between turns, recorded, and given again in a replay.

Producers (`Hart.outside`, `Hart.wires`) ring from any thread; whoever drives the machine merges what they asked, at an
instruction boundary. The boundary is recorded as the machine's cycle, so that a replay from the same start, with the
same inputs, is the same run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from machine.hart.clock import Clock
from machine.hart.hart import Hart
from machine.hart.pending import PendingInterrupts, Taken

__all__ = ["Input", "Inputs"]


@dataclass(frozen=True)
class Input:
    """What one hart was given between two instructions.

    Attributes:
        cycle: of the machine, at the boundary.
        hart: its number.
        taken: what was merged.
    """

    cycle: int
    hart: int
    taken: Taken


class Inputs:
    """The way in for all harts of a machine.

    Attributes:
        recorded: every input since reset, in order.
        observers: called with each input behind its merging.
    """

    def __init__(self, harts: Sequence[Hart], clock: Clock) -> None:
        self._harts, self._clock = harts, clock
        self._calling: dict[tuple[int, str], PendingInterrupts] = {}
        self._replayed: deque[Input] = deque()
        self.recorded: list[Input] = []
        self.observers: list[Callable[[Input], None]] = []
        for hart in harts:
            for pending in (hart.outside, hart.wires):
                # One assignment to a dict is indivisible, as `machine.hart.pending` explains.
                pending.ring = partial(self._calling.__setitem__, (hart.number, pending.register), pending)

    def take(self) -> None:
        """Merge what is due; the harts stand between instructions."""
        while self._replayed and self._replayed[0].cycle <= self._clock.cycles:
            self._merge(self._replayed.popleft())
        while self._calling and not self._replayed:
            (number, _), pending = self._calling.popitem()
            taken = pending.flush(getattr(self._harts[number].state, pending.register))
            if taken.mask:
                self._merge(Input(self._clock.cycles, number, taken))

    def _merge(self, given: Input) -> None:
        self.recorded.append(given)  # first: who observes the hart wants to know the author
        self._harts[given.hart].merge(given.taken)
        for observe in self.observers:
            observe(given)

    def sync(self) -> None:
        """Let what the harts' software did to its bits flow back into the bitmaps."""
        for hart in self._harts:
            for pending in (hart.outside, hart.wires):
                pending.sync(getattr(hart.state, pending.register))

    def replay(self, recorded: Iterable[Input]) -> None:
        """Give these again, each at its cycle. What producers ask meanwhile waits until the last has been given."""
        self._replayed = deque(recorded)

    def ahead(self) -> int | None:
        """Cycles until the next input of a replay, or None."""
        return self._replayed[0].cycle - self._clock.cycles if self._replayed else None

    def reset(self) -> None:
        """Nothing has come in yet; a replay that has been asked for stays."""
        self.recorded = []
