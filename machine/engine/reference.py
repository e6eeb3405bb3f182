"""The reference engine: the stanzas run directly on Python integers. The oracle; needs nothing but Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machine.csr.interrupts import pending
from machine.engine.engine import Halt
from machine.hart.hart import Hart
from machine.hart.trapping import take_interrupt, take_trap
from machine.hart.watch import Watched
from machine.isa.decode import Decoder
from machine.memory.access import FETCH, fetch_access
from machine.memory.faults import access_fault
from machine.memory.translate import translate
from machine.spec.rules import Reason
from machine.trap.interrupts import NO_INTERRUPT, select
from machine.trap.trap import Trap, illegal

__all__ = ["ReferenceEngine"]

PAGE = 4096
GRAIN = 4
"""Protection changes at multiples of it: the halves of an instruction that straddles one are looked up apart."""
Entry = tuple[Callable[[Any, Any], None], Any, int]


class Breakpoint(Exception):
    """The instruction about to run has a breakpoint."""


class ReferenceEngine:
    """See `machine.engine.engine.Engine`."""

    name = "reference"
    turn = 5_000

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def run(self, hart: Hart, budget: int) -> tuple[Halt, int]:
        """See `machine.engine.engine.Engine.run`."""
        hart.pc = hart.next = hart.state.pc
        left = budget
        halt = Halt.BUDGET
        while left > 0:
            span = self._span(hart, left)
            if hart.stop_reason is not None:
                halt = Halt.STOP
                break
            if self._interrupted(hart):
                left -= 1
            elif hart.state.waiting:
                halt = Halt.IDLE
                break
            else:
                try:
                    left -= self._batch(hart, span)
                except Breakpoint:
                    left -= hart.settle()
                    halt = Halt.BREAKPOINT
                    break
                except Watched as watched:
                    left -= hart.settle()
                    hart.next = hart.pc
                    hart.request_stop(watched.hit)
            if hart.stop_reason is not None:
                halt = Halt.STOP
                break
        hart.state.pc = hart.next
        return halt, budget - left

    def step(self, hart: Hart) -> tuple[Halt, int]:
        """See `machine.engine.engine.Engine.step`."""
        return self.run(hart, 1)

    def _span(self, hart: Hart, left: int) -> int:
        """Look at the timers; gives the cycles that a batch may take of those left until they want another look."""
        limit = hart.horizon()
        return left if limit is None else min(left, limit)

    def _interrupted(self, hart: Hart) -> bool:
        """Look at the pending interrupts: end WFI, and take one if one can be taken (a cycle of its own)."""
        hart.attend()
        enabled = hart.state.mie
        candidates = pending(hart) & enabled if enabled else 0
        if not candidates:
            return False
        hart.state.waiting = 0
        code = select(hart, candidates)
        if code == NO_INTERRUPT:
            return False
        next(hart.begin(1))
        hart.pc = hart.next
        take_interrupt(hart, code)
        hart.settle(behind=0)
        return True

    def _batch(self, hart: Hart, cycles: int) -> int:
        """Run until the cycles are used or something asks for attention; gives the cycles used."""
        steps = hart.begin(cycles)
        pc = hart.next
        for _ in steps:
            entry = hart.code.get(pc)
            try:
                if entry is None:
                    if hart.attention:
                        return hart.settle()
                    hart.pc = pc
                    entry = self._fetch(hart, pc)
                meaning, operands, hart.next = entry
                hart.pc = pc
                meaning(hart, operands)
            except Trap as trap:
                hart.pc = pc
                if entry is not None:
                    hart.word = entry[1].word
                take_trap(hart, trap)
            pc = hart.next
        return hart.settle(behind=0)

    def _fetch(self, hart: Hart, pc: int) -> Entry:
        """Translate, decode and remember the instruction at ``pc``; it raises what the fetch raises."""
        if pc in hart.watches.breakpoints:
            raise Breakpoint
        hart.word = 0
        access = fetch_access(hart)
        first = self._locate(hart, pc, access, 0)
        word = hart.ram.read(first, 2)
        spans = [(first, 2)]
        if word & 3 == 3:
            second = first + 2 if (pc + 2) % GRAIN else self._locate(hart, (pc + 2) & (1 << 64) - 1, access, 2)
            word |= hart.ram.read(second, 2) << 16
            spans.append((second, 2))
        hart.word = word
        decoded = self._decoder.decode(word)
        if decoded is None:
            raise illegal(Reason.UNKNOWN_ENCODING)
        entry = (_meaning(decoded), decoded.operands, (pc + decoded.length) & (1 << 64) - 1)
        if hart.physical.whole_page(first + hart.ram.base & -PAGE):
            for offset, length in spans:
                hart.guard.add_code(offset, length)
            hart.code[pc] = entry
        return entry

    def _locate(self, hart: Hart, address: int, access: Any, offset: int) -> int:
        """RAM offset of two bytes of an instruction."""
        physical = translate(hart, address, access, offset)
        reason = hart.physical.refusal(physical, 2, FETCH, access.privilege)
        if reason != Reason.NONE:
            raise access_fault(access, address, offset, reason)
        return physical - hart.ram.base


def _meaning(decoded: Any) -> Callable[[Any, Any], None]:
    """The stanza; when it may write x0, followed by making x0 zero again."""
    meaning: Callable[[Any, Any], None] = decoded.instruction.meaning
    if decoded.operands.rd:
        return meaning

    def discarding(h: Any, i: Any) -> None:
        meaning(h, i)
        h.x[0] = 0

    return discarding
