"""``$gva(ADDR)`` and ``$gpa(ADDR)``: the physical address behind a guest's virtual or physical address."""

from __future__ import annotations

from typing import Any

import gdb

from .server import ask
from .values import address_of

__all__ = ["GuestPhysical", "GuestVirtual"]


class GuestVirtual(gdb.Function):
    """$gva(ADDR): the physical address behind a guest's virtual address, through vsatp and hgatp as they are.

    In gdb: x/4i $gva($vsepc). An address that does not translate is an error that says at which bit."""

    def __init__(self) -> None:
        super().__init__("gva")

    def invoke(self, address: Any) -> Any:
        return _physical(address, "--as VS")


class GuestPhysical(gdb.Function):
    """$gpa(ADDR): the physical address behind a guest physical address, through hgatp alone."""

    def __init__(self) -> None:
        super().__init__("gpa")

    def invoke(self, address: Any) -> Any:
        return _physical(address, "--guest-physical")


def _physical(value: Any, option: str) -> Any:
    """Raises gdb.GdbError for an address that leads nowhere."""
    address = address_of(value)
    found = ask(f"translate {address:#x} {option}")
    fault = found["fault"]
    if fault is not None:
        raise gdb.GdbError("{:#x} leads nowhere: {}: {}".format(address, fault["cause"], fault["reason"]))
    return gdb.Value(found["physical"]).cast(gdb.lookup_type("unsigned long"))
