"""Number → register: every CSR of the machine, filled by `register`."""

from __future__ import annotations

from typing import TypeVar

from machine.csr.register import Csr

__all__ = ["BY_NAME", "BY_NUMBER", "csr"]

C = TypeVar("C", bound=Csr)

BY_NUMBER: dict[int, Csr] = {}
BY_NAME: dict[str, Csr] = {}


def csr(cls: type[C]) -> type[C]:
    """Class decorator: add the register to the file. Raises ValueError when the number or name is taken."""
    register = cls()
    if register.number in BY_NUMBER or register.name in BY_NAME:
        raise ValueError(f"CSR {register.name} ({register.number:#x}) is declared twice")
    BY_NUMBER[register.number] = register
    BY_NAME[register.name] = register
    return cls
