"""The native engine: generated code for what is compiled, the reference engine's step for the rest."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import machine
from machine.config import Config
from machine.engine.engine import Halt
from machine.engine.reference import Breakpoint, ReferenceEngine
from machine.hart.hart import Hart
from machine.hart.watch import Watched
from machine.isa.decode import Decoder
from machine.memory.access import FETCH, fetch_access
from machine.memory.translate import translate
from machine.native.cache import Cache, digest_of
from machine.native.image import Code
from machine.native.layout import Block, Exit
from machine.native.listening import may_look
from machine.native.loading import load
from machine.native.pages import CodePages
from machine.native.shapes import CATALOGUE, HANDLERS, read_catalogue
from machine.native.surroundings import Surroundings
from machine.native.tables import Tables, tables_of
from machine.spec import status
from machine.spec.rules import Reason
from machine.trap.trap import Trap

__all__ = ["NativeEngine", "key_of"]

ENTER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)
TAKEABLE = ctypes.PYFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64)
LONGEST = 1 << 40
"""Cycles of one entry into generated code."""


def key_of(config: Config) -> tuple[str, ...]:
    """What decides about the generated code: the sources, and what is static of the machine."""
    return (digest_of(machine), *sorted(config.isa.extensions), repr((config.misaligned, config.proposals)))


def _generate(config: Config) -> str:
    from machine.native.handlers import generate  # what makes code is not needed where there is some

    return generate(config)


class NativeEngine(ReferenceEngine):
    """See `machine.engine.engine.Engine`: one for all harts of a machine.

    Args:
        config: of the machine; what is static in it is compiled in.
        cache: where compiled code is kept; None compiles anew.
        progress: receives a line when it has to compile.
    """

    name = "native"
    turn = 2_000_000

    def __init__(
        self, config: Config, cache: Cache | None = None, progress: Callable[[str], None] = lambda line: None
    ) -> None:
        decoder = Decoder(config.isa.extensions, config.proposal_names)
        super().__init__(decoder)
        self._single = ReferenceEngine(decoder)
        self._code: Code = load(lambda: _generate(config), key_of(config), cache, progress)
        self._enter = ENTER(self._code.address("enter"))
        self._takeable = TAKEABLE(self._code.address("takeable"))
        catalogue = read_catalogue(self._code.string(CATALOGUE))
        table = (ctypes.c_uint64 * len(catalogue)).from_address(self._code.address(HANDLERS))
        self._handlers = dict(zip(catalogue, table, strict=True))
        self._pages: CodePages | None = None
        self.exits = [0] * 8
        """How often generated code came back, by `Exit`."""

    def step(self, hart: Hart) -> tuple[Halt, int]:
        """See `machine.engine.engine.Engine.step`: entering generated code costs more than one instruction does."""
        return self._single.run(hart, 1)

    def _interrupted(self, hart: Hart) -> bool:
        """Generated code says quickly that nothing is to be taken, which is the rule; or looks as it is entered."""
        if _looks(hart):
            return False
        self._code_pages(hart)
        hart.attend()
        self._surroundings.update(hart, 0)
        answer = self._takeable(ctypes.addressof(hart.state), ctypes.addressof(self._block), 0)
        if answer > 1:
            return super()._interrupted(hart)
        if answer:
            hart.state.waiting = 0
        return False

    def _batch(self, hart: Hart, cycles: int) -> int:
        """Run until the cycles are used or something asks for attention; gives the cycles used."""
        pages = self._code_pages(hart)
        pages.stop_at(hart.watches.breakpoints)
        hart.state.pc = hart.next
        left = cycles
        while left and self._goes_on(hart):
            left -= self._run(hart, min(left, LONGEST))
            if not left or self._prepared(hart, pages):
                continue
            if self._block[Block.REASON // 8] == Exit.ATTENTION:
                break
            try:
                left -= self._step(hart)
            except (Breakpoint, Watched):
                hart.inside(cycles - left)
                raise
        hart.next = hart.state.pc
        return cycles - left

    def _span(self, hart: Hart, left: int) -> int:
        """All of it where generated code looks at the timers."""
        return left if _looks(hart) else super()._span(hart, left)

    @staticmethod
    def _goes_on(hart: Hart) -> bool:
        """Whether to go on: what asks for attention is seen by generated code, unless it asks to stop."""
        if hart.attention:
            if hart.stop_reason is not None or not may_look(hart):
                return False
            hart.attend()
        return True

    def _code_pages(self, hart: Hart) -> CodePages:
        if self._pages is None:
            self._surroundings = Surroundings(hart.ram, hart.guard)
            self._ram, self._block = self._surroundings.host, self._surroundings.block
            self._pages = CodePages(hart.ram, hart.guard, self._handlers, self._block)
        return self._pages

    def _run(self, hart: Hart, cycles: int) -> int:
        """Generated code, from the hart's pc until it comes back; gives the cycles used."""
        state, block = hart.state, self._block
        tables = self._tables(hart)
        self._surroundings.update(hart, cycles)
        self._enter(ctypes.addressof(state), state.pc, cycles, tables.address, ctypes.addressof(block))
        done = cycles - block[Block.BUDGET // 8] - block[Block.RESERVE // 8]
        self.exits[block[Block.REASON // 8]] += 1
        hart.clock.cycles += done
        fresh = hart.clock.cycles - block[Block.SETTLED // 8]
        hart.count(fresh)
        if block[Block.CONTEXT // 8] != tables.address:
            hart.context_changed()
        if block[Block.REASON // 8] == Exit.FENCE:
            hart.forget_stage(block[Block.FENCE // 8], block[Block.FENCE_SPACE // 8])
        self._surroundings.records.tell(hart)
        return done

    def _tables(self, hart: Hart) -> Tables:
        return tables_of(hart, self._ram, self._pages)

    def _prepared(self, hart: Hart, pages: CodePages) -> bool:
        """Provide what generated code lacked; False where it is to be stepped over."""
        reason, pc = self._block[Block.REASON // 8], hart.state.pc
        if reason == Exit.FENCE:
            return True  # it has been carried out already, for the budget may have ended with it
        if reason == Exit.PAGE:
            pages.at(self._block[Block.ADDRESS // 8] - hart.ram.base)
            return True
        if reason == Exit.CONTEXT:
            hart.context_changed()
            self._surroundings.install(hart, self._tables(hart))
            hart.reconsider_interrupts()  # generated code looks at them behind the context, and had none
            return True
        return reason == Exit.FETCH and self._mapped(hart, pages, pc)

    def _mapped(self, hart: Hart, pages: CodePages, pc: int) -> bool:
        """Map the page at ``pc`` for execution, where every instruction of it may be fetched."""
        if pc & 1 or pc in hart.watches.breakpoints:
            return False
        access = fetch_access(hart)
        try:
            page = translate(hart, pc, access, 0) & -4096
        except Trap:
            return False  # the reference engine's fetch raises it again
        physical = hart.physical
        if physical.refusal(page, 4096, FETCH, access.privilege) != Reason.NONE or not physical.whole_page(page):
            return False
        self._tables(hart).fill_code(pc, pages.at(page - hart.ram.base))
        return True

    def _step(self, hart: Hart) -> int:
        """One instruction as the reference engine runs it."""
        tables, context = self._tables(hart), hart.context
        missed = self._block[Block.REASON // 8] == Exit.MISS
        hart.pc = hart.next = hart.state.pc
        used = super()._batch(hart, 1)
        hart.state.pc = hart.next
        if missed:
            tables.fill(context, self._block[Block.ADDRESS // 8])
        return used


def _looks(hart: Hart) -> bool:
    """Whether generated code looks at the timers and interrupts as soon as it is entered, and it will be entered.

    It leaves an interrupt that would be a double trap to the reference engine, and so is told not to look.
    """
    return may_look(hart) and not hart.state.waiting and not _may_trap_twice(hart)


def _may_trap_twice(hart: Hart) -> int:
    state = hart.state
    return int(state.menvcfg >> status.ENVCFG_DTE & (state.mstatus | state.vsstatus) >> status.SDT & 1)
