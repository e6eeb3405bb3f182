"""Every rule that a test or the machine cites is one of the manual's.

The list of names is the manual's own and no part of this repository: it lies beside a developer's checkout. It
covers Volume II, the privileged architecture; the tests of floating point cite Volume I.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from machine.spec.rules import Reason

ROOT = Path(__file__).parents[2]
NAMES = ROOT.parent / "shared" / "spec" / "normative-rules.csv"

VOLUME_I = ("machine/isa/softfloat", "machine/isa/test_floating_point.py")
"""Tests, below `tests`, that cite the unprivileged manual."""


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    if not NAMES.exists():
        pytest.skip(f"no list of the manual's rule names at ../{NAMES.relative_to(ROOT.parent)}")
    with NAMES.open(newline="", encoding="utf-8") as file:
        return frozenset(row["rule"] for row in csv.DictReader(file))


def literals(call: ast.Call) -> Iterator[str]:
    yield from (a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def cited(path: Path) -> Iterator[str]:
    """Names given to ``pytest.mark.rule(...)`` as text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rule":
            yield from literals(node)


def test_markers_cite_rules_that_exist(names: frozenset[str]) -> None:
    tests = ROOT / "tests"
    paths = [
        path for path in sorted(tests.rglob("*.py")) if not path.relative_to(tests).as_posix().startswith(VOLUME_I)
    ]
    citations = {path: set(cited(path)) for path in paths}
    assert sum(map(len, citations.values())) > 100, "the search finds nothing: the markers changed their form"
    unknown = {str(path.relative_to(ROOT)): found - names for path, found in citations.items() if found - names}
    assert not unknown


@pytest.mark.parametrize("reason", [r for r in Reason if r.rule != "none"], ids=lambda reason: reason.name)
def test_reasons_cite_rules_that_exist(reason: Reason, names: frozenset[str]) -> None:
    assert reason.rule in names
