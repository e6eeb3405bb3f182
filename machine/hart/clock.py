"""Time as a count: cycles of all harts together, and the timebase derived from them."""

from __future__ import annotations

__all__ = ["Clock"]


class Clock:
    """The timebase.

    A hart's cycle is one instruction tried, or one interrupt taken, or one idle turn in WFI. The machine's clock
    advances one tick each ``cycles_per_tick`` cycles of every hart.

    Attributes:
        cycles: cycles of all harts since reset.
    """

    STATE = ("cycles",)

    def __init__(self, cycles_per_tick: int, harts: int) -> None:
        self.divisor = cycles_per_tick * harts
        self.cycles = 0

    def now(self) -> int:
        """Ticks of the timebase since reset."""
        return self.cycles // self.divisor

    def cycles_until(self, ticks: int) -> int:
        """Cycles from now until `now` reaches ``ticks``; 0 when it has."""
        missing = ticks - self.now()
        if missing <= 0:
            return 0
        return missing * self.divisor - self.cycles % self.divisor
