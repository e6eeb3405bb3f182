"""Colour for terminals: a few styles by meaning, and patterns that find what deserves one in a server's text."""

from __future__ import annotations

import re
from typing import Protocol

__all__ = ["Paint", "ansi", "painted_text", "plain", "visible"]

STYLES = {
    "mode": "1;36",
    "guest": "1;35",
    "name": "36",
    "address": "34",
    "good": "32",
    "changed": "1;33",
    "bad": "1;31",
    "faint": "2",
}
"""SGR parameters (ECMA-48) by what the text says."""

ESCAPE = re.compile("\x1b\\[[0-9;]*m")

PATTERNS = (
    (re.compile(r"^\s*\^.*$"), "bad"),
    (re.compile(r"\b(HS|VS|VU|M|U)-mode\b"), "mode"),
    (re.compile(r"\b[a-z-]+-(page-fault|access|instruction|misaligned)\b"), "bad"),
    (re.compile(r"\b(VS|G|S)-stage\b"), "guest"),
    (re.compile(r"\b[A-Za-z]+_[a-z0-9]+_[A-Za-z0-9_]+(?=[:)])"), "name"),
    (re.compile(r"\bpa 0x[0-9a-f]+"), "good"),
    (re.compile(r"0x[0-9a-f]+"), "address"),
)
"""Of ``walk`` and ``why``; the first that finds something in a stretch of a line has it."""


class Paint(Protocol):
    """Gives a text the look of a style, or leaves it as it is."""

    def __call__(self, text: str, style: str) -> str: ...


def plain(text: str, style: str) -> str:
    """No colour."""
    return text


def ansi(text: str, style: str) -> str:
    """The escape sequences of a terminal around the text."""
    return "\x1b[" + STYLES[style] + "m" + text + "\x1b[m" if text else text


def visible(text: str) -> str:
    """The text without escape sequences."""
    return ESCAPE.sub("", text)


def painted_text(text: str, paint: Paint) -> str:
    """A server's text, line by line."""
    return "\n".join(_painted(line, PATTERNS, paint) for line in text.split("\n"))


def _painted(line: str, patterns: tuple[tuple[re.Pattern[str], str], ...], paint: Paint) -> str:
    if not patterns or not line:
        return line
    (pattern, style), rest = patterns[0], patterns[1:]
    done, at = "", 0
    for found in pattern.finditer(line):
        done += _painted(line[at : found.start()], rest, paint) + paint(found.group(), style)
        at = found.end()
    return done + _painted(line[at:], rest, paint)
