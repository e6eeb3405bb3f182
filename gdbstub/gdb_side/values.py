"""Between gdb's values and plain ones: addresses, symbols, whether gdb colours."""

from __future__ import annotations

import os
from typing import Any

import gdb

from .colour import Paint, ansi, plain

__all__ = ["address_of", "colours", "evaluated", "paint", "place", "register"]

MASK = (1 << 64) - 1
BY_ADDRESS = (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT)


def evaluated(expression: str) -> int:
    """An expression's value as an address or number below 2**64. Raises gdb.GdbError in gdb's words."""
    try:
        return address_of(gdb.parse_and_eval(expression))
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None


def address_of(value: Any) -> int:
    """A number; of a function, an array or a structure, where it lies."""
    if value.type.strip_typedefs().code in BY_ADDRESS:
        value = value.address
    return int(value) & MASK


def place(address: int) -> str:
    """``<vm_exit+4>``, or nothing where gdb knows no symbol."""
    said = str(gdb.execute(f"info symbol {address:#x}", to_string=True))
    if " in section " not in said:
        return ""
    return "<" + said.partition(" in section ")[0].replace(" + ", "+") + ">"


def register(name: str) -> str | None:
    """A register as gdb prints it; None while there is none to read, or the target has none of this name."""
    try:
        value = gdb.parse_and_eval("$" + name)
    except gdb.error:
        return None
    return None if value.type.code == gdb.TYPE_CODE_VOID else str(value)


def colours() -> bool:
    """Whether gdb itself would colour (``set style enabled``), and a terminal reads it."""
    return bool(gdb.parameter("style enabled")) and os.isatty(1)


def paint() -> Paint:
    """In colour or not."""
    return ansi if colours() else plain
