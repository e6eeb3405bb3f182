"""How a debugger asks for threads to move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["Action", "Motion", "ResumePlan"]


class Motion(Enum):
    """What one thread does next."""

    CONTINUE = auto()
    STEP = auto()
    """Exactly one instruction, or the trap that it takes: the stop is then at the handler's first instruction."""


@dataclass(frozen=True)
class Action:
    """One thread's part of a `ResumePlan`.

    Attributes:
        motion: continue or step.
        signal: the signal to deliver, 0 for none. A machine without an operating system has nobody to deliver it to
            and ignores it; GDB sends one after a stop that it showed as a signal.
        range: for a step, (start, end): keep stepping while start <= pc < end. The session does the repeating, a target
            sees single steps.
    """

    motion: Motion
    signal: int = 0
    range: tuple[int, int] | None = None


@dataclass(frozen=True)
class ResumePlan:
    """Which threads move, and how; a thread that `actions` does not name stays where it is."""

    actions: Mapping[int, Action]

    @classmethod
    def only(cls, thread: int, motion: Motion) -> ResumePlan:
        """One thread moves, the others stay."""
        return cls({thread: Action(motion)})
