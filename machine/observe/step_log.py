"""What every instruction changed: a log that says the same of the same run, line for line, to be compared with others.

A line is "hart mode pc bits instruction | name=value ...": the integer, floating-point and control and status registers
that are not what they were before, values in hexadecimal. Counters are left out, and lines have no number: both would
make every line behind a difference differ, too. Traps have the lines of `machine.observe.trace`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from machine.hart.state import FIELDS, STORED_CSRS
from machine.observe.trace import Tracer
from machine.spec.registers import F_NAMES, X_NAMES

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["StepLog"]

NAMES = (*X_NAMES, *F_NAMES, *FIELDS)
COUNTERS = {"mcycle", "minstret"}
SHOWN = frozenset({*X_NAMES, *F_NAMES, *STORED_CSRS} - COUNTERS)
WORDS = struct.Struct(f"<{len(NAMES)}Q")


class StepLog(Tracer):
    """Writes what the harts do and what that changed; driven as a `Tracer` is.

    Args:
        write: receives lines, each ending in a newline.
    """

    def __init__(self, harts: Sequence[Hart], write: Callable[[str], object]) -> None:
        super().__init__(harts, write)
        self._before: tuple[int, ...] = ()

    def before(self, hart: Hart) -> None:
        super().before(hart)
        self._before = WORDS.unpack(hart.state)

    def _step(self, hart: Hart) -> str:
        now = WORDS.unpack(hart.state)
        pairs = zip(NAMES, self._before, now, strict=True)
        changes = [f"{name}={new:x}" for name, old, new in pairs if old != new and name in SHOWN]
        return f"{self._line}{' | ' + ' '.join(changes) if changes else ''}\n"
