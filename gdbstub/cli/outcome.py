"""How a run ended, as an exit status, a sentence and a report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gdbstub.riscv.divergence import divergence_json
from machine.devices.finish import Finish
from machine.engine.lockstep import Divergence

__all__ = ["Ending", "Outcome"]


class Ending(Enum):
    """Why a run is over; the value is the report's word for it."""

    FINISHED = "finished"
    LIMIT = "limit"
    IDLE = "idle"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


STATUSES = {Ending.LIMIT: 3, Ending.IDLE: 4, Ending.DIVERGED: 5, Ending.INTERRUPTED: 130}


@dataclass(frozen=True)
class Outcome:
    """One run.

    Attributes:
        finish: the guest's last word, where it had one.
        instructions: retired by all harts, as minstret counts them.
        cycles: instructions tried, interrupts taken and cycles waited, by all harts.
        seconds: of the host.
        divergence: what the lockstep engine found.
    """

    ending: Ending
    finish: Finish | None
    instructions: int
    cycles: int
    seconds: float
    divergence: Divergence | None = None

    @property
    def status(self) -> int:
        """The process's exit status: the guest's own, or one of ours where the guest did not come to its end."""
        return self.finish.exit_status if self.finish is not None else STATUSES[self.ending]

    @property
    def result(self) -> str:
        """One word: pass, fail, limit, idle, diverged or interrupted."""
        return self.finish.kind.value if self.finish is not None else self.ending.value

    @property
    def mips(self) -> float:
        """Million instructions per second of the host."""
        return self.instructions / self.seconds / 1e6 if self.seconds else 0.0

    @property
    def sentence(self) -> str:
        """What happened."""
        if self.finish is not None:
            return f"pass{_amount(self)}" if not self.finish.code else f"fail, code {self.finish.code}{_amount(self)}"
        why = {
            Ending.LIMIT: f"the guest did not end within --max-instructions ({self.cycles} cycles)",
            Ending.IDLE: "every hart waits for an interrupt that nothing will raise",
            Ending.DIVERGED: "the engines differ (above)",
            Ending.INTERRUPTED: "interrupted by Ctrl-C",
        }
        return f"{why[self.ending]}{_amount(self)}"

    def report(self) -> dict[str, object]:
        """For programs."""
        return {
            "result": self.result,
            "status": self.status,
            "code": self.finish.code if self.finish is not None else None,
            "instructions": self.instructions,
            "cycles": self.cycles,
            "seconds": round(self.seconds, 6),
            "mips": round(self.mips, 3),
            **({"divergence": divergence_json(self.divergence)} if self.divergence else {}),
        }


def _amount(outcome: Outcome) -> str:
    return f"; {outcome.instructions:,} instructions in {outcome.seconds:.2f} s, {outcome.mips:.2f} MIPS"
