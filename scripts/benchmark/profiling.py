"""Where hartbreak's time goes: cProfile's statistics of its process, by what the code is for.

A built-in function's time belongs to who calls it. cProfile makes calls dearer, so shares mislead a little towards
code of many small functions; native code counts for the function that entered it.
"""

from __future__ import annotations

import pstats
from collections import Counter
from pathlib import Path
from typing import Any

__all__ = ["GROUPS", "shares"]

ELSEWHERE = "start-up, libraries"
WAITING = "waiting for the client"

# The first match counts; each is (part of the path, function or None for all).
GROUPS: tuple[tuple[str, str | None, str], ...] = (
    ("engine/reference.py", "_fetch", "decode"),
    ("engine/reference.py", "_locate", "decode"),
    ("engine/reference.py", "_meaning", "decode"),
    ("machine/isa/decode.py", None, "decode"),
    ("machine/hart/code.py", None, "decode"),
    ("machine/memory/", None, "walk"),
    ("machine/hart/physical.py", None, "walk"),
    ("machine/hart/contexts.py", None, "walk"),
    ("machine/csr/", None, "callbacks: CSRs"),
    ("machine/trap/", None, "callbacks: traps"),
    ("machine/hart/trapping.py", None, "callbacks: traps"),
    ("machine/observe/", None, "callbacks: traps"),
    ("machine/devices/", None, "callbacks: devices and timers"),
    ("machine/hart/timers.py", None, "callbacks: devices and timers"),
    ("machine/wiring.py", None, "callbacks: devices and timers"),
    ("machine/startup/", None, "callbacks: devices and timers"),
    ("machine/native/", None, "native code and its entry"),
    ("machine/engine/", None, "handlers"),
    ("machine/isa/", None, "handlers"),
    ("machine/hart/", None, "handlers"),
    ("machine/bits.py", None, "handlers"),
    ("machine/machine.py", None, "the machine's run loop"),
    ("gdbstub/rsp/", None, "gdbstub.rsp"),
    ("gdbstub/riscv/", None, "gdbstub.riscv"),
    ("gdbstub/handlers/", None, "gdbstub.handlers"),
    ("gdbstub/session.py", None, "gdbstub.session"),
    ("gdbstub/server.py", None, "gdbstub.server"),
    ("gdbstub/cli/", None, "gdbstub.cli"),
    ("trio/", None, "trio"),
)

IDLE = ("<method 'poll' of 'select.epoll' objects>", "<method 'acquire' of '_thread.lock' objects>")


def shares(statistics: Path, start_up: bool = False) -> dict[str, float]:
    """Share of each group in the time that was worked, largest first; without `start_up`, only what is named above."""
    seconds: Counter[str] = Counter()
    stats: dict[Any, Any] = pstats.Stats(str(statistics)).stats  # type: ignore[attr-defined]
    for (path, _, name), (_, _, own, _, callers) in stats.items():
        if name in IDLE:
            continue
        if path != "~":
            seconds[_group(path, name)] += own
            continue
        for (calling, _, caller), (_, _, part, _) in callers.items():
            seconds[_group(calling, caller)] += part
    if not start_up:
        del seconds[ELSEWHERE]
    total = sum(seconds.values()) or 1.0
    return {group: spent / total for group, spent in seconds.most_common()}


def _group(path: str, function: str) -> str:
    for part, name, group in GROUPS:
        if part in path and name in (None, function):
            return group
    return ELSEWHERE
