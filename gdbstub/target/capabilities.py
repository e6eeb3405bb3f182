"""What only some targets offer: one small Protocol each. A target has a capability by having its methods.

``qSupported`` is computed from these (`gdbstub.handlers.features`), and a packet whose capability is missing gets the
empty reply that means "unsupported".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from gdbstub.target.values import Answer, Breakpoint, BreakpointKind, Host, Region

__all__ = ["Breakable", "Commanded", "Hosted", "Mapped", "Restartable"]


@runtime_checkable
class Breakable(Protocol):
    """Stops at instructions or data accesses without writing the program's memory."""

    @property
    def breakpoint_kinds(self) -> Collection[BreakpointKind]:
        """The kinds it can do."""
        ...

    def insert_breakpoint(self, breakpoint: Breakpoint) -> None:
        """Never called twice for an equal breakpoint. Raises TargetError when this one is impossible."""
        ...

    def remove_breakpoint(self, breakpoint: Breakpoint) -> None:
        """Only called for what `insert_breakpoint` accepted."""
        ...


@runtime_checkable
class Mapped(Protocol):
    """Knows where memory is."""

    def memory_map(self) -> Sequence[Region]:
        """Disjoint regions, ascending. GDB refuses to touch addresses outside them, so list every address that any
        world can reach, or do not offer this capability."""
        ...


@runtime_checkable
class Restartable(Protocol):
    """Can begin again."""

    def restart(self) -> None:
        """The state of a machine just switched on with its program loaded, halted at the first instruction."""
        ...


@runtime_checkable
class Commanded(Protocol):
    """Answers GDB's ``monitor`` command."""

    def run_command(self, line: str, thread: int) -> Answer:
        """Carries out one line as typed, for the thread the user has selected; never raises for what was typed."""
        ...


@runtime_checkable
class Hosted(Protocol):
    """Describes itself to LLDB."""

    @property
    def host(self) -> Host:
        """Architecture, byte order, pointer size."""
        ...
