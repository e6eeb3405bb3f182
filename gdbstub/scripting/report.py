"""Where a machine stands, for a person who was not there: modes, places, the last traps and why, the console."""

from __future__ import annotations

from collections.abc import Iterator

from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.values import Trap
from gdbstub.scripting.verbs import Debugger

__all__ = ["standing", "trap_text"]

TRAPS, LINES = 5, 20
INDENT = "  "


def standing(session: Debugger, console: str = "", harts: int = 1) -> str:
    """The report on ``harts`` harts, the selected one explained in full; it never raises for what cannot be told."""
    return "\n".join([*_harts(session, harts), *_traps(session), *_why(session), *_console(console)])


def _harts(session: Debugger, harts: int) -> Iterator[str]:
    chosen = session.hart
    for number in range(harts):
        session.hart = number
        try:
            yield _hart(session, number == chosen and harts > 1)
        except ScriptingError as error:
            yield f"hart {number}: {error.message}"
    session.hart = chosen


def _hart(session: Debugger, chosen: bool) -> str:
    vmid = f", VMID {session.csr('hgatp').VMID}" if session.virt else ""
    mark = "  <- selected" if chosen else ""
    return f"hart {session.hart} in {session.mode}-mode, V={int(session.virt)}{vmid}, at {session.where()}{mark}"


def _traps(session: Debugger) -> Iterator[str]:
    try:
        found = session.traps(TRAPS)
    except ScriptingError as error:
        yield f"traps: {error.message}"
        return
    if not found:
        yield "no trap has been taken"
        return
    yield "the last traps:"
    yield from (f"{INDENT}{trap_text(session, trap)}" for trap in found)


def trap_text(session: Debugger, trap: Trap) -> str:
    """One line about a trap, with its place in the source."""
    what = f" '{trap.instruction}'" if trap.instruction else ""
    rule = f", rule {trap.rule}" if trap.rule != "none" else ""
    place = session.location(trap.pc)
    return f"cycle {trap.cycle}, hart {trap.hart}: {trap.cause}, {trap.from_} to {trap.to}, at {place}{what}{rule}"


def _why(session: Debugger) -> Iterator[str]:
    try:
        told = session.monitor("why", text=True).rstrip()
    except ScriptingError:
        return  # there was none
    yield "why the last one happened:"
    yield from (f"{INDENT}{line}" for line in told.splitlines())


def _console(console: str) -> Iterator[str]:
    lines = console.splitlines()
    if not lines:
        yield "the guest has written nothing"
        return
    yield "the guest's console:" if len(lines) <= LINES else f"the guest's console, its last {LINES} lines:"
    yield from (f"{INDENT}{line}" for line in lines[-LINES:])
