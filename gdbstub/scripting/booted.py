"""Machines that tests share: booted once to a named place, and put back there for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from gdbstub.scripting.boot import Setup
from gdbstub.scripting.direct import DirectSession, DirectSnapshot
from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.symbols import ImagePath, Where
from gdbstub.scripting.values import StopKind
from gdbstub.scripting.verbs import Debugger

__all__ = ["Booted", "Place", "TestSession", "go_to"]


@dataclass(frozen=True)
class Place:
    """Where tests start: the ``count``th time that the machine comes to ``where``."""

    where: Where
    count: int = 1


def go_to(session: Debugger, place: Place) -> None:
    """Run from where the machine stands. Raises ScriptingError when it does not come there."""
    number = session.break_at(place.where)
    try:
        for _ in range(place.count):
            stop = session.cont()
            if stop.kind is not StopKind.BREAKPOINT:
                raise ScriptingError(f"the guest did not come to {place.where} for the tests to start there: {stop}")
    finally:
        session.delete(number)


class TestSession(DirectSession):
    """A session whose machine can be bundled: what the test writes by hand is recorded, if that is asked for.

    Attributes:
        setup: what the machine is made of.
        recording: whether it is asked for.
    """

    __test__ = False  # no test class, for all its name

    def __init__(self, setup: Setup, symbols: tuple[ImagePath, ...], limit: int, recording: bool) -> None:
        super().__init__(symbols=symbols, limit=limit, **vars(setup))
        self.setup, self.recording = setup, recording

    def write_register(self, name: str, value: int) -> None:
        with self._by_hand():
            super().write_register(name, value)

    def write_memory(self, address: int, data: bytes) -> None:
        with self._by_hand():
            super().write_memory(address, data)

    def monitor(self, command: str, *, text: bool = False) -> Any:
        with self._by_hand():
            return super().monitor(command, text=text)

    @contextmanager
    def _by_hand(self) -> Iterator[None]:
        with self.machine.inputs.by_hand() if self.recording else nullcontext():
            yield

    def tidy(self) -> None:
        """Take away what a test may have set up around the guest, so that the next one finds nothing of it."""
        machine = self.machine
        self.delete()
        machine.catches.clear()
        machine.watches.breakpoints.clear()
        machine.watches.watchpoints.clear()
        for observer in (machine.ledger, machine.worlds, machine.virtual_instructions, machine.timer_latency):
            observer.stop()
        self._resumed = False


@dataclass
class _Kept:
    session: TestSession
    engine: Any
    timeout: float
    places: dict[Place | None, DirectSnapshot] = field(default_factory=dict)


class Booted:
    """One machine for each way to start one.

    Args:
        limit: cycles that a verb of a session may run.
        recording: whether sessions record what is written by hand.
    """

    def __init__(self, limit: int, recording: bool) -> None:
        self._limit, self._recording = limit, recording
        self._kept: dict[tuple[Setup, tuple[ImagePath, ...]], _Kept] = {}

    def session(self, setup: Setup, symbols: tuple[ImagePath, ...] = (), place: Place | None = None) -> TestSession:
        """The machine, at the place (at its first instruction without one). Raises ScriptingError."""
        kept = self._kept.get((setup, symbols))
        if kept is None:
            made = TestSession(setup, symbols, self._limit, self._recording)
            kept = self._kept[setup, symbols] = _Kept(made, made.machine.engine, made.timeout)
            kept.places[None] = made.snapshot()
        session = kept.session
        self._settle(kept)
        if place not in kept.places:
            assert place is not None
            session.restore(kept.places[None])
            go_to(session, place)
            kept.places[place] = session.snapshot()
        session.restore(kept.places[place])
        return session

    def _settle(self, kept: _Kept) -> None:
        session = kept.session
        session.tidy()
        session.machine.engine, session.timeout, session.limit = kept.engine, kept.timeout, self._limit
        session.hart = 0

    def close(self) -> None:
        """Forget all machines."""
        for kept in self._kept.values():
            kept.session.close()
        self._kept.clear()
