"""What Tab offers after ``hv csr`` and ``hv walk``. Knows no gdb: the server is asked through a function."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Ask", "csr_names", "endings", "walk_words"]

WALK = {"--as": ("HS", "M", "U", "VS", "VU"), "--access": ("r", "w", "x")}
"""Options of ``hv walk`` with the values that they take."""

SWITCHES = ("--guest-physical",)


class Ask(Protocol):
    """What a monitor command says to programs."""

    def __call__(self, question: str) -> Any: ...


def csr_names(word: str, ask: Ask) -> list[str]:
    """Registers that begin with ``word``; behind a dot, the register's fields."""
    register, dot, field = word.partition(".")
    if not dot:
        return [name for name in ask("csr") if name.startswith(word)]
    names = [part["name"] for part in ask("csr " + register)["fields"]]
    return [register + "." + name for name in names if name.startswith(field.upper())]


def walk_words(text: str) -> list[str] | None:
    """Options and their values; None where an expression stands, which gdb completes itself."""
    *before, last = text.split(" ")
    if before and before[-1] in WALK:
        return [value for value in WALK[before[-1]] if value.lower().startswith(last.lower())]
    if last.startswith("-"):
        return [option for option in (*WALK, *SWITCHES) if option.startswith(last)]
    return None


def endings(words: list[str], text: str, word: str | None) -> list[str]:
    """What gdb wants of ``words``: without what stands in ``text`` before the ``word`` that it completes.

    gdb ends words at dots and dashes; without a word it only asks where to end them.
    """
    last = text.rpartition(" ")[2]
    before = len(last) - len(last if word is None else word)
    return [found[before:] for found in words]
