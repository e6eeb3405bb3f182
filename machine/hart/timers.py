"""Timer levels as a function of time: when the next one changes, for one hart.

mtimecmp (ACLINT), stimecmp and vstimecmp (Sstc) are compared with mtime, never counted down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from machine.bits import ite, routine, u
from machine.csr.envcfg import Henvcfg, Menvcfg
from machine.hart.clock import Clock
from machine.spec import status
from machine.spec.causes import Interrupt

if TYPE_CHECKING:
    from machine.devices.aclint import Aclint
    from machine.hart.hart import Hart

__all__ = ["NEVER", "TimerLines", "drive_line", "ticks_ahead"]

MTIP = 1 << Interrupt.MTI
NEVER = 1 << 48
"""Ticks that nobody waits for (nearly a year): a timer set beyond is one that software switched off."""


@routine
def drive_line(h: Any, mtimecmp: int) -> None:
    """Bring the MTIP line up to date."""
    state = h.state
    state.lines = state.lines & ~MTIP | ite(u(h.time()) >= mtimecmp, MTIP, 0)


@routine
def ticks_ahead(h: Any, mtimecmp: int) -> int:
    """Ticks until a timer's level changes; `NEVER` when nobody waits so long."""
    state, now = h.state, u(h.time())
    ahead = _least(NEVER, _until(now, mtimecmp))
    supervisor = _until(now, state.stimecmp)
    ahead = ite(Menvcfg.STCE.get(state.menvcfg) == 1, _least(ahead, supervisor), ahead)
    guest = _until(u(now + state.htimedelta), state.vstimecmp)
    return u(ite(Henvcfg.STCE.get(state.henvcfg) == 1, _least(ahead, guest), ahead), NEVER.bit_length())


def _until(now: int, compare: int) -> int:
    """Ticks until a comparison with 64 bits of time rises or, once it has, until it falls because they overflow."""
    return ite(now < compare, compare, 1 << 64) - now


def _least(a: int, b: int) -> int:
    return ite(a < b, a, b)


class TimerLines:
    """The timers of one hart.

    Attributes:
        drives: whether the MTIP line is the machine's, not an embedder's.
    """

    def __init__(self, hart: Hart, aclint: Aclint, clock: Clock) -> None:
        self._hart, self._aclint, self._clock = hart, aclint, clock
        self.drives = hart.config.irqchip == "machine"
        self._ahead_for: tuple[int, ...] = ()
        self._ahead = 0

    @property
    def mtimecmp(self) -> int:
        """The hart's."""
        return self._aclint.mtimecmp[self._hart.number]

    def levels(self) -> int:
        """The timers' present levels as bits of mip: MTIP, and STIP and VSTIP where Sstc compares them."""
        state, now = self._hart.state, self._aclint.mtime
        found = MTIP if now >= self.mtimecmp else 0
        if state.menvcfg >> status.ENVCFG_STCE & 1 and now >= state.stimecmp:
            found |= 1 << Interrupt.STI
        if state.henvcfg >> status.ENVCFG_STCE & 1 and u(now + state.htimedelta) >= state.vstimecmp:
            found |= 1 << Interrupt.VSTI
        return found

    def refresh(self) -> int | None:
        """Bring the MTIP line up to date, unless an embedder drives it.

        Gives the cycles until a timer's level changes, or None when none will.
        """
        hart = self._hart
        if self.drives:
            drive_line(hart, self.mtimecmp)
        for observe in hart.pending_observers:
            observe(hart, True)
        ahead = self._ticks_ahead()
        return self._clock.cycles_until(self._clock.now() + ahead) if ahead < NEVER else None

    def _ticks_ahead(self) -> int:
        """`ticks_ahead`, worked out anew where what it depends on has changed: single steps are short beside a tick."""
        state, compare = self._hart.state, self.mtimecmp
        timers = state.stimecmp, state.vstimecmp, state.htimedelta
        depends = (self._aclint.mtime, compare, *timers, state.menvcfg, state.henvcfg)
        if depends != self._ahead_for:
            self._ahead_for, self._ahead = depends, ticks_ahead(self._hart, compare)
        return self._ahead
