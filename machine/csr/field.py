"""Fields of a register and what each makes of a written value (privileged manual, "CSR Field Specifications")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from machine.bits import ite, u

__all__ = ["Field", "Legal", "flag", "needs", "pair", "unless", "warl"]

Legal = Callable[[Any, int, int], int]
"""``legal(hart, old, new)``: the value the field holds after ``new`` was written over ``old``; staged-able."""


@dataclass(frozen=True)
class Field:
    """Bits ``high`` down to ``low`` of a register.

    Attributes:
        legal: None for a plain read-write field, else its legalisation.
        writable: False for a field that ignores writes.
        values: names of the field's values, for a person and for gdb's enums.
    """

    high: int
    low: int
    legal: Legal | None = None
    writable: bool = True
    values: tuple[tuple[str, int], ...] = ()
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @property
    def width(self) -> int:
        """Bits of the field."""
        return self.high - self.low + 1

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return ((1 << self.width) - 1) << self.low

    def get(self, value: int) -> int:
        """The field of a register's value."""
        return u(value >> self.low, self.width)

    def put(self, value: int, field: int) -> int:
        """The register's value with the field replaced."""
        return value & ~self.mask | u(field, self.width) << self.low

    def named(self, **values: int) -> Field:
        """The same field with names for its values."""
        return replace(self, values=tuple(values.items()))


def flag(position: int, *, legal: Legal | None = None, writable: bool = True, name: str = "") -> Field:
    """A field of one bit."""
    return Field(int(position), int(position), legal, writable, name=name)


def pair(low: int, *, legal: Legal | None = None, writable: bool = True) -> Field:
    """A field of two bits, ``low`` + 1 and ``low``."""
    return Field(low + 1, low, legal, writable)


def needs(extension: str, allowed: Legal | None = None) -> Legal:
    """Read-write on a hart with ``extension`` (as ``allowed`` says, if given), read-only zero without."""

    def legal(hart: Any, old: int, new: int) -> int:
        if not hart.config.isa.has(extension):
            return 0
        return new if allowed is None else allowed(hart, old, new)

    return legal


def unless(proposal: str) -> Legal:
    """Read-write on a hart without ``proposal``, read-only zero with it."""

    def legal(hart: Any, old: int, new: int) -> int:
        return 0 if hart.config.proposed(proposal) else new

    return legal


def warl(*allowed: int) -> Legal:
    """Write any, read legal: a value outside ``allowed`` leaves the field as it was."""

    def legal(hart: Any, old: int, new: int) -> int:
        kept = old
        for value in allowed:
            kept = ite(new == value, value, kept)
        return kept

    return legal
