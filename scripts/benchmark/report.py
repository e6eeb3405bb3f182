"""The tables, and the same figures for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["Report", "Row"]


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        title: what was measured.
        shown: each contestant's figure for people.
        values: the same as numbers, for programs.
        score: hartbreak's figure as the target counts it: a ratio to QEMU, a slowdown, or seconds; None without QEMU.
        target: what the score should be.
        at_most: the target is the largest score that meets it, not the smallest.
    """

    title: str
    shown: Sequence[str]
    values: Sequence[dict[str, Any]]
    score: float | None
    target: float
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is no score."""
        if self.score is None:
            return None
        return self.score <= self.target if self.at_most else self.score >= self.target

    def cells(self) -> list[str]:
        """The row's texts."""
        score = "" if self.score is None else f"{self.score:.3g}" + ("" if self.at_most else " ×")
        target = f"≤ {self.target:g}" if self.at_most else f"≥ {self.target:g} ×"
        verdict = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[self.met]
        return [self.title, *self.shown, score, target, verdict]

    def report(self) -> dict[str, Any]:
        """For JSON."""
        sense = "at most" if self.at_most else "at least"
        return {
            "title": self.title,
            "contestants": self.values,
            "score": self.score,
            sense: self.target,
            "met": self.met,
        }


@dataclass
class Report:
    """All tables; printed as they come, or collected for JSON."""

    contestants: Sequence[str]
    console: Console
    quiet: bool
    collected: dict[str, Any] = field(default_factory=dict)

    def table(self, name: str, rows: Sequence[Row]) -> None:
        """Figures of the contestants."""
        self.collected[name] = [row.report() for row in rows]
        headings = [name, *self.contestants, "score", "target", ""]
        self._print(headings, [row.cells() for row in rows])

    def plain(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[str]], values: Any) -> None:
        """A table of other things; `values` is what programs receive."""
        self.collected[name] = values
        self._print([name, *headings], rows)

    def shares(self, name: str, profiles: dict[str, dict[str, float]]) -> None:
        """Where time goes: for each thing run, the share of each group."""
        rows = [
            [title, "  ".join(f"{group} {share:.0%}" for group, share in parts.items() if share >= 0.01)]
            for title, parts in profiles.items()
        ]
        self.plain(name, ["share of hartbreak's time"], rows, profiles)

    def _print(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if self.quiet:
            return
        table = Table(*headings)
        for row in rows:
            table.add_row(*row)
        self.console.print(table)
