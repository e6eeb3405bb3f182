"""Plain values that a target and its debugger exchange."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

__all__ = ["Answer", "Breakpoint", "BreakpointKind", "Host", "Region", "RegionKind", "Thread"]


@dataclass(frozen=True)
class Thread:
    """One thread of execution: a hart.

    Attributes:
        id: from 1, as the protocol numbers threads; it never changes during a session.
        name: short, for ``info threads``: ``"hart 0"``.
        text: what it is doing now, in a few words: ``"VS-mode, vmid 7"``; may be empty.
        core: the hardware's own number, shown by a debugger as the core.
    """

    id: int
    name: str
    text: str = ""
    core: int = 0


class BreakpointKind(IntEnum):
    """The digit of the ``Z`` and ``z`` packets (GDB manual, "Packets": Z0–Z4)."""

    SOFTWARE = 0
    HARDWARE = 1
    WRITE = 2
    READ = 3
    ACCESS = 4

    __hash__ = int.__hash__  # an Enum's own is not even C

    @property
    def watches_memory(self) -> bool:
        """Whether the kind stops at a data access instead of at an instruction."""
        return self >= BreakpointKind.WRITE


@dataclass(frozen=True)
class Breakpoint:
    """A breakpoint or watchpoint as a debugger names it.

    Attributes:
        kind: which of the five.
        address: a virtual address, as a program counter or a load would use it.
        length: bytes watched; for an instruction the architecture's breakpoint size (2 or 4 on RISC-V), a hint only.
    """

    kind: BreakpointKind
    address: int
    length: int


class RegionKind(Enum):
    """The memory types that GDB's memory map knows (GDB manual, "Memory Map Format")."""

    RAM = "ram"
    ROM = "rom"


@dataclass(frozen=True)
class Region:
    """A range of memory a debugger may touch; `start` and `length` in bytes."""

    kind: RegionKind
    start: int
    length: int


@dataclass(frozen=True)
class Host:
    """What LLDB asks about the machine before anything else.

    Attributes:
        triple: LLVM's name of the architecture, for instance ``"riscv64-unknown-unknown"``.
        endian: ``"little"`` or ``"big"``.
        pointer_size: in bytes.
    """

    triple: str
    endian: str
    pointer_size: int


@dataclass(frozen=True)
class Answer:
    """What a monitor command prints; `failed` tells that it could not do what was asked, and `text` says why."""

    text: str
    failed: bool = False
