"""Why a target stopped running."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from gdbstub.signals import Signal

__all__ = ["Stop", "StopReason"]


class StopReason(Enum):
    """What a debugger can tell its user about a stop.

    A breakpoint stops before its instruction, a watchpoint before the access: the pc is at the instruction and memory
    is as it was. gdb's RISC-V port counts on that: it steps once more by itself and shows the old value and the new.
    """

    HALTED = auto()
    """Nothing happened: the target was simply not running."""
    STEPPED = auto()
    SOFTWARE_BREAKPOINT = auto()
    HARDWARE_BREAKPOINT = auto()
    WRITE_WATCHPOINT = auto()
    READ_WATCHPOINT = auto()
    ACCESS_WATCHPOINT = auto()
    INTERRUPTED = auto()
    """The user's Ctrl-C."""
    CAUGHT = auto()
    """An event the user asked to catch; `Stop.note` says which."""
    EXITED = auto()
    """The program ended; `Stop.code` is its exit status."""


WATCHPOINTS = frozenset({StopReason.WRITE_WATCHPOINT, StopReason.READ_WATCHPOINT, StopReason.ACCESS_WATCHPOINT})


@dataclass(frozen=True)
class Stop:
    """Where and why a target stopped.

    Attributes:
        reason: see `StopReason`.
        thread: id of the thread that met the reason.
        address: the data address that a watchpoint's access touched; only for watchpoints.
        code: exit status, not negative; only for `EXITED`.
        note: a sentence for the user, printed on the debugger's console before it reports the stop.
    """

    reason: StopReason
    thread: int = 1
    address: int | None = None
    code: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError where the reason and what belongs to it disagree: that is our bug, not a user's."""
        if (self.address is not None) != (self.reason in WATCHPOINTS):
            raise ValueError(f"a stop's address belongs to watchpoints, and only to them: {self}")
        if self.code < 0:
            raise ValueError(f"an exit status is not negative: {self}")

    @property
    def signal(self) -> Signal:
        """The signal that stands for the reason.

        >>> Stop(StopReason.INTERRUPTED).signal.name, Stop(StopReason.STEPPED).signal.name
        ('INT', 'TRAP')
        """
        return Signal.INT if self.reason is StopReason.INTERRUPTED else Signal.TRAP
