"""A meaning, run once per path: `if` on a value that is not known takes one way now and the other way later.

Each run begins at the start. Up to the point where it leaves the path that was run before, its effects (reads,
writes, calls) are those of that path and are not done again: their results come from a log. Every path that the
meaning can take ends in a block of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from machine.native.lower import Block, Lowering
from machine.native.value import Graph, StagingError, Value

__all__ = ["Stager"]

LARGEST = 2000
"""Paths of one function; more is a mistake in a meaning (use `ite` or a routine)."""


@dataclass
class Path:
    """A path still to be taken: the decisions that lead to it, where its code begins, and the effects so far."""

    decisions: list[bool] = field(default_factory=list)
    block: Block | None = None
    log: list[Any] = field(default_factory=list)


class Stager(Graph):
    """Runs meanings into a `Lowering`."""

    def __init__(self, lowering: Lowering) -> None:
        super().__init__()
        self.code = lowering
        self._pending: list[Path] = []
        self._start()

    def _start(self, path: Path | None = None) -> None:
        path = path or Path()
        self._decisions, self._log = path.decisions, path.log
        self._decided = self._done = 0
        self._known: dict[int, bool] = {}
        self.written = False
        """Whether this path has changed anything yet."""

    def run(self, body: Callable[[], None]) -> None:
        """Stage ``body`` on every path; it ends each path's code itself."""
        self._pending = [Path()]
        taken = 0
        while self._pending:
            taken += 1
            if taken > LARGEST:
                raise StagingError(f"a meaning has more than {LARGEST} paths: use ite() or a routine")
            path = self._pending.pop()
            self._start(path)
            if path.block is not None:
                self.code.begin(path.block)
            body()

    def decide(self, condition: Value) -> bool:
        known = self._known.get(condition.number)
        if known is not None:
            return known
        position, self._decided = self._decided, self._decided + 1
        way = self._decisions[position] if position < len(self._decisions) else self._fork(condition)
        self._known[condition.number] = way
        return way

    def _fork(self, condition: Value) -> bool:
        if self._done < len(self._log):
            raise StagingError("a path differs from the one that it follows: the meaning depends on something else")
        then, otherwise = self.code.fork(condition)
        self._pending.append(Path([*self._decisions, False], otherwise, list(self._log)))
        self._decisions = [*self._decisions, True]
        self.code.begin(then)
        return True

    def effect(self, make: Callable[[], Any], *, write: bool = False) -> Any:
        """Do what ``make`` does to the code once, however often the path is run; gives its result."""
        position, self._done = self._done, self._done + 1
        if position == len(self._log):
            self._log.append(make())
        self.written |= write
        return self._log[position]
