"""A CSR's value taken apart: fields with the manual's names, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gdbstub.monitor import Json
from machine.csr.field import Field
from machine.csr.register import Csr
from machine.spec.causes import INTERRUPT_BIT, cause_name

__all__ = ["Part", "flags", "parts", "summary"]

PAGE_SHIFT = 12


@dataclass(frozen=True)
class Part:
    """One field of a value."""

    field: Field
    value: int
    meaning: str

    @property
    def bits(self) -> str:
        """Its place, as the manual writes it: ``63:60`` or ``7``."""
        high, low = self.field.high, self.field.low
        return f"{high}:{low}" if high > low else f"{low}"

    @property
    def short(self) -> str:
        """``MODE=Sv39``, ``PPN=0x80200 (0x80200000)``."""
        if self.field.values:
            return f"{self.field.name}={self.meaning}"
        return f"{self.field.name}={_digits(self.value)}" + (f" ({self.meaning})" if self.meaning else "")

    def as_json(self) -> dict[str, Json]:
        """For programs."""
        return {"name": self.field.name, "bits": self.bits, "value": self.value, "meaning": self.meaning}


def parts(csr: Csr, value: int) -> list[Part]:
    """Every field, most significant first."""
    return [Part(field, field.get(value), _meaning(csr, field, value)) for field in csr.fields]


def flags(csr: Csr, value: int) -> list[str]:
    """The names of the one-bit fields that are set, least significant first.

    >>> from machine.csr.file import BY_NAME
    >>> flags(BY_NAME["hideleg"], 0x44)
    ['VSSI', 'VSTI']
    """
    return [part.field.name for part in reversed(parts(csr, value)) if part.field.width == 1 and part.value]


def summary(csr: Csr, value: int) -> str:
    """The fields that are not 0, in a row; a translation's MODE always, ``"0"`` when there are none."""
    return " ".join(part.short for part in parts(csr, value) if part.value or part.field.name == "MODE") or "0"


def _meaning(csr: Csr, field: Field, value: int) -> str:
    number = field.get(value)
    names = {known: name for name, known in field.values}
    if names:
        return names.get(number, "reserved")
    say = SPECIAL.get((csr.name.lstrip("mvsh"), field.name))
    return say(value, number) if say else ""


def _digits(value: int) -> str:
    return str(value) if value < 10 else f"{value:#x}"


SPECIAL: dict[tuple[str, str], Callable[[int, int], str]] = {
    ("cause", "EXCEPTION_CODE"): lambda value, code: cause_name(value >> INTERRUPT_BIT << INTERRUPT_BIT | code),
    ("atp", "PPN"): lambda value, ppn: f"{ppn << PAGE_SHIFT:#x}",
    ("gatp", "PPN"): lambda value, ppn: f"{ppn << PAGE_SHIFT:#x}",
    ("tvec", "BASE"): lambda value, base: f"{base << 2:#x}",
    ("epc", "ADDRESS"): lambda value, half: f"{half << 1:#x}",
}
"""What the number in a field says, by the register's name without its mode and the field's."""
