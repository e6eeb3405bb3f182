"""The names of the manual's normative rules (Volume II, the privileged architecture), by chapter: `names.txt`.

Names and chapters only, in the manual's order; the manual has the sentences.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["CHAPTERS", "RULES"]


def _read() -> dict[str, tuple[str, ...]]:
    """The file's sections: a line ``# chapter``, then its rules, a line each."""
    chapters: dict[str, tuple[str, ...]] = {}
    for section in Path(__file__).with_name("names.txt").read_text(encoding="utf-8").split("# ")[1:]:
        chapter, *rules = section.split()
        chapters[chapter] = tuple(rules)
    return chapters


CHAPTERS = _read()
"""The rules of each chapter."""
RULES = {rule: chapter for chapter, rules in CHAPTERS.items() for rule in rules}
"""The chapter of each rule."""
