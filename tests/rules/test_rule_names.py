"""Every rule that a test or the machine cites is one of the manual's, and the list of them is the manual's own.

The list covers Volume II, the privileged architecture; the tests of floating point cite Volume I.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from machine.spec.rules import Reason
from tests.rules.manual import CHAPTERS, RULES

ROOT = Path(__file__).parents[2]
MANUAL = ROOT.parent / "shared" / "spec" / "normative-rules.csv"
"""The manual's rules beside a developer's checkout; a clone alone has the names only."""

VOLUME_I = (
    *("machine/isa/softfloat", "machine/isa/test_floating_point.py"),
    *("machine/isa/test_half_precision.py", "machine/isa/test_zfa.py"),
)
"""Tests, below `tests`, that cite the unprivileged manual."""


def literals(call: ast.Call) -> Iterator[str]:
    yield from (a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def cited(path: Path) -> Iterator[str]:
    """Names given to ``pytest.mark.rule(...)`` as text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rule":
            yield from literals(node)


def test_markers_cite_rules_that_exist() -> None:
    tests = ROOT / "tests"
    paths = [
        path for path in sorted(tests.rglob("*.py")) if not path.relative_to(tests).as_posix().startswith(VOLUME_I)
    ]
    citations = {path: set(cited(path)) for path in paths}
    assert sum(map(len, citations.values())) > 100, "the search finds nothing: the markers changed their form"
    unknown = {str(path.relative_to(ROOT)): found - RULES.keys() for path, found in citations.items()}
    assert not {path: names for path, names in unknown.items() if names}


@pytest.mark.parametrize("reason", [r for r in Reason if r.rule != "none"], ids=lambda reason: reason.name)
def test_reasons_cite_rules_that_exist(reason: Reason) -> None:
    assert reason.rule in RULES


def test_a_rule_belongs_to_one_chapter() -> None:
    assert sum(map(len, CHAPTERS.values())) == len(RULES) > 1000


@pytest.mark.skipif(not MANUAL.exists(), reason="the manual is not beside this checkout")
def test_the_list_of_names_is_the_manuals() -> None:
    with MANUAL.open(newline="", encoding="utf-8") as file:
        assert {row["rule"]: row["chapter"] for row in csv.DictReader(file)} == RULES
