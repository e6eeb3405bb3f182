"""What a monitor command is given to work with."""

from __future__ import annotations

from dataclasses import dataclass

from machine.hart.hart import Hart
from machine.machine import Machine

__all__ = ["MonitorContext"]


@dataclass(frozen=True)
class MonitorContext:
    """The machine, halted, and the hart that the user has selected."""

    machine: Machine
    hart: Hart
