"""What the window "hypervisor" shows, as lines: mode, V, VMID, the H and VS CSRs that changed, the last traps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .colour import ESCAPE, Paint, visible
from .lines import Place, trap_line

__all__ = ["TRAPS", "Picture", "cut", "picture_lines"]

TRAPS = 4
"""Last traps that are shown."""


@dataclass(frozen=True)
class Picture:
    """The machine at one stop: the answers of ``mode``, ``hypervisor`` and ``traps``."""

    mode: Any
    registers: Any
    traps: Any


def picture_lines(now: Picture, before: Picture | None, place: Place, paint: Paint) -> list[str]:
    """The window's lines, not yet cut to its width.

    Args:
        now: this stop.
        before: the stop before, or None: then nothing is known to have changed.
    """
    mode = now.mode
    head = [
        paint(mode["mode"] + "-mode", "mode"),
        "V={}".format(mode["virt"]),
        paint("vmid {}".format(mode["vmid"]), "guest"),
        "vs_asid {}".format(mode["vs_asid"]),
        "hart {}".format(mode["hart"]),
    ]
    changed = _changes(now, before, paint) or [paint("  no H or VS CSR changed", "faint")]
    traps = ["  " + trap_line(trap, place, paint) for trap in reversed(now.traps)] or [paint("  none yet", "faint")]
    return ["  ".join(head), mode["translation"], "changed", *changed, "last traps", *traps]


def _changes(now: Picture, before: Picture | None, paint: Paint) -> list[str]:
    old = before.registers if before else now.registers
    return [
        "  {} {:#x} -> {}{}".format(
            paint(name, "name"),
            old[name]["value"],
            paint("{:#x}".format(held["value"]), "changed"),
            _fields(old[name], held),
        )
        for name, held in now.registers.items()
        if name in old and held["value"] != old[name]["value"]
    ]


def _fields(old: Any, new: Any) -> str:
    """``"  VMID 1 -> 2"`` for each field that changed."""
    return "".join(
        "  {} {:#x} -> {:#x}".format(name, old["fields"][name], value)
        for name, value in new["fields"].items()
        if value != old["fields"][name]
    )


def cut(line: str, width: int) -> str:
    """The first ``width`` visible characters; colours end where the line ends."""
    if len(visible(line)) <= width:
        return line
    kept, left, at = "", width, 0
    for escape in ESCAPE.finditer(line):
        kept += line[at : at + min(left, escape.start() - at)] + escape.group()
        left -= min(left, escape.start() - at)
        at = escape.end()
    return kept + line[at : at + left]
