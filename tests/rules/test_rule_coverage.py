"""Every rule of the manual has a test that cites it, or its reason; `scripts/rules` tells which has which."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.rules.manual import CHAPTERS, RULES
from tests.rules.not_shown import NOT_SHOWN

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chapters() -> dict[str, Any]:
    """What the script says; its status is 1 while a chapter is unfinished."""
    command = [sys.executable, "-m", "scripts.rule_coverage", "--json"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode in (0, 1), said.stderr
    found: dict[str, Any] = json.loads(said.stdout)
    assert said.returncode == any(chapter["missing"] for chapter in found.values())
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_rule_has_a_test_or_a_reason(chapter: str, chapters: dict[str, Any]) -> None:
    assert chapters[chapter]["missing"] == []


def test_a_rule_that_a_test_shows_needs_no_reason(chapters: dict[str, Any]) -> None:
    shown = {rule for chapter in chapters.values() for rule in chapter["shown"]}
    assert not shown & NOT_SHOWN.keys()


def test_the_script_counts_every_rule_once(chapters: dict[str, Any]) -> None:
    counted = {name: [*c["shown"], *c["reasoned"], *c["missing"]] for name, c in chapters.items()}
    assert {name: sorted(rules) for name, rules in counted.items()} == {n: sorted(r) for n, r in CHAPTERS.items()}


def test_reasons_are_of_the_manuals_rules() -> None:
    assert not NOT_SHOWN.keys() - RULES.keys()
