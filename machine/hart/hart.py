"""One hardware thread on numbers: the vocabulary of `machine.isa.vocabulary`, bound to state, memory and clock.

The hart owns no loop: an engine drives it. What belongs together stands in a file of its own: data accesses in
`port`, physical memory in `physical`, cached translations in `contexts`, taking traps in `trapping`.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any, NoReturn

from machine.bits import bits
from machine.config import Config
from machine.csr import access as csr_access
from machine.csr.access import reset_all
from machine.hart.clock import Clock
from machine.hart.code import StoreGuard
from machine.hart.contexts import Context, Contexts
from machine.hart.events import EventCounters
from machine.hart.pending import PendingInterrupts, Taken
from machine.hart.physical import PhysicalPort
from machine.hart.port import DataPort
from machine.hart.state import State
from machine.hart.trapping import TrapRecord
from machine.hart.vstip import VstipWatch
from machine.hart.watch import Watches
from machine.memory.bus import Bus
from machine.memory.ram import Ram
from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from machine.trap import exit as trap_exit
from machine.trap.trap import Trap, illegal

__all__ = ["Hart"]

MASK = (1 << 64) - 1
VS_LEVEL = (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI)
WIRES = (Interrupt.MTI, Interrupt.SEI, Interrupt.MEI)
"""What an embedder drives where the interrupt controller is its own."""


class Hart:
    """A hart: see `machine.isa.vocabulary.Hart` for the words.

    Attributes:
        number: mhartid.
        state: the flat block; ``state.pc`` is the truth whenever the hart is not running.
        time: the word that reads mtime.
        environment: serves traps to M-mode in place of firmware; True when it has dealt with one.
        trap_observers: called after each trap or interrupt has been entered.
        mode_observers: called after each change of mode, with the modes before and after.
        pending_observers: called where the pending interrupts may have changed: in an instruction (False), or at
            the engine's look at the timers between two (True).
        outside: VS-level interrupts that other threads, scripts and debuggers assert.
        wires: the lines that an embedder drives; none with the machine's own interrupt controller.
        events: the event counters, mhpmcounter3 and up.
        deadlines: cycles until a platform timer's level changes for this hart, or None; and refreshes its lines.
        csr_rule: who may access which CSR: the manual's rule, or a proposal's in its place.
        vstip: tells, where somebody listens, when hip.VSTIP rises and falls.
        attention: something asked for a look between instructions; the engine clears it.
        stop_reason: what asked the engine to stop, or None.
    """

    def __init__(
        self, number: int, config: Config, bus: Bus, ram: Ram, clock: Clock, guard: StoreGuard, watches: Watches
    ) -> None:
        self.number, self.config, self.bus, self.ram, self.clock = number, config, bus, ram, clock
        self.guard, self.watches = guard, watches
        self.state: Any = State()
        self.x, self.f = self.state.x, self.state.f
        self.pc = self.next = 0
        self.word = 0
        self.attention = False
        self.stop_reason: object | None = None
        self.time: Callable[[], int] = clock.now
        self.environment: Callable[[Hart, Trap], bool] | None = None
        self.csr_rule: Callable[[Hart, int, bool], None] = csr_access.check
        self.trap_observers: list[Callable[[Hart, TrapRecord], None]] = []
        self.mode_observers: list[Callable[[Hart, Mode, Mode], None]] = []
        self.pending_observers: list[Callable[[Hart, bool], None]] = []
        self.outside = PendingInterrupts("hvip", VS_LEVEL, "; the other lines are the interrupt controller's")
        own = "; with Config(irqchip='user') they are MTI, SEI and MEI, here the machine drives all of them"
        theirs = config.irqchip == "user"
        self.wires = PendingInterrupts("lines", WIRES if theirs else (), "" if theirs else own)
        self._observed = Mode.M
        self.vstip = VstipWatch(self)
        self.events = EventCounters(self)
        self.deadlines: Callable[[], int | None] = lambda: None
        self._steps: Iterator[None] = repeat(None, 0)
        self._batch = self._settled = 0
        self._contexts = Contexts()
        self.context = Context()
        self.code: dict[int, Any] = {}
        self.port, self.physical = DataPort(self), PhysicalPort(self)
        self.load, self.store = self.port.load, self.port.store
        self.amo_load, self.amo_store = self.port.amo_load, self.port.amo_store
        self.amo_load_pair, self.amo_store_pair = self.port.amo_load_pair, self.port.amo_store_pair
        self.manage_block, self.zero_block = self.port.manage_block, self.port.zero_block
        self.load_reserved, self.store_conditional = self.port.load_reserved, self.port.store_conditional
        self.guest_load, self.guest_store = self.port.guest_load, self.port.guest_store
        self.pte_load, self.pte_store = self.physical.pte_load, self.physical.pte_store
        guard.page_guarded.append(self._forget_stores)
        guard.code_written.append(self._code_written)
        guard.code_forgotten.append(self._forget_code)
        self.reset(0)

    def reset(self, pc: int) -> None:
        """The manual's reset state: M-mode at ``pc``, registers 0, CSRs at their reset values."""
        ctypes.memset(ctypes.addressof(self.state), 0, ctypes.sizeof(State))
        self.state.mhartid, self.state.priv, self.state.pc = self.number, Mode.M, pc
        reset_all(self)
        self.outside.clear()
        self.wires.clear()
        self.vstip.forget()
        self.events.refresh()
        self.stop_reason = None
        self.forget_translations()
        self.context_changed()

    def restore(self, block: bytes) -> None:
        """Take over a flat block that was kept. Whatever was cached is dropped; nobody is told of a change of mode."""
        ctypes.memmove(ctypes.addressof(self.state), block, ctypes.sizeof(State))
        self.begin(0)
        self.pc = self.next = self.state.pc
        self.events.refresh()
        self.stop_reason = None
        self._observed = self.mode
        self.forget_translations()
        self.context_changed()
        self.attention, self.code = True, {}

    # --- control flow -------------------------------------------------------------------------------------------

    def jump(self, target: int) -> None:
        target &= MASK
        if target & 3 and not self.config.isa.has("C"):
            raise Trap(Cause.FETCH_MISALIGNED, target, gva=self.state.virt, reason=Reason.MISALIGNED)
        self.next = target

    def return_from_m(self) -> None:
        self.complete()
        trap_exit.return_from_m(self)

    def return_from_s(self) -> None:
        self.complete()
        trap_exit.return_from_s(self)

    def wait(self) -> None:
        self.state.waiting = 1
        self.reconsider_interrupts()

    def illegal(self) -> NoReturn:
        raise illegal(Reason.UNKNOWN_ENCODING)

    # --- CSRs ---------------------------------------------------------------------------------------------------

    def csr_check(self, number: int, write: bool) -> None:
        self.settle()
        self.csr_rule(self, number, write)

    def csr_read(self, number: int) -> int:
        return csr_access.read(self, number)

    def csr_read_for_update(self, number: int) -> int:
        return csr_access.read_for_update(self, number)

    def csr_write(self, number: int, value: int) -> None:
        csr_access.write(self, number, value & MASK)

    # --- floating point -----------------------------------------------------------------------------------------

    def require_fp(self) -> None:
        """FS Off in mstatus, or in vsstatus while V=1: always illegal (rule H_illegalinst_xstatus_fs_vs)."""
        state = self.state
        if bits(state.mstatus, status.FS + 1, status.FS) == 0:
            raise illegal(Reason.FP_OFF)
        if state.virt and bits(state.vsstatus, status.FS + 1, status.FS) == 0:
            raise illegal(Reason.FP_OFF)

    def dirty_fp(self) -> None:
        state = self.state
        state.mstatus |= 3 << status.FS
        if state.virt:
            state.vsstatus |= 3 << status.FS

    # --- translation and caches ---------------------------------------------------------------------------------

    def physical_refusal(self, address: int, size: int, kind: int, privilege: int) -> int:
        return self.physical.table_refusal(address, size, kind)

    def staged(self, stage: str, address: int) -> None:
        """Nobody listens here; an explaining hart does (`machine.observe.explain`)."""

    def walked(self, stage: str, level: int, slot: int, where: int, pte: int) -> None:
        """Nobody listens here."""

    def fence_i(self) -> None:
        """Decoded instructions are coherent at every store (`machine.hart.code`): nothing is left to do."""

    def forget_stage(self, stage: int, space: int) -> None:
        self._contexts.forget_stage(stage, space, self.state.hgatp)

    def forget_translations(self) -> None:
        self.physical.forget()
        self._contexts.forget()

    def forget_instruction(self, address: int) -> None:
        """Look at the instruction at a virtual address anew, in every world: a breakpoint has come there."""
        self._contexts.forget_instruction(address)

    def _code_written(self, page: int) -> None:
        """Tables are by virtual address: nobody knows which entries are the page's."""
        self._forget_code()

    def use_translations(self, contexts: Contexts) -> Contexts:
        """Cache translations in ``contexts`` from now on; gives those used before. The hart is not running."""
        before, self._contexts = self._contexts, contexts
        self.context_changed()
        return before

    def _forget_code(self) -> None:
        self._contexts.forget_code()

    def _forget_stores(self) -> None:
        self._contexts.forget_stores()

    def context_changed(self) -> None:
        context = self.context = self._contexts.select(self.state)
        self.port.loads, self.port.stores = context.loads, context.stores
        self.code = {} if self.attention else context.code
        if self.mode_observers:
            self._mode_changed()

    def _mode_changed(self) -> None:
        source, self._observed = self._observed, self.mode
        if source is not self._observed:
            for observe in self.mode_observers:
                observe(self, source, self._observed)

    # --- between instructions -----------------------------------------------------------------------------------

    def reconsider_interrupts(self) -> None:
        """An empty code table makes the engine's next look-up fail, so the running loop pays nothing for this."""
        self.attention = True
        self.code = {}
        for observe in self.pending_observers:
            observe(self, False)

    def merge(self, taken: Taken) -> None:
        """Take what was asked for from outside; the hart stands between instructions."""
        setattr(self.state, taken.register, taken.merged(getattr(self.state, taken.register)))
        self.reconsider_interrupts()

    def request_stop(self, reason: object) -> None:
        """Stop before the next instruction; the first reason counts."""
        if self.stop_reason is None:
            self.stop_reason = reason
        self.reconsider_interrupts()

    def attend(self) -> None:
        """The engine has looked: use the context's code table again."""
        self.attention = False
        self.code = self.context.code

    # --- counting -----------------------------------------------------------------------------------------------

    def begin(self, cycles: int) -> Iterator[None]:
        """Start a batch of ``cycles``; the returned iterator counts them, and its remainder says how many are done."""
        self._batch, self._settled = cycles, 0
        self._steps = repeat(None, cycles)
        return self._steps

    def inside(self, done: int) -> None:
        """As if the instruction under way were one of a batch of which ``done`` cycles are done, and counted."""
        self._batch, self._settled, self._steps = done + 1, done, repeat(None, 0)

    def settle(self, behind: int = 1) -> int:
        """Bring mcycle, minstret and the clock up to date; gives the cycles of the batch that are done.

        Args:
            behind: 1 inside an instruction, which is not complete yet; 0 between instructions.
        """
        done = self._batch - operator.length_hint(self._steps) - behind
        fresh = done - self._settled
        if fresh > 0:
            self._settled = done
            self.clock.cycles += fresh
            self.count(fresh)
        return done

    def count(self, cycles: int) -> None:
        """Advance the counters by cycles of the present mode that retired an instruction each."""
        inhibited = self.state.mcountinhibit
        if not inhibited & 1:
            self.state.mcycle += cycles
        if not inhibited & 4:
            self.state.minstret += cycles
        if self.events.active:
            self.events.count(cycles)

    def idle(self, cycles: int) -> None:
        """Let cycles pass without instructions."""
        self.clock.cycles += cycles
        if not self.state.mcountinhibit & 1:
            self.state.mcycle += cycles
        if self.events.active:
            self.events.idle(cycles)

    def unretire(self) -> None:
        """The current cycle retires no instruction: it trapped, or it was an interrupt's."""
        if not self.state.mcountinhibit & 4:
            self.state.minstret -= 1
        if self.events.active:
            self.settle()
            self.events.unretire()

    def complete(self) -> None:
        """Count the current instruction as done, where event counters are to see it in the present state."""
        if self.events.active:
            self.settle(behind=0)

    def events_changed(self) -> None:
        self.events.refresh()
        self.reconsider_interrupts()

    def horizon(self) -> int | None:
        """Cycles until timers or an event counter want a look, or None."""
        limit = self.deadlines()
        overflow = self.events.until_overflow() if self.events.active else None
        return min((due for due in (limit, overflow) if due is not None), default=None)

    @property
    def mode(self) -> Mode:
        """The current mode."""
        return Mode.of(self.state.priv, self.state.virt)
