"""The promise of every engine: run a hart for an exact number of cycles, stop at any instruction boundary."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Engine", "Halt"]


class Halt(Enum):
    """Why an engine gave the hart back."""

    BUDGET = "budget"
    BREAKPOINT = "breakpoint"
    STOP = "stop"
    """`Hart.stop_reason` says what asked for it."""
    IDLE = "idle"
    """WFI waits and nothing is pending; the rest of the budget is not used."""


class Engine(Protocol):
    """Runs harts.

    Attributes:
        name: as the user chooses it.
        turn: cycles, some milliseconds' worth, after which whoever drives it wants to look up.
    """

    name: str
    turn: int

    def run(self, hart: Hart, budget: int) -> tuple[Halt, int]:
        """Run at most ``budget`` cycles.

        Each instruction tried is a cycle, whether it retires or traps; taking an interrupt is a cycle of its own.
        Breakpoints and watchpoints (`Hart.watches`) stop before their instruction. Returns why it ended and the cycles
        used; ``hart.state.pc`` is the next instruction.
        """

    def step(self, hart: Hart) -> tuple[Halt, int]:
        """`run` of one cycle, for whoever wants no more than that at a time, and soon."""
