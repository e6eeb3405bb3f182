"""What a handler may want to happen: most often a reply, seldom something else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from gdbstub.rsp.replies import Reply
from gdbstub.target import ResumePlan

__all__ = ["Goodbye", "Leaving", "NoMoreAcks", "Outcome", "Resume", "Said", "Silence"]


class Leaving(Enum):
    """How a debugger ends its conversation."""

    DETACHED = auto()
    KILLED = auto()


@dataclass(frozen=True)
class Resume:
    """The target is to run; the reply is its next stop."""

    plan: ResumePlan


@dataclass(frozen=True)
class Said:
    """Text for the debugger's console, and then the reply proper."""

    text: str
    reply: Reply


@dataclass(frozen=True)
class NoMoreAcks:
    """OK, and neither side acknowledges packets from then on."""


@dataclass(frozen=True)
class Silence:
    """The request is carried out, and its protocol wants no reply."""


@dataclass(frozen=True)
class Goodbye:
    """The conversation is over, after `reply` if there is one."""

    leaving: Leaving
    reply: Reply | None = None


Outcome: TypeAlias = Reply | Resume | Said | NoMoreAcks | Silence | Goodbye
