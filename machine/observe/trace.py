"""One line per instruction, and one per trap: what every hart did, in the machine's order.

A line is "count hart mode pc bits instruction"; a trap's, indented, is ">>> hart mode to mode: cause, pc, tval, gpa,
the clause of the manual". The count is of instructions tried; a cycle in which a hart only waits has no line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from machine.csr.file import BY_NUMBER
from machine.hart.trapping import TrapRecord
from machine.isa.decode import is_compressed
from machine.isa.disassemble import disassemble
from machine.memory.access import fetch_access
from machine.observe.probe import probe
from machine.spec.causes import cause_name
from machine.spec.rules import Reason

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Tracer", "trap_line"]

MASK = (1 << 64) - 1
PAGE = 4096


class Tracer:
    """Writes what the harts do; whoever drives the machine calls `before` and `after` around each cycle.

    Args:
        write: receives lines, each ending in a newline.
    """

    def __init__(self, harts: Sequence[Hart], write: Callable[[str], object]) -> None:
        self._harts, self._write = harts, write
        self._count = 0
        self._line, self._pc, self._asleep = "", 0, False
        self._traps: list[TrapRecord] = []
        for hart in harts:
            hart.trap_observers.append(self._trapped)

    def close(self) -> None:
        """Listen no more."""
        for hart in self._harts:
            hart.trap_observers.remove(self._trapped)

    def before(self, hart: Hart) -> None:
        """``hart`` has the next cycle: note where it stands, and what it is about to run."""
        self._line, self._pc = _describe(hart), hart.state.pc
        self._asleep = bool(hart.state.stopped or hart.state.waiting)

    def after(self, hart: Hart) -> None:
        """The cycle has passed. An interrupt is taken in place of the instruction, an exception by it."""
        slept = self._asleep and hart.state.pc == self._pc and not self._traps
        if not slept and not any(record.interrupt for record in self._traps):
            self._count += 1
            self._write(self._step(hart))
        for record in self._traps:
            self._write(f"{trap_line(record)}\n")
        self._traps.clear()

    def _step(self, hart: Hart) -> str:
        """The line of the instruction that the hart has tried."""
        return f"{self._count:>9} {self._line}\n"

    def _trapped(self, hart: Hart, record: TrapRecord) -> None:
        self._traps.append(record)


def _describe(hart: Hart) -> str:
    pc = hart.state.pc
    word = fetch(hart, pc)
    where = f"{hart.number} {hart.mode.label:<2} {pc:016x}"
    if word is None:
        return f"{where} {'-':<8} (no instruction can be fetched)"
    bits = f"{word:04x}" if is_compressed(word) else f"{word:08x}"
    return f"{where} {bits:<8} {_text(word, pc)}"


@lru_cache(maxsize=1 << 16)
def _text(word: int, pc: int) -> str:
    return disassemble(word, pc, _csr_name)


def fetch(hart: Hart, pc: int) -> int | None:
    """The bits of the instruction at ``pc``, 16 or 32 of them; None when its fetch raises an exception."""
    low = _physical(hart, pc)
    if low is None or is_compressed(hart.ram.read(low, 2)):
        return None if low is None else hart.ram.read(low, 2)
    if pc % PAGE != PAGE - 2:
        return hart.ram.read(low, 4)
    high = _physical(hart, pc + 2 & MASK)
    return None if high is None else hart.ram.read(high, 2) << 16 | hart.ram.read(low, 2)


def _physical(hart: Hart, address: int) -> int | None:
    """The place in main memory that a fetch from ``address`` reads."""
    found = probe(hart, address, fetch_access(hart)).physical
    return None if found is None else found - hart.ram.base


def _csr_name(number: int) -> str | None:
    register = BY_NUMBER.get(number)
    return register.name if register is not None else None


def trap_line(record: TrapRecord) -> str:
    """A trap in one line."""
    parts = [f"pc {record.pc:#x}", f"tval {record.tval:#x}"]
    if record.gpa:
        parts.append(f"gpa {record.gpa:#x}")
    if record.reason != Reason.NONE:
        parts.append(f"because {record.reason.name}")
    way = f"{record.source.label} to {record.target.label}"
    return f"{'>>>':>9} {record.hart} {way}: {cause_name(record.cause)}, {', '.join(parts)}"
