"""Real debuggers in front of the real command line, in processes of their own, with the guests that we ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gdbstub.scripting import GdbError, Prompt
from gdbstub.scripting.plugin import hartbreak_session
from tests.tools import GDB, needed

__all__ = ["GUESTS", "Again", "hartbreak_session"]

ROOT = Path(__file__).parents[2]
GUESTS = ROOT / "gdbstub" / "guests"
TIMEOUT = 8  # seconds: the machine that runs the tests may be busy with others

Again = Callable[..., Prompt]


class Bench:
    """Sessions kept from test to test, one for each guest and its options: to start them takes longer than a test."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], Prompt] = {}

    def session(self, guest: str, *options: str) -> Prompt:
        """A connected gdb and a machine just switched on, without breakpoints or catches."""
        key = (guest, *options)
        session = self._kept.pop(key, None)
        if session is None or not _cleared(session):
            session = Prompt(GUESTS / f"{guest}.elf", *options, gdb=needed(GDB), timeout=TIMEOUT, extended=True)
            session.command(f"directory {ROOT / 'scripts' / 'guests'}")
        self._kept[key] = session
        return session

    def close(self) -> None:
        complaints = [session.server.errors for session in self._kept.values()]
        for session in self._kept.values():
            session.close()
        assert not any(complaints), f"the server complained: {complaints}"


def _cleared(session: Prompt) -> bool:
    """Whether the session could be brought back to its beginning; one that could not is ended."""
    try:
        for line in ("delete", "set scheduler-locking replay", "monitor catch none"):
            session.command(line)
        session.run("starti")
    except GdbError:
        session.close()
        return False
    return True


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def again(bench: Bench) -> Again:
    """``again("loop", "--harts", "2")``: that guest at its first instruction, under gdb."""
    return bench.session


@pytest.fixture
def loop(again: Again) -> Prompt:
    """The guest that counts for ever, in `main`'s first turn."""
    return _at("main", again("loop"))


@pytest.fixture
def worlds(again: Again) -> Prompt:
    """One function, four worlds; at the first instruction."""
    return again("worlds")


@pytest.fixture
def hypervisor(again: Again) -> Prompt:
    """Our hypervisor; at its first instruction, in HS-mode."""
    return again("hypervisor")


def _at(place: str, session: Prompt) -> Prompt:
    session.command(f"tbreak {place}")
    session.run("continue")
    return session
