"""Time as a count: cycles of all harts together, and the timebase derived from them."""

from __future__ import annotations

from machine.bits import trem

__all__ = ["MOST_CYCLES_PER_TICK", "Clock", "cycles_ahead"]

MOST_CYCLES_PER_TICK = 1 << 32
"""Of all harts together: a bound for what is computed from it."""


def cycles_ahead(cycles: int, divisor: int, ticks: int) -> int:
    """Cycles from the clock's ``cycles`` until the tick that is ``ticks`` ahead, 1 or more; ``divisor`` make one."""
    return ticks * divisor - trem(cycles, divisor)


class Clock:
    """The timebase.

    A hart's cycle is one instruction tried, or one interrupt taken, or one idle turn in WFI. The machine's clock
    advances one tick each ``cycles_per_tick`` cycles of every hart.

    Attributes:
        divisor: cycles of all harts that make a tick, 1 to `MOST_CYCLES_PER_TICK`.
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
        return cycles_ahead(self.cycles, self.divisor, missing)
