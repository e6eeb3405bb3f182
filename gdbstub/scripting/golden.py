"""Stepping traces: record what a guest does, keep it beside a test, and see the first step that is another one.

A trace is text (`machine.observe.step_log`) below a header of lines that begin with ``#``: which image, which machine,
from where to where. Two traces are compared without their headers, so that two builds of a guest can be compared, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from gdbstub.scripting.direct import DirectSession
from gdbstub.scripting.errors import ScriptingError, SessionTimeout
from gdbstub.scripting.symbols import Symbols, Where
from machine.observe.step_log import StepLog
from machine.run_exit import ExitReason

__all__ = ["Trace", "TraceDifference", "check_trace", "compare", "record"]

FORMAT = "# hartbreak trace 1"
CONTEXT = 5
MOST_STEPS = 10_000_000
PLACE = re.compile(r"\d+ (?:M|U|HS|VS|VU)\s+([0-9a-f]{16}) ")


@dataclass(frozen=True)
class Trace:
    """A recorded trace: lines without their newlines."""

    header: tuple[str, ...]
    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Trace:
        """Read one. Raises ScriptingError for a text that is none."""
        lines = text.splitlines()
        if not lines or lines[0] != FORMAT:
            raise ScriptingError(f"this is no trace: it does not begin with {FORMAT!r}")
        return cls(
            tuple(line for line in lines if line.startswith("#")),
            tuple(line for line in lines if not line.startswith("#")),
        )

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Read a file. Raises ScriptingError for one that cannot be read or is no trace."""
        try:
            return cls.parse(path.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise ScriptingError(f"cannot read {path}: {error}") from error
        except ScriptingError as error:
            raise ScriptingError(f"{path}: {error.message}") from error

    @property
    def text(self) -> str:
        """The file's content."""
        return "\n".join([*self.header, *self.steps]) + "\n"


class TraceDifference(AssertionError):
    """A guest did not do what the stored trace says."""


def record(session: DirectSession, until: Where | None = None, limit: int = MOST_STEPS) -> Trace:
    """Run ``session`` step by step, until the next instruction of a hart is at ``until``; without it to the run's end.

    Raises ScriptingError when breakpoints are set or the guest ends before, SessionTimeout after ``limit`` cycles.
    """
    if session.machine.watches.breakpoints or session.machine.watches.watchpoints:
        raise ScriptingError("a trace is recorded without breakpoints and watchpoints: delete() them first")
    header = tuple(_header(session, until))
    lines: list[str] = []
    log = StepLog(session.machine.harts, lines.append)
    try:
        _drive(session, log, None if until is None else session.address(until), limit)
    finally:
        log.close()
    return Trace(header, tuple("".join(lines).splitlines()))


def _drive(session: DirectSession, log: StepLog, target: int | None, limit: int) -> None:
    machine = session.machine
    turn, left = machine.run(0).hart, limit
    while target is None or machine.harts[turn].state.pc != target:
        if left <= 0:
            raise SessionTimeout(f"the trace's end did not come in {limit} cycles", stands=session.stands())
        hart = machine.harts[turn]
        log.before(hart)
        ended = machine.run(1)
        if ended.cycles:
            log.after(hart)
        left, turn = left - ended.cycles, ended.hart
        if ended.reason in (ExitReason.SHUTDOWN, ExitReason.IDLE, ExitReason.INTERRUPTED):
            if target is None:
                return
            raise ScriptingError(f"the trace has no end: {ended.reason.value} came first", stands=session.stands())


def _header(session: DirectSession, until: Where | None) -> Iterator[str]:
    config = session.machine.config
    yield FORMAT
    for program in session.symbols.programs:
        yield f"# image {program.path.name} sha256 {_digest(program.path)}"
    proposals = " ".join(config.proposal_names) or "none"
    yield f"# machine harts {config.harts}, memory {config.memory:#x}, isa {config.isa.string}, proposals {proposals}"
    yield f"# from {session.where()}, cycle {session.cycles}"
    yield f"# until {'the end' if until is None else until}"
    yield "# hart mode pc bits instruction | registers that it changed"


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unknown"


def compare(first: Trace, second: Trace, symbols: Symbols | None = None) -> str:
    """The first difference with the steps before it and behind, and its place in the source; "" when there is none."""
    pairs = enumerate(zip_longest(first.steps, second.steps))
    at = next((index for index, (one, other) in pairs if one != other), None)
    if at is None:
        return ""
    known = symbols or Symbols()
    headers = [f"  {line}" for line in _headers(first, second)]
    common = [f"    {line}" for line in first.steps[max(0, at - CONTEXT) : at]]
    sides = [*_side("-", first.steps, at, known), *_side("+", second.steps, at, known)]
    return "\n".join([f"the first difference is in step {at + 1}", *headers, *common, *sides])


def _headers(first: Trace, second: Trace) -> Iterator[str]:
    for one, other in zip_longest(first.header, second.header, fillvalue=""):
        if one != other:
            yield f"- {one.removeprefix('# ')}"
            yield f"+ {other.removeprefix('# ')}"


def _side(sign: str, steps: Sequence[str], at: int, symbols: Symbols) -> Iterator[str]:
    shown = steps[at : at + CONTEXT]
    if not shown:
        yield f"  {sign} (the trace ends here)"
    for line in shown:
        found = PLACE.match(line)
        place = str(symbols.location(int(found[1], 16))).partition(" ")[2] if found else ""
        yield f"  {sign} {line}" + (f"    {place}" if place else "")


def check_trace(session: DirectSession, until: Where | None, path: Path, update: bool = False) -> None:
    """Record from where ``session`` stands, and compare with the trace that ``path`` holds; or store it there.

    Raises TraceDifference, an AssertionError, with the first difference; and where nothing is stored yet.
    """
    found = record(session, until)
    if update:
        path.write_text(found.text)
        return
    if not path.exists():
        raise TraceDifference(f"there is no stored trace {path}: run pytest once with --hartbreak-update-traces")
    difference = compare(Trace.load(path), found, session.symbols)
    if difference:
        raise TraceDifference(
            f"{path.name}: {difference}\n(- is stored, + is now; --hartbreak-update-traces stores what is now)"
        )
