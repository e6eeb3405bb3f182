"""Waiting for a trap or a world: catches of the machine's own, and a look at each stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from gdbstub.scripting.errors import ScriptingError, SessionTimeout
from gdbstub.scripting.values import Stop, StopKind, Trap
from machine.spec.causes import INTERRUPT_BIT, Cause, Interrupt, cause_name
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from gdbstub.scripting.verbs import Debugger

__all__ = ["Awaited"]

WORLDS = {"guest": True, "host": False}
EVERY_CAUSE = (*map(int, Cause), *(1 << INTERRUPT_BIT | code for code in Interrupt))
SWITCH = "world switch"
"""How the machine's note on a caught world switch reads."""


@dataclass(frozen=True)
class Awaited:
    """What `Debugger.wait_for` waits for; its parameters are described there."""

    trap: str | int | Literal[True] | None
    world: str | int | None
    from_: str
    to: str

    def reach(self, session: Debugger, timeout: float | None) -> Stop:
        """Run until it happens."""
        if (self.trap is None) == (self.world is None):
            raise ScriptingError("wait_for needs one of trap= and world=")
        deadline = time.monotonic() + (session.timeout if timeout is None else timeout)
        with self._caught(session):
            while True:
                stop = session.cont(self._left(session, deadline))
                if stop.kind is StopKind.EXITED:
                    raise ScriptingError(f"{self} did not happen: {session.ended(stop)}")
                if stop.kind is not StopKind.CAUGHT:
                    continue
                found = self._world(session, stop) if self.trap is None else self._trap(session, stop)
                if found is not None:
                    return found

    def _left(self, session: Debugger, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise SessionTimeout(f"{self} did not happen in time", stands=session.stands())
        return left

    @contextmanager
    def _caught(self, session: Debugger) -> Iterator[None]:
        """The catches that are needed, beside those that there are."""
        before = session.monitor("catch")
        for command in self._commands():
            session.monitor(command)
        try:
            yield
        finally:
            session.monitor("catch none")
            for command in _as_commands(before):
                session.monitor(command)

    def _commands(self) -> list[str]:
        if self.trap is None:
            return ["catch world-switch"]
        if self.trap is True:
            return [f"catch trap {cause_name(value)}" for value in EVERY_CAUSE]
        return [f"catch trap {cause_name(self.trap) if isinstance(self.trap, int) else self.trap}"]

    def _trap(self, session: Debugger, stop: Stop) -> Stop | None:
        record = next((trap for trap in reversed(session.traps(8)) if trap.hart == stop.hart), None)
        return replace(stop, trap=record) if record and SWITCH not in stop.detail and self._is_it(record) else None

    def _is_it(self, record: Trap) -> bool:
        modes = (not self.from_ or record.from_ == self.from_) and (not self.to or record.to == self.to)
        return modes and (self.trap is True or self._cause(record))

    def _cause(self, record: Trap) -> bool:
        if isinstance(self.trap, int):
            return record.cause_value == self.trap
        wanted = str(self.trap).lower().replace("_", "-")
        names = (record.cause.lower(), str(record.cause_value), record.cause.lower().removeprefix("interrupt "))
        return wanted in names

    def _world(self, session: Debugger, stop: Stop) -> Stop | None:
        return stop if SWITCH in stop.detail and self._is_here(session) else None

    def _is_here(self, session: Debugger) -> bool:
        if isinstance(self.world, int):
            return session.virt and self.world == session.csr("hgatp").VMID
        if self.world in WORLDS:
            return session.virt == WORLDS[self.world]
        if self.world not in Mode.__members__:
            modes = ", ".join(Mode.__members__)
            raise ScriptingError(f"there is no world {self.world!r}: guest, host, {modes} or a VMID")
        return session.mode == self.world

    def __str__(self) -> str:
        """What was waited for."""
        if self.trap is None:
            return f"world {self.world}"
        cause = "a trap" if self.trap is True else f"trap {self.trap}"
        return cause + (f" from {self.from_}" if self.from_ else "") + (f" to {self.to}" if self.to else "")


def _as_commands(caught: dict[str, Any]) -> list[str]:
    """What makes these catches again."""
    events = ("world_switch", "vs_timer_pending", "lost_interrupt")
    return [
        *(f"catch trap {name}" for name in caught["causes"]),
        *(f"catch {event.replace('_', '-')}" for event in events if caught[event]),
    ]
