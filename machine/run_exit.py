"""What `Machine.run` returns: everything that happened, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from machine.devices.finish import Finish
from machine.engine.lockstep import Divergence
from machine.hart.trapping import TrapRecord
from machine.hart.watch import WatchHit
from machine.observe.catch import VsTimerPending, WorldSwitch
from machine.observe.ledger import LostInterrupt
from machine.user_space import MmioAccess, SbiCall

__all__ = ["Detail", "ExitReason", "RunExit"]

Detail = (
    WatchHit
    | TrapRecord
    | WorldSwitch
    | VsTimerPending
    | LostInterrupt
    | Finish
    | MmioAccess
    | SbiCall
    | Divergence
    | None
)


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
    MMIO = "mmio"
    """A hart accesses an address that the embedder has claimed; the detail is the `MmioAccess`."""
    SBI = "sbi"
    """A hart calls its execution environment, which is the embedder; the detail is the `SbiCall`."""
    DIVERGED = "diverged"
    """The lockstep engine found its two engines to differ; the detail is the `Divergence`, and the hart stands
    before it."""
    TIMER = "timer"
    """The level of a timer or a device is not what the last exit said; only with `Config.irqchip` "user"."""

    @property
    def family(self) -> str:
        """The kind of event, coarsely: budget, debug, mmio, sbi, wfi, timer, interrupted, shutdown or trap."""
        return FAMILIES.get(self, self.value)


FAMILIES = {
    ExitReason.BREAKPOINT: "debug",
    ExitReason.WATCHPOINT: "debug",
    ExitReason.DIVERGED: "debug",
    ExitReason.CAUGHT: "trap",
    ExitReason.IDLE: "wfi",
}


@dataclass(frozen=True)
class RunExit:
    """Why and where a run ended.

    Attributes:
        reason: see `ExitReason`.
        hart: number of the hart that it is about.
        cycles: cycles used.
        detail: what the reason names.
        timer_lines: by hart, the present levels of its timers, as bits of mip (MTIP, STIP, VSTIP).
        device_lines: the present levels of the devices' lines; bit n is PLIC source n.
    """

    reason: ExitReason
    hart: int
    cycles: int
    detail: Detail = None
    timer_lines: tuple[int, ...] = ()
    device_lines: int = 0
