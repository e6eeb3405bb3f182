"""What a debugger may ask of a machine: interfaces and values only, no I/O and no architecture."""

from __future__ import annotations

from gdbstub.target.capabilities import Breakable, Commanded, Hosted, Mapped, Restartable
from gdbstub.target.resume import Action, Motion, ResumePlan
from gdbstub.target.stop import Stop, StopReason
from gdbstub.target.target import Target
from gdbstub.target.values import Answer, Breakpoint, BreakpointKind, Host, Region, RegionKind, Thread

__all__ = [
    "Action",
    "Answer",
    "Breakable",
    "Breakpoint",
    "BreakpointKind",
    "Commanded",
    "Host",
    "Hosted",
    "Mapped",
    "Motion",
    "Region",
    "RegionKind",
    "Restartable",
    "ResumePlan",
    "Stop",
    "StopReason",
    "Target",
    "Thread",
]
