"""One register as a debugger has it: what the description says of it, and how it is read and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from errno import EPERM
from functools import cached_property

from gdbstub.errors import TargetError
from gdbstub.xml.target_description import Register
from machine.hart.hart import Hart

__all__ = ["Cell", "Read", "Write", "read_only"]

Read = Callable[[Hart], int]
Write = Callable[[Hart, int], None]


@dataclass(frozen=True)
class Cell:
    """A register of the description with its accessors.

    Attributes:
        read: the value, unsigned; without side effect.
        write: takes an unsigned value and legalises it; raises TargetError for what cannot be written.
    """

    register: Register
    read: Read
    write: Write

    @cached_property
    def size(self) -> int:
        """Bytes of the register."""
        return self.register.bits // 8


def read_only(name: str, why: str) -> Write:
    """The `Cell.write` of a register that cannot be written."""

    def refuse(hart: Hart, value: int) -> None:
        raise TargetError(EPERM, f"${name} cannot be written: {why}")

    return refuse
