"""The interface between a debugging session and the machine it debugs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gdbstub.target.resume import ResumePlan
from gdbstub.target.stop import Stop
from gdbstub.target.values import Thread

__all__ = ["Target"]


class Target(Protocol):
    """A halted or running machine, as a debugger sees it. Synchronous; it does no I/O and knows no packet.

    What only some targets can do is in `gdbstub.target.capabilities`. Every method but `interrupt` is called by one
    thread of Python at a time, and only `run_slice` while the target runs. A request that cannot be met raises
    `gdbstub.errors.TargetError` with a sentence for the user and changes nothing.
    """

    @property
    def pc_register(self) -> int:
        """Number of the program counter."""
        ...

    @property
    def general_registers(self) -> Sequence[int]:
        """Numbers of the registers in a ``g`` packet, from 0 without a gap; the others are read one by one."""
        ...

    @property
    def expedited_registers(self) -> Sequence[int]:
        """Numbers of the registers worth sending with every stop: at least the program counter."""
        ...

    @property
    def thread_ids(self) -> Sequence[int]:
        """Ids of all threads, ascending; at least one, and always the same."""
        ...

    def description(self) -> str:
        """The XML that names every register (`gdbstub.xml.target_description` builds it)."""
        ...

    def threads(self) -> Sequence[Thread]:
        """All threads, in the order of `thread_ids`."""
        ...

    def halt_reason(self) -> Stop:
        """Why the target stands where it stands, as a debugger that has just come is told: never `EXITED`."""
        ...

    def register_size(self, register: int) -> int:
        """Bytes of a register. Raises TargetError when the target has no such register."""
        ...

    def read_register(self, thread: int, register: int) -> bytes:
        """The value in target byte order, `register_size` bytes; without side effect."""
        ...

    def read_general_registers(self, thread: int) -> bytes:
        """The values of `general_registers`, one behind the other."""
        ...

    def write_register(self, thread: int, register: int, value: bytes) -> None:
        """Writes `register_size` bytes, with the legalisation a program's write would meet."""
        ...

    def read_memory(self, thread: int, address: int, length: int) -> bytes:
        """The longest readable prefix of `length` bytes at a virtual address as `thread` would see them now.

        `length` is at least 1 and the range does not pass 2**64. Raises TargetError when the first byte is unreadable.
        """
        ...

    def write_memory(self, thread: int, address: int, data: bytes) -> None:
        """Writes all of `data` or nothing. Raises TargetError when any byte of the range is unwritable."""
        ...

    def resume(self, plan: ResumePlan) -> None:
        """Makes ready to run as planned, and forgets an `interrupt` from before.

        A breakpoint or watchpoint that has stopped a thread at its pc does not stop it there again before it has moved.
        One that has not (a step ended there, another thread or another breakpoint stopped first, it is new) stops the
        thread before its instruction, also when it is to step.
        Raises TargetError when the program has ended and nothing can run.
        """
        ...

    def run_slice(self) -> Stop | None:
        """Runs on by the latest `resume` for some 10–50 ms; None when nothing stopped it in that time.

        Between slices the machine stands at an instruction boundary: not calling again is how a session halts it.
        """
        ...

    def interrupt(self) -> None:
        """Makes the slice under way, or the next, return soon with `INTERRUPTED`. Callable from any Python thread."""
        ...
