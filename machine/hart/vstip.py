"""When hip.VSTIP of a hart rises and falls: the guest's timer, by hvip.VSTIP or by vstimecmp (rule hip_vstip_op).

Whatever can change it is followed by a look at the hart's deadlines before the next instruction: a timer's moment ends
a batch, a CSR that has a say asks for attention. So the look is where a change is seen, exactly. Nobody listening, no
look is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.bits import u
from machine.csr.interrupts import VSTI, guest_pending
from machine.spec import status

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["VstipEdge", "VstipWatch"]


@dataclass(frozen=True)
class VstipEdge:
    """A change of hip.VSTIP.

    Attributes:
        level: after the change.
        cycle: of the machine, when it happened; earlier than now when another hart had the turn.
        timer: whether vstimecmp's comparison changed; otherwise hvip.VSTIP did.
    """

    level: int
    cycle: int
    timer: bool


Listener = Callable[["Hart", VstipEdge], None]
Looker = Callable[["Hart"], None]


class VstipWatch:
    """Listens to one hart.

    Attributes:
        level: of hip.VSTIP at the last look; 0 while nobody listens.
        grain: cycles after which a running hart is looked at again while the level is 1, 0 for no more than needed.
            A run is cut at them, which changes nothing of what happens.
        lookers: called at each look, before any change is told.
    """

    STATE = ("level", "_compared", "_settings")

    def __init__(self, hart: Hart) -> None:
        self._hart = hart
        self._listeners: list[Listener] = []
        self.lookers: list[Looker] = []
        self._deadlines: Callable[[], int | None] | None = None
        self.grain = 0
        self.forget()

    def forget(self) -> None:
        """The hart is reset: there was nothing before."""
        self.level, self._compared = 0, 0
        self._settings = self._now()

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` at each change from now on; what is pending already has not risen."""
        if self._deadlines is None:
            self._deadlines = self._hart.deadlines
            self._hart.deadlines = self._look
            self.begin()
        self._listeners.append(listener)

    def begin(self) -> None:
        """What is pending already has not risen."""
        self.level, self._compared, self._settings = self._pending(), self._timer(), self._now()

    @property
    def listening(self) -> bool:
        """Whether anybody listens."""
        return self._deadlines is not None

    @property
    def plain_deadlines(self) -> Callable[[], int | None]:
        """The hart's deadlines as they are while nobody listens."""
        return self._hart.deadlines if self._deadlines is None else self._deadlines

    def leave(self, listener: Listener) -> None:
        """Call it no more."""
        self._listeners.remove(listener)
        if not self._listeners and self._deadlines is not None and self._hart.deadlines == self._look:
            self._hart.deadlines = self._deadlines
            self._deadlines = None

    def _pending(self) -> int:
        return int(guest_pending(self._hart) & VSTI != 0)

    def _timer(self) -> int:
        """The comparison alone."""
        state = self._hart.state
        if not state.henvcfg >> status.ENVCFG_STCE & 1:
            return 0
        return int(u(self._hart.time() + state.htimedelta) >= state.vstimecmp)

    def _now(self) -> tuple[int, ...]:
        """What the comparison depends on beside time."""
        state = self._hart.state
        return state.vstimecmp, state.htimedelta, state.henvcfg

    def _look(self) -> int | None:
        assert self._deadlines is not None
        limit = self._deadlines()
        for looker in self.lookers:
            looker(self._hart)
        level, compared, settings = self._pending(), self._timer(), self._now()
        if level != self.level:
            edge = VstipEdge(level, self._moment(compared, settings), compared != self._compared)
            self.level = level
            for listener in self._listeners:
                listener(self._hart, edge)
        self._compared, self._settings = compared, settings
        return self._cut(limit)

    def _moment(self, compared: int, settings: tuple[int, ...]) -> int:
        """The cycle of the change: that of the timer's tick when time alone has made it."""
        clock, state = self._hart.clock, self._hart.state
        if not compared or compared == self._compared or settings != self._settings:
            return clock.cycles
        late = u(self._hart.time() + state.htimedelta) - state.vstimecmp
        return int(clock.cycles - late * clock.divisor - clock.cycles % clock.divisor)

    def _cut(self, limit: int | None) -> int | None:
        """A hart that waits is left alone: its deadlines say how far time may jump."""
        state = self._hart.state
        if not self.grain or not self.level or state.waiting or state.stopped:
            return limit
        return self.grain if limit is None else min(limit, self.grain)
