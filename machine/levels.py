"""Levels of timers and devices as the embedder was last told them, for a machine whose interrupt controller it is.

As between KVM and its user: what is compared is the level now and the level last reported, and nothing more is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from machine.board.virt import Board
from machine.hart.hart import Hart
from machine.spec import status

if TYPE_CHECKING:
    from machine.hart.timers import TimerLines

__all__ = ["LEVELS", "Levels"]

LEVELS = "levels"
"""The reason for which a hart stops when a level, or the moment at which one will change, may have changed."""


class Levels:
    """All timers' and devices' lines.

    Args:
        timers: of each hart.
        board: whose PLIC's inputs are the devices' lines.
        running: the hart whose instruction is under way.

    Attributes:
        watching: whether a change ends a run: `Config.irqchip` is "user".
    """

    STATE = ("_reported", "_settings")

    def __init__(
        self, harts: Sequence[Hart], timers: Sequence[TimerLines], board: Board, running: Callable[[], Hart | None]
    ) -> None:
        self._harts, self._timers, self._board, self._running = harts, timers, board, running
        self.watching = harts[0].config.irqchip == "user"
        self._reported: tuple[tuple[int, ...], int] = ((), 0)
        self._settings: tuple[int, ...] = ()
        self.reset()
        for hart in harts if self.watching else ():
            hart.pending_observers.append(self._look)

    def reset(self) -> None:
        """Every level is low, as far as the embedder has been told."""
        self._reported = (0,) * len(self._harts), 0
        self._settings = ()

    def now(self) -> tuple[tuple[int, ...], int]:
        """Timers' levels by hart, as bits of mip, and devices' levels, bit n for PLIC source n."""
        return tuple(timer.levels() for timer in self._timers), self._board.plic.levels

    def report(self) -> tuple[tuple[int, ...], int]:
        """The levels now, which the embedder is being told."""
        self._reported = self.now()
        return self._reported

    @property
    def changed(self) -> bool:
        """Whether the embedder would learn something new; never where the machine delivers interrupts itself."""
        return self.watching and self.now() != self._reported

    def ahead(self) -> int | None:
        """Cycles until time alone changes a level, or None."""
        known = [due for hart in self._harts if (due := hart.deadlines()) is not None]
        return min(known, default=None)

    def _look(self, hart: Hart, between: bool) -> None:
        """Something about interrupts has changed: end the turn when it concerns a level."""
        running = self._running()
        if running is None or between:
            return
        settings = self._depends_on()
        if settings != self._settings:
            self._settings = settings
            running.request_stop(LEVELS)

    def _depends_on(self) -> tuple[int, ...]:
        """What levels depend on beside time."""
        aclint, now = self._board.aclint, self._harts[0].clock.now()
        found = [self._board.plic.levels, *aclint.mtimecmp, aclint.mtime - now]
        for hart in self._harts:
            state = hart.state
            enables = state.menvcfg >> status.ENVCFG_STCE & 1, state.henvcfg >> status.ENVCFG_STCE & 1
            found += [state.stimecmp, state.vstimecmp, state.htimedelta, *enables]
        return tuple(found)
