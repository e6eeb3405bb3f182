"""What stands between an address and memory: the translation that satp, vsatp and hgatp ask for."""

from __future__ import annotations

from machine.csr.access import named
from machine.csr.register import Csr
from machine.hart.hart import Hart
from machine.spec.modes import Mode

__all__ = ["root", "scheme", "translation"]

PAGE_SHIFT = 12


def _field(csr: Csr, name: str, value: int) -> int:
    return next(field for field in csr.fields if field.name == name).get(value)


def scheme(hart: Hart, register: str) -> str:
    """The scheme in satp, vsatp or hgatp: ``Bare``, ``Sv39``, ``Sv39x4`` …"""
    csr = named(hart, register)
    number = _field(csr, "MODE", csr.read(hart))
    names = next(field for field in csr.fields if field.name == "MODE").values
    return next(name for name, value in names if value == number)


def root(hart: Hart, register: str) -> int:
    """The address of the root table."""
    csr = named(hart, register)
    return _field(csr, "PPN", csr.read(hart)) << PAGE_SHIFT


def translation(hart: Hart, mode: Mode) -> str:
    """What stands between a mode's addresses and memory."""
    if mode is Mode.M:
        return "none: addresses are physical"
    if mode.virtual:
        return f"{scheme(hart, 'vsatp')} (vsatp), then {scheme(hart, 'hgatp')} (hgatp)"
    return f"{scheme(hart, 'satp')} (satp)"
