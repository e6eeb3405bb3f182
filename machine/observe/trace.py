"""One line per instruction, and one per trap: what every hart did, in the machine's order.

The machine runs one cycle at a time, which changes nothing of what happens (`Machine.run`). A line is::

    count  hart mode  pc                bits      instruction
    trap:  >>> hart 0 VS to HS: virtual-instruction, pc 0x…, tval 0x…, rule …

The count is of lines; a cycle in which a hart only waits has none.
"""

from __future__ import annotations

from collections.abc import Callable
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
    from machine.machine import Machine
    from machine.run_exit import RunExit

__all__ = ["Tracer", "trap_line"]

MASK = (1 << 64) - 1
PAGE = 4096


class Tracer:
    """Runs a machine and writes what it does.

    Args:
        write: receives lines, each ending in a newline.
    """

    def __init__(self, machine: Machine, write: Callable[[str], object]) -> None:
        self._machine, self._write = machine, write
        self._count = 0
        self._next = 0
        self._traps: list[TrapRecord] = []
        for hart in machine.harts:
            hart.trap_observers.append(self._trapped)

    def close(self) -> None:
        """Listen no more."""
        for hart in self._machine.harts:
            hart.trap_observers.remove(self._trapped)

    def restarted(self) -> None:
        """The machine was reset: hart 0 has the first turn."""
        self._next = 0

    def run(self, budget: int) -> RunExit:
        """As `Machine.run`, with its lines; cycles counts all of this call's."""
        used = 0
        while True:
            hart = self._machine.harts[self._next]
            line, pc, asleep = self._describe(hart), hart.state.pc, hart.state.stopped or hart.state.waiting
            ended = self._machine.run(1)
            used += ended.cycles
            if ended.cycles and not (asleep and hart.state.pc == pc and not self._traps):
                self._report(line)
            self._next = ended.hart
            if ended.reason.value != "budget" or used >= budget:
                return type(ended)(ended.reason, ended.hart, used, ended.detail)

    def _trapped(self, hart: Hart, record: TrapRecord) -> None:
        self._traps.append(record)

    def _report(self, line: str) -> None:
        """An interrupt is taken in place of the instruction, an exception by it."""
        if not any(record.interrupt for record in self._traps):
            self._count += 1
            self._write(f"{self._count:>9} {line}\n")
        for record in self._traps:
            self._write(f"{trap_line(record)}\n")
        self._traps.clear()

    def _describe(self, hart: Hart) -> str:
        pc = hart.state.pc
        word = fetch(hart, pc)
        where = f"{hart.number} {hart.mode.label:<2} {pc:016x}"
        if word is None:
            return f"{where} {'-':<8} (no instruction can be fetched)"
        bits = f"{word:04x}" if is_compressed(word) else f"{word:08x}"
        return f"{where} {bits:<8} {disassemble(word, pc, _csr_name)}"


def fetch(hart: Hart, pc: int) -> int | None:
    """The bits of the instruction at ``pc``, 16 or 32 of them; None when its fetch raises an exception."""
    low = _halfword(hart, pc)
    if low is None or is_compressed(low):
        return low
    high = _halfword(hart, pc + 2 & MASK)
    return None if high is None else high << 16 | low


def _halfword(hart: Hart, address: int) -> int | None:
    physical = probe(hart, address, fetch_access(hart)).physical
    return None if physical is None else hart.ram.read(physical - hart.ram.base, 2)


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
