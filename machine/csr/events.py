"""Event counters and their selectors (machine, "Hardware Performance Monitor"; chapter "Sscofpmf").

Of the 29 counters the first four count; the others, and their selectors, are read-only zero
(mhpmcounter_mhpmevent_rdonly0). `machine.hart.events` counts.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from machine.bits import bit, ite
from machine.csr.counters import COUNTING, HPM, Shadow
from machine.csr.field import Field, flag, needs, warl
from machine.csr.file import csr
from machine.csr.register import Constant, Csr
from machine.csr.shapes import Whole
from machine.spec.causes import Interrupt
from machine.spec.modes import M, S, U

__all__ = ["INHIBITS", "LCOFI", "Event", "Mhpmevent"]

LCOFI = 1 << Interrupt.LCOFI


class Event(IntEnum):
    """What a counter can count (mhpmevent_enc)."""

    NONE = 0
    CYCLES = 1
    INSTRUCTIONS = 2


class Mhpmevent(Csr):
    """What the counter counts, in which modes, and whether it has overflowed (mhpmevent_sz_warl_op)."""

    OF = flag(63, legal=needs("Sscofpmf"))
    MINH = flag(62, legal=needs("Sscofpmf"))
    SINH = flag(61, legal=needs("Sscofpmf"))
    UINH = flag(60, legal=needs("Sscofpmf"))
    VSINH = flag(59, legal=needs("Sscofpmf"))
    VUINH = flag(58, legal=needs("Sscofpmf"))
    EVENT = Field(7, 0, legal=warl(*Event)).named(**{event.name.lower(): int(event) for event in Event})

    def instruction_write(self, h: Any, value: int) -> None:
        """The instruction itself still counts as before."""
        h.complete()
        self.write(h, value)

    def written(self, h: Any) -> None:
        h.events_changed()


INHIBITS = {
    (M, 0): Mhpmevent.MINH,
    (S, 0): Mhpmevent.SINH,
    (U, 0): Mhpmevent.UINH,
    (S, 1): Mhpmevent.VSINH,
    (U, 1): Mhpmevent.VUINH,
}
"""What keeps a counter from counting, by privilege and V (mhpmevent_inh_op)."""


class Mhpmcounter(Whole):
    """An event counter (mhpmcounter_warl, mhpmcounter_sz). A write never overflows it (count_overflow_trigger)."""

    def instruction_write(self, h: Any, value: int) -> None:
        """The instruction itself still counts, and then the value is written (mcycle_minstret_wr)."""
        h.complete()
        self.write(h, value)

    def written(self, h: Any) -> None:
        h.events_changed()


class Hpmcounter(Shadow):
    """The event counter, read-only (cycle_instret_hpmcounter_op_rdonly)."""


class NoCounter(Constant):
    """A counter or its selector, read-only zero."""


class NoHpmcounter(Constant, Shadow):
    """The event counter, which is always zero."""


def declare(n: int) -> None:
    """mhpmcounter, mhpmevent and hpmcounter number ``n``."""
    counts = n in COUNTING
    for name, number, base in (
        (f"mhpmcounter{n}", 0xB00 + n, Mhpmcounter if counts else NoCounter),
        (f"mhpmevent{n}", 0x320 + n, Mhpmevent if counts else NoCounter),
        (f"hpmcounter{n}", 0xC00 + n, Hpmcounter if counts else NoHpmcounter),
    ):
        body: dict[str, Any] = {"__doc__": base.__doc__}
        if issubclass(base, Shadow):
            body |= {"enable": n, "storage": f"mhpmcounter{n}"}
        csr(type(name.capitalize(), (base,), body, number=number))


for _n in HPM:
    declare(_n)


@csr
class Scountovf(Csr, number=0xDA0):
    """The OF bits of every counter that the mode may read (scountovf_op, scountovf_smode_read_access_control)."""

    extension = "Sscofpmf"
    more_fields = tuple(flag(n, writable=False, name=f"OF{n}") for n in HPM)

    def read(self, h: Any) -> int:
        state = h.state
        found = 0
        for n in COUNTING:
            found = found | bit(getattr(state, f"mhpmevent{n}"), Mhpmevent.OF.low) << n
        readable = ite(state.virt == 1, state.mcounteren & state.hcounteren, state.mcounteren)
        return found & ite(state.priv == M, -1, readable)

    def write(self, h: Any, value: int) -> None:
        """Ignored: the bits are the selectors'."""

    def reset(self, h: Any) -> None:
        """Nothing: the bits are the selectors'."""
