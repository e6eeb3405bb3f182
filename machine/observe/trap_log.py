"""The last traps of all harts, in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from machine.hart.trapping import TrapRecord

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["TrapLog"]

KEPT = 1000


class TrapLog:
    """Keeps the last `KEPT` traps; a trap observer of every hart."""

    STATE = ("_records",)

    def __init__(self) -> None:
        self._records: deque[TrapRecord] = deque(maxlen=KEPT)

    def trapped(self, hart: Hart, record: TrapRecord) -> None:
        """Trap observer."""
        self._records.append(record)

    def last(self, count: int, hart: int | None = None) -> list[TrapRecord]:
        """The last ``count`` records, oldest first; of one hart or of all."""
        found = [r for r in self._records if hart is None or r.hart == hart]
        return found[-count:] if count else []

    def clear(self) -> None:
        """Forget all."""
        self._records.clear()
