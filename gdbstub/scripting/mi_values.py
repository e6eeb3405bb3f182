"""What gdb's records say, as the values that every session gives."""

from __future__ import annotations

import re
from typing import Any

from gdbstub.scripting.errors import GdbError
from gdbstub.scripting.symbols import Symbols
from gdbstub.scripting.values import Frame, Location, Stop, StopKind

__all__ = ["SCALARS", "frame_of", "number_of", "register_of", "stop_of"]

SCALARS = {1: "unsigned char", 2: "unsigned short", 4: "unsigned int", 8: "unsigned long"}
"""C's names of what is watched as one value."""

NUMBER = re.compile(r"(-?\d+|0x[0-9a-f]+)(?: <[^>]*>| '.*')?")
DOUBLE = re.compile(r"double = (0x[0-9a-f]+)")
CAUGHT = re.compile(r"^hart \d+ caught (.*)$", re.MULTILINE)
REASONS = {
    "breakpoint-hit": StopKind.BREAKPOINT,
    "watchpoint-trigger": StopKind.WATCHPOINT,
    "read-watchpoint-trigger": StopKind.WATCHPOINT,
    "access-watchpoint-trigger": StopKind.WATCHPOINT,
    "watchpoint-scope": StopKind.WATCHPOINT,
    "end-stepping-range": StopKind.STEPPED,
    "function-finished": StopKind.STEPPED,
    "location-reached": StopKind.BREAKPOINT,
    "exited-normally": StopKind.EXITED,
    "exited": StopKind.EXITED,
    "exited-signalled": StopKind.EXITED,
}
WATCHED = ("wpt", "hw-rwpt", "hw-awpt")
OCTAL = 8


def stop_of(details: dict[str, Any], said: str, hart: int, symbols: Symbols) -> Stop:
    """A ``*stopped`` record's details, with what was printed before it; ``hart`` where it names none."""
    kind = _kind(details, said)
    place = _location(details["frame"], symbols) if "frame" in details else Location(0)
    core = int(details.get("core", hart))
    code = int(details.get("exit-code", "0"), OCTAL) if kind is StopKind.EXITED else None
    return Stop(kind, core, place, _detail(details, said), code, _number(details))


def _kind(details: dict[str, Any], said: str) -> StopKind:
    reason = details.get("reason", "")
    if reason in REASONS:
        return REASONS[reason]
    if CAUGHT.search(said):
        return StopKind.CAUGHT
    return StopKind.INTERRUPTED if details.get("signal-name") == "SIGINT" else StopKind.HALTED


def _detail(details: dict[str, Any], said: str) -> str:
    value: dict[str, str] = details.get("value", {})
    if "old" in value:
        return f"old value {_hex(value['old'])}, new value {_hex(value['new'])}"
    if value:
        return f"value {_hex(value.get('value', value.get('new', '')))}"
    caught = CAUGHT.search(said)
    if caught:
        return caught[0]
    ended = [line for line in said.splitlines() if line.startswith("the guest ")]
    return ended[0] if ended else ""


def _hex(text: str) -> str:
    found = number_of(text)
    return f"{found:#x}" if isinstance(found, int) else found


def _number(details: dict[str, Any]) -> int | None:
    """Of the breakpoint or watchpoint."""
    watched = next((details[name]["number"] for name in WATCHED if name in details), None)
    found = details.get("bkptno", watched)
    return None if found is None else int(found)


def frame_of(frame: dict[str, Any], symbols: Symbols) -> Frame:
    """One frame of a stack."""
    return Frame(int(frame.get("level", 0)), _location(frame, symbols), frame.get("func", ""))


def _location(frame: dict[str, Any], symbols: Symbols) -> Location:
    """gdb knows the line; the symbol with its offset is in the images, and else the function is gdb's."""
    address = int(frame["addr"], 16)
    symbol, offset = symbols.nearest(address) or (frame.get("func", "").replace("??", ""), 0)
    return Location(address, symbol, offset, frame.get("file", ""), int(frame.get("line", 0)))


def number_of(text: str) -> int | str:
    """An expression's value as a number where gdb shows one.

    >>> number_of("0x80000000 <_start>"), number_of("97 'a'"), number_of("{x = 1}")
    (2147483648, 97, '{x = 1}')
    """
    found = NUMBER.fullmatch(text.strip())
    return int(found[1], 0) if found else text


def register_of(text: str, name: str) -> int:
    """A register's raw value: a number, or a floating-point register's views of it. Raises GdbError for others.

    >>> register_of("{float = 0x0, double = 0x3ff8000000000000}", "fa0") == 0x3FF8 << 48
    True
    """
    double = DOUBLE.search(text)
    try:
        return int(double[1] if double else text, 16)
    except ValueError:
        raise GdbError(f"gdb shows no number for the register {name}: {text}") from None
