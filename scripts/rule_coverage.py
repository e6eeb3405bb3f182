"""The command line of `scripts/rules`: the manual's normative rules, and which of them a test shows.

A rule is shown by the tests that pytest collects with its mark; one that no test can show has its reason in
`tests/rules/not_shown.py`. Status 1 when a rule has neither.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest
from rich.console import Console
from rich.table import Table

from tests.rules.manual import CHAPTERS
from tests.rules.not_shown import NOT_SHOWN

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Citations:
    """A plugin that hears of every test that pytest collects, and notes the rules that its marks name."""

    rules: set[str] = field(default_factory=set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.rules |= {rule for item in items for mark in item.iter_markers("rule") for rule in mark.args}


@dataclass(frozen=True)
class Chapter:
    """One chapter's rules: shown by a test, not shown for a reason, or neither."""

    name: str
    shown: tuple[str, ...]
    reasoned: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def total(self) -> int:
        return len(self.shown) + len(self.reasoned) + len(self.missing)


def cited() -> set[str]:
    """The rules that tests cite. The engine makes no difference to that, so one is enough to collect for."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if "mark.rule(" in path.read_text(encoding="utf-8")]
    citations = Citations()
    options = ["--collect-only", "-q", "--engine", "reference", "--rootdir", str(ROOT), "-p", "no:cacheprovider"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main([*options, *map(str, sorted(files))], plugins=[citations])
    if status != pytest.ExitCode.OK:
        raise click.ClickException(f"pytest could not collect the tests:\n{said.getvalue()}")
    return citations.rules


def coverage(cited: Collection[str]) -> list[Chapter]:
    """Every chapter with its rules sorted into the three kinds; what a test shows needs no reason."""
    chapters = []
    for name, rules in CHAPTERS.items():
        rest = [rule for rule in rules if rule not in cited]
        shown = tuple(rule for rule in rules if rule in cited)
        reasoned = tuple(rule for rule in rest if rule in NOT_SHOWN)
        chapters.append(Chapter(name, shown, reasoned, tuple(rule for rule in rest if rule not in NOT_SHOWN)))
    return chapters


def table(chapters: Sequence[Chapter]) -> Table:
    drawn = Table("chapter", title="Normative rules of the privileged architecture", title_justify="left")
    for heading in ("rules", "shown by a test", "not shown, with a reason", "missing"):
        drawn.add_column(heading, justify="right")
    for each in chapters:
        row = (each.total, len(each.shown), len(each.reasoned), len(each.missing))
        drawn.add_row(each.name, *map(str, row), style="red" if each.missing else "")
    drawn.add_section()
    columns = zip(*((c.total, len(c.shown), len(c.reasoned), len(c.missing)) for c in chapters), strict=True)
    drawn.add_row("all", *(str(sum(column)) for column in columns))
    return drawn


def as_json(chapters: Sequence[Chapter]) -> str:
    """Per chapter: the rules that tests show, those with a reason (kind and text), and those missing."""
    return json.dumps(
        {
            each.name: {
                "shown": each.shown,
                "reasoned": {r: {"why": NOT_SHOWN[r].why.name, "text": NOT_SHOWN[r].text} for r in each.reasoned},
                "missing": each.missing,
            }
            for each in chapters
        },
        indent=2,
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--chapter", "names", multiple=True, type=click.Choice(list(CHAPTERS)), help="Only this one. Repeatable.")
@click.option("--missing", is_flag=True, help="Print the names of rules that have neither a test nor a reason.")
@click.option("--reasons", is_flag=True, help="Print the rules that no test shows, each with its reason.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for programs.")
def main(names: Sequence[str], missing: bool, reasons: bool, json_: bool) -> None:
    """Say which of the manual's normative rules the tests show, and why the others are not shown."""
    chapters = [each for each in coverage(cited()) if not names or each.name in names]
    console = Console()
    if json_:
        click.echo(as_json(chapters))
    elif missing:
        for each in chapters:
            for rule in each.missing:
                click.echo(f"{each.name} {rule}")
    elif reasons:
        for each in chapters:
            for rule in each.reasoned:
                click.echo(f"{each.name} {rule}: {NOT_SHOWN[rule].why.value}: {NOT_SHOWN[rule].text}")
    else:
        console.print(table(chapters))
    sys.exit(any(each.missing for each in chapters))


if __name__ == "__main__":
    main()
