"""Timer levels as a function of time: when the next one changes, for one hart.

mtimecmp (ACLINT), stimecmp and vstimecmp (Sstc) are compared with mtime, never counted down.
"""

from __future__ import annotations

from machine.bits import u
from machine.devices.aclint import Aclint
from machine.hart.clock import Clock
from machine.hart.hart import Hart
from machine.spec import status
from machine.spec.causes import Interrupt

__all__ = ["TimerLines"]

MTIP = 1 << Interrupt.MTI
NEVER = 1 << 48
"""Ticks that nobody waits for (nearly a year): a timer set beyond is one that software switched off."""


class TimerLines:
    """The timers of one hart."""

    def __init__(self, hart: Hart, aclint: Aclint, clock: Clock) -> None:
        self._hart, self._aclint, self._clock = hart, aclint, clock
        self._drives = hart.config.irqchip == "machine"

    def levels(self) -> int:
        """The timers' present levels as bits of mip: MTIP, and STIP and VSTIP where Sstc compares them."""
        state, now = self._hart.state, self._aclint.mtime
        found = MTIP if now >= self._aclint.mtimecmp[self._hart.number] else 0
        if state.menvcfg >> status.ENVCFG_STCE & 1 and now >= state.stimecmp:
            found |= 1 << Interrupt.STI
        if state.henvcfg >> status.ENVCFG_STCE & 1 and u(now + state.htimedelta) >= state.vstimecmp:
            found |= 1 << Interrupt.VSTI
        return found

    def refresh(self) -> int | None:
        """Bring the MTIP line up to date, unless an embedder drives it.

        Gives the cycles until a timer rises, or None when none will.
        """
        now = self._aclint.mtime
        state = self._hart.state
        due = self._aclint.mtimecmp[self._hart.number]
        if self._drives:
            state.lines = state.lines | MTIP if now >= due else state.lines & ~MTIP
        for observe in self._hart.pending_observers:
            observe(self._hart, True)
        waits = [due - now]
        if state.menvcfg >> status.ENVCFG_STCE & 1:
            waits.append(state.stimecmp - now)
        if state.henvcfg >> status.ENVCFG_STCE & 1:
            waits.append(state.vstimecmp - u(now + state.htimedelta))
        ahead = [ticks for ticks in waits if 0 < ticks < NEVER]
        return self._clock.cycles_until(self._clock.now() + min(ahead)) if ahead else None
