"""What the lockstep engine found, as text for a person and as a value for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from machine.engine.lockstep import Change, Divergence

__all__ = ["divergence_json", "divergence_text"]

CACHED = (
    "With no cached translations the engines agree from here: the guest lacks a fence, or the cached translations of {}"
    " are wrong."
)


def divergence_text(found: Divergence) -> str:
    """Several lines: where, and a table of what differs."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Divergence) -> Iterator[str]:
    mode = f"{found.mode.label}-mode (V={found.mode.virtual:d})"
    yield f"{found.subject} and reference differ: hart {found.hart}, cycle {found.cycle}, {mode}"
    yield f"  {found.pc:#x}: {found.instruction}" + (f"  ({found.word:#x})" if found.word else "")
    if found.length > 1:
        yield f"  somewhere in the {found.length} cycles from there"
    if found.cached:
        yield f"  {CACHED.format(found.subject)}"
    heading = ["", "before", "reference", found.subject]
    rows = [heading, *([c.name, *map(_shown, (c.before, c.reference, c.subject))] for c in found.changes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield from ("  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _shown(value: int | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:#x}"


def divergence_json(found: Divergence) -> dict[str, Any]:
    """The same as a value."""
    return {
        "hart": found.hart,
        "cycle": found.cycle,
        "subject": found.subject,
        "pc": found.pc,
        "instruction": found.instruction,
        "word": found.word,
        "mode": found.mode.label,
        "virt": int(found.mode.virtual),
        "length": found.length,
        "cached": found.cached,
        "changes": [_change(change) for change in found.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "before": change.before,
        "reference": change.reference,
        "subject": change.subject,
    }
