"""What has to be remembered between one packet of a debugger and its next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from errno import ESRCH
from typing import Any

from gdbstub.errors import TargetError
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.thread_id import ALL, ANY, ThreadId
from gdbstub.target import Breakable, Breakpoint, Stop, StopReason, Target

__all__ = ["PACKET_SIZE", "PROCESS", "Client", "Conversation"]

PACKET_SIZE = (
    0x10_0000  # bytes of the largest packet we promise to take; memory travels in halves of it, as hexadecimal
)
PROCESS = 1  # the machine, where a process must have a number


@dataclass
class Client:
    """What the debugger told about itself.

    Attributes:
        features: the names it gave with a ``+`` in ``qSupported``.
        agreed: the packets by which LLDB asked for something and we said OK.
    """

    features: frozenset[str] = frozenset()
    agreed: set[type[Packet]] = field(default_factory=set)

    @property
    def reads_messages(self) -> bool:
        """Whether ``E.text`` means anything to it; gdb does since version 16."""
        return "error-message" in self.features


class Conversation:
    """One debugger's view of one target.

    Attributes:
        stop: why the target stands still; None when a debugger in extended mode has killed or left the program.
        access_thread: the thread that registers and memory are read for (``Hg``).
        resume_thread: the thread that ``c`` and ``s`` are about (``Hc``); None for all.
        documents: what ``qXfer`` has built and not yet sent to the end, by object and annex.
    """

    def __init__(self, target: Target) -> None:
        """Nothing is known of the debugger yet; `target` is halted."""
        self.target = target
        self.client = Client()
        self.extended = False
        self.stop: Stop | None = target.halt_reason()
        self.access_thread = self.stop.thread
        self.resume_thread: int | None = None
        self.breakpoints: set[Breakpoint] = set()
        self.documents: dict[tuple[str, str], bytes] = {}
        self._offers: dict[type[Any], bool] = {}

    @property
    def over(self) -> bool:
        """Whether there is no program any more: it has ended, or the debugger has ended or left it."""
        return self.stop is None or self.stop.reason is StopReason.EXITED

    def offers(self, capability: type[Any]) -> bool:
        """Whether the target has one of `gdbstub.target.capabilities`. Python is slow to say, so it is asked once."""
        if capability not in self._offers:
            self._offers[capability] = isinstance(self.target, capability)
        return self._offers[capability]

    def thread_ids(self) -> Sequence[int]:
        """The target's threads; none when the program is over, or gdb would take them for those of a new one."""
        return () if self.over else self.target.thread_ids

    def halted(self, stop: Stop | None) -> None:
        """The target stands still; the thread that made it so is the one that is looked at."""
        self.stop = stop
        if stop is not None:
            self.access_thread = stop.thread

    def begin_again(self) -> None:
        """The target is as new: nothing of the debugger's is left in it."""
        self.clear_breakpoints()
        self.halted(self.target.halt_reason())

    def clear_breakpoints(self) -> None:
        """Take every breakpoint of this conversation out of the target."""
        while self.breakpoints:
            breakpoint = self.breakpoints.pop()
            assert isinstance(self.target, Breakable)  # nothing else accepts any
            self.target.remove_breakpoint(breakpoint)

    def threads_of(self, name: ThreadId) -> list[int]:
        """The threads that a debugger's name stands for. Raises TargetError if it is the name of none.

        Its process is not looked at: without the multiprocess feature, a debugger makes up a number for it.
        """
        existing = self.thread_ids()
        if name.thread == ALL:
            return list(existing)
        if name.thread == ANY:
            return [self.access_thread]
        if name.thread not in existing:
            raise TargetError(ESRCH, f"there is no thread {name.thread}: {_those_that_exist(existing)}")
        return [name.thread]

    def thread_of(self, name: ThreadId) -> int:
        """One thread of those that the name stands for. Raises TargetError if there is none."""
        threads = self.threads_of(name)
        if not threads:
            raise TargetError(ESRCH, _those_that_exist(threads))
        return threads[0]


def _those_that_exist(threads: Sequence[int]) -> str:
    return f"threads are {threads[0]} to {threads[-1]}" if threads else "the program is over, and has no threads"
