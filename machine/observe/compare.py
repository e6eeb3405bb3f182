"""Two runs of one guest, trap by trap: where they differ, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from machine.hart.trapping import TrapRecord

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Difference", "TrapRecorder", "differences"]

AHEAD, MEETING = 64, 4
"""Traps."""


class TrapRecorder:
    """Keeps every trap of the harts, from the first to the last."""

    def __init__(self, harts: Sequence[Hart]) -> None:
        self.records: list[TrapRecord] = []
        for hart in harts:
            hart.trap_observers.append(self._trapped)

    def _trapped(self, hart: Hart, record: TrapRecord) -> None:
        self.records.append(record)


@dataclass(frozen=True)
class Difference:
    """A trap of one run and what stands in its place in the other; None for nothing."""

    first: TrapRecord | None
    second: TrapRecord | None


def differences(first: Sequence[TrapRecord], second: Sequence[TrapRecord]) -> list[Difference]:
    """What the second run did otherwise. Interrupts are left out: when one comes is a matter of time, not of a rule.

    Where the runs part, they are taken to meet again at the next `MEETING` traps that agree, looked for `AHEAD` of the
    parting: the work grows with the runs, not with their square.
    """
    one, other = _exceptions(first), _exceptions(second)
    found: list[Difference] = []
    at, beside = 0, 0
    while at < len(one) or beside < len(other):
        if at < len(one) and beside < len(other) and _key(one[at]) == _key(other[beside]):
            at, beside = at + 1, beside + 1
            continue
        skipped, missed = _parted(one[at : at + AHEAD], other[beside : beside + AHEAD])
        skipped, missed = _held_back(skipped, missed, len(one) - at, len(other) - beside)
        found += _paired(one[at : at + skipped], other[beside : beside + missed])
        at, beside = at + skipped, beside + missed
    return found


def _parted(first: Sequence[TrapRecord], second: Sequence[TrapRecord]) -> tuple[int, int]:
    """How many traps of each run stand before the nearest place where both agree again; all where there is none."""
    one, other = [_key(record) for record in first], [_key(record) for record in second]
    for apart in range(1, len(one) + len(other) + 1):
        for skipped in range(max(0, apart - len(other)), min(apart, len(one)) + 1):
            missed = apart - skipped
            if one[skipped : skipped + MEETING] == other[missed : missed + MEETING]:
                return skipped, missed
    return len(one), len(other)


def _held_back(skipped: int, missed: int, left: int, left_beside: int) -> tuple[int, int]:
    """What ends one run may be met further on in the other: nothing is taken of a run that would end alone."""
    if skipped == left and missed and missed != left_beside:
        return 0, missed
    if missed == left_beside and skipped and skipped != left:
        return skipped, 0
    return skipped, missed


def _exceptions(records: Sequence[TrapRecord]) -> list[TrapRecord]:
    return [record for record in records if not record.interrupt]


def _key(record: TrapRecord) -> tuple[Any, ...]:
    return record.hart, record.pc, record.source, record.target, record.cause, record.instruction


def _place(record: TrapRecord) -> tuple[int, int, int]:
    return record.hart, record.pc, record.source


def _paired(first: Sequence[TrapRecord], second: Sequence[TrapRecord]) -> Iterator[Difference]:
    """Traps of the same instruction beside each other, what only one run has alone."""
    matcher = SequenceMatcher(None, [_place(r) for r in first], [_place(r) for r in second], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(first[a:b], second[c:d], strict=True)
            yield from (Difference(one, other) for one, other in pairs if _key(one) != _key(other))
        else:
            yield from (Difference(one, None) for one in first[a:b])
            yield from (Difference(None, other) for other in second[c:d])
