"""The values that every kind of session gives, whether a gdb, a socket or the machine itself stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from machine.csr.field import Field
from machine.csr.file import BY_NAME

__all__ = ["CsrValue", "Frame", "Location", "Stop", "StopKind", "Trap"]


class StopKind(Enum):
    """Why the machine stopped."""

    BREAKPOINT = "breakpoint"
    WATCHPOINT = "watchpoint"
    STEPPED = "stepped"
    """A step, a function or a line is done."""
    INTERRUPTED = "interrupted"
    CAUGHT = "caught"
    """At the first instruction behind a trap or a world switch that is caught; `Stop.detail` says which."""
    EXITED = "exited"
    """The guest has ended the run; `Stop.exit_code` says how."""
    HALTED = "halted"
    """It was not running."""


@dataclass(frozen=True)
class Location:
    """A place in a program, as far as its symbols and line table know it.

    Attributes:
        address: virtual.
        symbol: nearest symbol at or below, "" where none covers the address.
        offset: from the symbol, in bytes.
        file, line: of the source, "" and 0 where no line table has the address.
    """

    address: int
    symbol: str = ""
    offset: int = 0
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """``0x80200004 <_start+4> at boot.S:12``.

        >>> print(Location(0x80200004, "_start", 4, "boot.S", 12))
        0x80200004 <_start+4> at boot.S:12
        """
        offset = f"+{self.offset}" if self.offset else ""
        name = f" <{self.symbol}{offset}>" if self.symbol else ""
        return f"{self.address:#x}{name}" + (f" at {self.file}:{self.line}" if self.line else "")


@dataclass(frozen=True)
class Frame:
    """One call that is under way; 0 is the innermost."""

    level: int
    location: Location
    function: str = ""


@dataclass(frozen=True)
class Trap:
    """One trap or interrupt as it was taken; as `monitor traps --json` has it.

    Attributes:
        count: ordinal on its hart, from 1.
        cycle: the machine's cycle.
        cause, cause_value: name, and value of the cause register.
        from_, to: labels of the modes: M, HS, U, VS, VU.
        pc, tval, gpa: as delivered; gpa in bytes.
        rule, reason: the manual's normative rule ("none" where it has no name) and our words for it.
        instruction: assembler text, or None for an interrupt or a fetch that failed.
    """

    count: int
    cycle: int
    hart: int
    cause: str
    cause_value: int
    from_: str
    to: str
    pc: int
    tval: int
    gpa: int
    rule: str
    reason: str
    instruction: str | None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Trap:
        """From one record of `monitor traps --json`."""
        names = [name for name in cls.__dataclass_fields__ if name != "from_"]
        return cls(from_=data["from"], **{name: data[name] for name in names})

    def __str__(self) -> str:
        """One line, with the rule where there is one."""
        what = f" '{self.instruction}'" if self.instruction else ""
        why = f" (rule {self.rule}: {self.reason})" if self.rule != "none" else ""
        return f"hart {self.hart}, trap {self.count}: {self.cause} {self.from_} -> {self.to} at {self.pc:#x}{what}{why}"


@dataclass(frozen=True)
class Stop:
    """Where and why the machine stopped.

    Attributes:
        kind: see `StopKind`.
        hart: number of the hart.
        location: of the next instruction.
        detail: the debugger's or the machine's sentence about it; may be empty.
        exit_code: for `EXITED`.
        breakpoint: number of the breakpoint or watchpoint that was met, where it is known.
        trap: the trap, where it is what stopped the machine and is known.
    """

    kind: StopKind
    hart: int
    location: Location
    detail: str = ""
    exit_code: int | None = None
    breakpoint: int | None = None
    trap: Trap | None = None

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self.location.address

    def __str__(self) -> str:
        """``breakpoint 1: hart 0 at 0x80200004 <_start+4> at boot.S:12``."""
        number = f" {self.breakpoint}" if self.breakpoint is not None else ""
        code = f" with code {self.exit_code}" if self.exit_code is not None else ""
        detail = f" ({self.detail.strip()})" if self.detail.strip() else ""
        return f"{self.kind.value}{number}{code}: hart {self.hart} at {self.location}{detail}"


class CsrValue(int):
    """A CSR's value: a number whose attributes are the manual's fields.

    >>> value = CsrValue("hstatus", 0x80)
    >>> value == 0x80, value.SPV, value.VTSR
    (True, 1, 0)
    """

    name: str

    def __new__(cls, name: str, value: int) -> CsrValue:
        """A value of the register ``name``; a register that the manual does not name has no fields."""
        made = super().__new__(cls, value)
        made.name = name
        return made

    @property
    def _fields(self) -> dict[str, Field]:
        known = BY_NAME.get(self.name)
        return {field.name: field for field in known.fields} if known else {}

    @property
    def fields(self) -> dict[str, int]:
        """Every field by name, most significant first."""
        return {name: field.get(self) for name, field in self._fields.items()}

    def __getattr__(self, name: str) -> int:
        """A field. Raises AttributeError that names the fields there are."""
        found = self._fields.get(name)
        if found is None:
            raise AttributeError(f"{self.name} has no field {name!r}; it has {' '.join(self._fields) or 'none'}")
        return found.get(self)

    def replaced(self, **fields: int) -> int:
        """The value with fields replaced. Raises AttributeError and ValueError for what the register cannot hold."""
        value = int(self)
        for name, number in fields.items():
            getattr(self, name)
            field = self._fields[name]
            if not 0 <= number < 1 << field.width:
                raise ValueError(f"{self.name}.{name} has {field.width} bits and cannot hold {number:#x}")
            value = field.put(value, number)
        return value

    def __repr__(self) -> str:
        """``hstatus=0x80 (SPV=0x1)``: the fields that are not 0."""
        shown = " ".join(f"{name}={value:#x}" for name, value in self.fields.items() if value)
        return f"{self.name}={int(self):#x}" + (f" ({shown})" if shown else "")
