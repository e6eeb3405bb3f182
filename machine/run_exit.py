"""What `Machine.run` returns: everything that happened, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from machine.devices.finish import Finish
from machine.hart.trapping import TrapRecord
from machine.hart.watch import WatchHit
from machine.observe.catch import WorldSwitch

__all__ = ["ExitReason", "RunExit"]


class ExitReason(Enum):
    """Why the machine stopped running."""

    BUDGET = "budget"
    """The cycles asked for are used."""
    BREAKPOINT = "breakpoint"
    """Before an instruction with a breakpoint."""
    WATCHPOINT = "watchpoint"
    """Before an instruction that would touch a watchpoint; `RunExit.detail` is the `WatchHit`."""
    CAUGHT = "caught"
    """At the first instruction of a handler whose trap is caught, or of a world that is entered; the detail says."""
    SHUTDOWN = "shutdown"
    """The guest ended the run; the detail is the `Finish`."""
    IDLE = "idle"
    """Every hart waits, and no timer will wake one: only input from outside can."""
    INTERRUPTED = "interrupted"
    """`Machine.interrupt` was called."""


@dataclass(frozen=True)
class RunExit:
    """Why and where a run ended.

    Attributes:
        reason: see `ExitReason`.
        hart: number of the hart that it is about.
        cycles: cycles used.
        detail: what the reason names.
    """

    reason: ExitReason
    hart: int
    cycles: int
    detail: WatchHit | TrapRecord | WorldSwitch | Finish | None = None
