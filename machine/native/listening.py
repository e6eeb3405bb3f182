"""Who listens to a hart: whether its traps may be entered without telling at once, and the telling afterwards."""

from __future__ import annotations

import ctypes

from machine.csr import access as csr_access
from machine.hart.hart import Hart
from machine.hart.timers import TimerLines
from machine.hart.trapping import TrapRecord
from machine.native.layout import Block, Record
from machine.observe.catch import Catches
from machine.observe.trap_log import KEPT, TrapLog
from machine.spec.modes import Mode
from machine.spec.rules import Reason

__all__ = ["Records", "may_look", "own_timers", "quiet"]


def quiet(hart: Hart) -> bool:
    """Whether nobody is to be told of a trap, a mode or an interrupt at its instruction: logs can wait.

    Event counters want to be told: of every change of mode.
    """
    if hart.events.active or hart.pending_observers or hart.csr_rule is not csr_access.check:
        return False
    if getattr(hart.deadlines, "__self__", None) is hart.vstip:
        return False
    # Asked at each entry into generated code, so in the form that Python runs fastest.
    for observe in hart.trap_observers:
        if not _can_wait(observe):
            return False
    return not hart.mode_observers or all(map(_can_wait, hart.mode_observers))


def _can_wait(observe: object) -> bool:
    observer = getattr(observe, "__self__", None)
    if isinstance(observer, Catches):
        return not (observer.causes or observer.worlds)
    return isinstance(observer, TrapLog)


def own_timers(hart: Hart) -> TimerLines | None:
    """The hart's timers, where nothing else has a say in when they are looked at."""
    timers = getattr(hart.deadlines, "__self__", None)
    return timers if isinstance(timers, TimerLines) and timers.drives else None


def may_look(hart: Hart) -> bool:
    """Whether generated code may look at the timers and take interrupts by itself."""
    return own_timers(hart) is not None and quiet(hart)


MODES = {int(mode): mode for mode in Mode}
REASONS = {int(reason): reason for reason in Reason}


class Records:
    """The ring of traps that generated code has entered."""

    def __init__(self, block: ctypes.Array[ctypes.c_uint64]) -> None:
        self._words = (ctypes.c_uint64 * (Record.SIZE * Record.SLOTS // 8))()
        self._block = block
        block[Block.RECORDS // 8] = ctypes.addressof(self._words)

    def tell(self, hart: Hart) -> None:
        """Tell the hart's observers of what has been entered since the last time: of the last `KEPT` at most, which
        is what a log keeps."""
        count = self._block[Block.RECORDED // 8]
        if not count:
            return
        self._block[Block.RECORDED // 8] = 0
        for number in range(max(0, count - KEPT), count):
            record = self._read(hart, number % Record.SLOTS)
            for observe in hart.trap_observers:
                observe(hart, record)

    def _read(self, hart: Hart, slot: int) -> TrapRecord:
        """The record, filled in past its constructor: many thousands are made each second."""
        begin = slot * Record.SIZE // 8
        record = object.__new__(TrapRecord)
        fields = record.__dict__
        fields.update(zip(Record.WORDS, self._words[begin : begin + len(Record.WORDS)], strict=True))
        fields["hart"] = hart.number
        fields["source"], fields["target"] = MODES[fields["source"]], MODES[fields["target"]]
        fields["reason"] = REASONS[fields["reason"]]
        return record
