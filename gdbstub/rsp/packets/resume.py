"""Going on: all threads alike (c, s and their reverses) or each in its own way (vCont).

GDB manual, "Remote Protocol", "Packets".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from gdbstub.rsp.fields import choice, given, listing, number, optional, record, thread_id
from gdbstub.rsp.packet import Packet, packet
from gdbstub.rsp.thread_id import ThreadId

__all__ = [
    "Action",
    "ActionKind",
    "Continue",
    "ContinueWithSignal",
    "QueryResumeActions",
    "ResumeThreads",
    "ReverseContinue",
    "ReverseStep",
    "Step",
    "StepWithSignal",
]


class ActionKind(Enum):
    """What a thread is to do, as vCont's letter."""

    CONTINUE = "c"
    CONTINUE_WITH_SIGNAL = "C"
    STEP = "s"
    STEP_WITH_SIGNAL = "S"
    STOP = "t"
    STEP_RANGE = "r"

    @property
    def has_signal(self) -> bool:
        """Whether a signal number follows."""
        return self in (ActionKind.CONTINUE_WITH_SIGNAL, ActionKind.STEP_WITH_SIGNAL)


@dataclass(frozen=True)
class Action:
    """What some threads are to do: those of ``thread``, or if that is None all that no action before it names.

    ``signal`` belongs to the kinds with a signal. `STEP_RANGE` steps until the pc is outside ``start`` to ``end``,
    the end not included.
    """

    kind: ActionKind
    thread: ThreadId | None = None
    signal: int | None = None
    start: int | None = None
    end: int | None = None


def _with_signal(found: Any) -> bool:
    return bool(found.kind.has_signal)


def _with_range(found: Any) -> bool:
    return found.kind is ActionKind.STEP_RANGE


_ACTION = record(
    Action,
    kind=choice(ActionKind),
    signal=given(_with_signal, number(bits=8)),
    start=given(_with_range, number(until=b",")),
    end=given(_with_range, number()),
    thread=optional(thread_id(), lead=b":"),
)


@packet("vCont", actions=listing(_ACTION, separator=b";", lead=b";"))
class ResumeThreads(Packet):
    """vCont;action[:thread-id]… — "Go on; each thread does what the first action that names it says."

    >>> ResumeThreads.parse(b";s:1;c").actions[0]
    Action(kind=<ActionKind.STEP: 's'>, thread=ThreadId(thread=1, process=None), signal=None, start=None, end=None)
    >>> ResumeThreads((Action(ActionKind.STEP_RANGE, ThreadId(1), start=0x80001000, end=0x80001010),)).build()
    b'vCont;r80001000,80001010:1'
    """

    actions: tuple[Action, ...]


@packet("vCont?")
class QueryResumeActions(Packet):
    """vCont? — "Which actions do you know?"

    >>> QueryResumeActions.parse(b"")
    QueryResumeActions()
    >>> QueryResumeActions().build()
    b'vCont?'
    """


@packet("c", address=optional(number()))
class Continue(Packet):
    """c [addr] — "Go on, from addr or from where you are."

    >>> Continue.parse(b"80001000")
    Continue(address=2147487744)
    >>> Continue().build()
    b'c'
    """

    address: int | None = None


@packet("C", signal=number(bits=8), address=optional(number(), lead=b";"))
class ContinueWithSignal(Packet):
    """C sig[;addr] — "Go on, and give the program this signal."

    >>> ContinueWithSignal.parse(b"05;80001000")
    ContinueWithSignal(signal=5, address=2147487744)
    >>> ContinueWithSignal(2).build()
    b'C2'
    """

    signal: int
    address: int | None = None


@packet("s", address=optional(number()))
class Step(Packet):
    """s [addr] — "Run one instruction, at addr or where you are."

    >>> Step.parse(b"")
    Step(address=None)
    >>> Step(0x80001000).build()
    b's80001000'
    """

    address: int | None = None


@packet("S", signal=number(bits=8), address=optional(number(), lead=b";"))
class StepWithSignal(Packet):
    """S sig[;addr] — "Run one instruction, and give the program this signal."

    >>> StepWithSignal.parse(b"05")
    StepWithSignal(signal=5, address=None)
    >>> StepWithSignal(5, 0x80001000).build()
    b'S5;80001000'
    """

    signal: int
    address: int | None = None


@packet("bc")
class ReverseContinue(Packet):
    """bc — "Go backwards until something stops you."

    >>> ReverseContinue.parse(b"")
    ReverseContinue()
    >>> ReverseContinue().build()
    b'bc'
    """


@packet("bs")
class ReverseStep(Packet):
    """bs — "Undo one instruction."

    >>> ReverseStep.parse(b"")
    ReverseStep()
    >>> ReverseStep().build()
    b'bs'
    """
