"""The event counters mhpmcounter3 and up of one hart: counted when somebody looks, exact at every boundary.

Like mcycle they are advanced by whole stretches of cycles. While one of them runs, a stretch ends at each change of
mode (for it may stop there) and where one will overflow, so that its interrupt is taken behind the very instruction.
Generated code then leaves traps, returns and CSRs to the reference engine, and runs what lies between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine.csr.counters import COUNTING
from machine.csr.events import INHIBITS, LCOFI, Event, Mhpmevent

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["EventCounters"]

OVERFLOW = 1 << 64


class EventCounters:
    """Counts for one hart.

    Attributes:
        active: whether any counter has an event and is not inhibited as a whole; its mode may still inhibit it.
    """

    STATE = ()

    def __init__(self, hart: Hart) -> None:
        self._hart = hart
        self._untried = 0
        self.refresh()

    def refresh(self) -> None:
        """An event selector or mcountinhibit has changed, or all of the state."""
        state = self._hart.state
        self._untried = 0
        self._chosen = tuple(
            (n, Event(Mhpmevent.EVENT.get(getattr(state, f"mhpmevent{n}"))))
            for n in COUNTING
            if Mhpmevent.EVENT.get(getattr(state, f"mhpmevent{n}")) and not state.mcountinhibit >> n & 1
        )
        self.active = bool(self._chosen)

    def unretire(self) -> None:
        """The cycle that is counted next retires no instruction."""
        self._untried += 1

    def count(self, cycles: int) -> None:
        """Cycles of the present mode, each with an instruction retired but for those that `unretire` told of."""
        retired = max(cycles - self._untried, 0)
        self._untried = 0
        self._add(cycles, retired)

    def idle(self, cycles: int) -> None:
        """Cycles without instructions."""
        self._add(cycles, 0)

    def until_overflow(self) -> int | None:
        """Cycles before which no counter asks for its interrupt in the present mode; None when none ever will."""
        state = self._hart.state
        return min(
            (
                OVERFLOW - getattr(state, f"mhpmcounter{n}")
                for n, _ in self._running()
                if not Mhpmevent.OF.get(getattr(state, f"mhpmevent{n}"))
            ),
            default=None,
        )

    def _running(self) -> list[tuple[int, Event]]:
        """The counters that the present mode does not inhibit (mhpmevent_inh_op)."""
        state = self._hart.state
        inhibit = INHIBITS[state.priv, state.virt].mask
        return [(n, event) for n, event in self._chosen if not getattr(state, f"mhpmevent{n}") & inhibit]

    def _add(self, cycles: int, retired: int) -> None:
        state = self._hart.state
        for n, event in self._running():
            name = f"mhpmcounter{n}"
            value = getattr(state, name) + (cycles if event is Event.CYCLES else retired)
            setattr(state, name, value)
            if value >= OVERFLOW:
                self._overflowed(f"mhpmevent{n}")

    def _overflowed(self, name: str) -> None:
        """An interrupt is requested unless OF is set already (count_overflow_interrupt, mhpmevent_of_bit_set)."""
        hart = self._hart
        held = getattr(hart.state, name)
        if hart.config.isa.has("Sscofpmf") and not held & Mhpmevent.OF.mask:
            setattr(hart.state, name, held | Mhpmevent.OF.mask)
            hart.state.mip |= LCOFI
            hart.reconsider_interrupts()
