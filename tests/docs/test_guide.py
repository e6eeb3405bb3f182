"""The guide does what it says: every page's blocks, in order, from an empty folder."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.docs.guide import ROOT, Reader, blocks, dialogue, shows

DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
MADE = ("monitor.md", "registers.md")
LANGUAGES = {"gdb", "output", "pytest", "python", "sh"}
INSTALL = 3
"""Commands that the first page names in its text: venv, activate, pip."""


@pytest.mark.parametrize("name", [name for name in PAGES if name not in MADE])
def test_every_block_does_what_it_shows(tmp_path: Path, name: str) -> None:
    found = blocks((DOCS / name).read_text())
    assert found
    assert {block.language for block in found} <= LANGUAGES
    reader = Reader(tmp_path)
    try:
        for block in found:
            reader.follow(block)
    finally:
        reader.close()


def test_a_newcomer_has_a_failing_test_within_ten_commands() -> None:
    """In the shell, to install included."""
    page = (DOCS / "first-session.md").read_text()
    typed = [line for block in blocks(page) if block.language == "sh" for line, _ in dialogue(block.text, "$ ")]
    first = next(at for at, line in enumerate(typed, 1) if line.startswith("pytest"))
    assert "1 failed" in page
    assert INSTALL + first <= 10


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((\w[^)#]*)", (DOCS / name).read_text()):
        assert (DOCS / target).exists(), target


@pytest.mark.parametrize("name", MADE)
def test_the_reference_tells_what_the_tables_tell(name: str) -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "build_docs"))
    assert (DOCS / name).read_text() == made["page"](name), f"docs/{name} is out of date; run scripts/build_docs"


def test_what_is_not_shown_is_seen() -> None:
    """The comparison would be worth nothing if it were always content."""
    assert shows("one  \ntwo 0x12\nthree", "two 0x...\n")
    assert not shows("one\ntwo", "one\nthree")
    assert list(dialogue("$ a\nb\n$ c\n", "$ ")) == [("a", "b\n"), ("c", "")]
