"""The whole computer: harts, board, clock and observers; run, step, reset.

The run loop returns, it does not call back: whoever drives the machine loops over `Machine.run` and reads the
`RunExit`. Harts take turns of `Config.quantum` cycles; how a run is cut into calls changes nothing of what happens.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.board.virt import build
from machine.config import Config
from machine.csr.interrupts import pending
from machine.devices.finish import Finish
from machine.engine.engine import Engine, Halt
from machine.engine.reference import ReferenceEngine
from machine.hart.clock import Clock
from machine.hart.code import StoreGuard
from machine.hart.hart import Hart
from machine.hart.trapping import TrapRecord
from machine.hart.watch import Watches, WatchHit
from machine.isa.decode import Decoder
from machine.observe.catch import Catches, WorldSwitch
from machine.observe.trap_log import TrapLog
from machine.proposals import install
from machine.run_exit import ExitReason, RunExit
from machine.timers import TimerLines
from machine.wiring import Wiring

__all__ = ["Machine"]


class Machine:
    """A computer of one configuration; `boot` says what is in its memory when it comes out of reset.

    Args:
        config: the choices.
        console: receives what the guest writes to the UART.

    Attributes:
        harts: by number.
        board: memory and devices.
        watches, catches: where a debugger stops.
        traps: the last traps.
        boot: called at the end of `reset`, to fill memory and set the harts' first registers.
    """

    def __init__(self, config: Config, console: Callable[[bytes], None] = lambda data: None) -> None:
        self.config = config
        self.clock = Clock(config.cycles_per_tick, config.harts)
        self.guard, self.watches, self.catches, self.traps = StoreGuard(), Watches(), Catches(), TrapLog()
        self.boot: Callable[[Machine], None] = lambda machine: None
        self._interrupted = False
        self._turn, self._turn_left = 0, config.quantum
        self.wiring = Wiring(console)
        self.board = build(config.memory, config.harts, self.clock, self.wiring)
        self.bus, self.ram = self.board.bus, self.board.ram
        shared = (config, self.bus, self.ram, self.clock, self.guard, self.watches)
        self.harts = [Hart(number, *shared) for number in range(config.harts)]
        self.wiring.harts = self.harts
        self.engine: Engine = ReferenceEngine(Decoder(config.isa.extensions, config.proposal_names))
        for hart in self.harts:
            hart.trap_observers += [self.traps.trapped, self.catches.trapped]
            hart.mode_observers.append(self.catches.mode_changed)
            hart.time = self._mtime
            hart.deadlines = TimerLines(hart, self.board.aclint, self.clock).refresh
        install(config, self.harts)

    @property
    def finish(self) -> Finish | None:
        """The guest's last word, once it has ended the run."""
        return self.wiring.finished

    def _mtime(self) -> int:
        return self.board.aclint.mtime

    def reset(self) -> None:
        """Power-on state, then `boot`. Breakpoints, watchpoints and catches stay."""
        self.clock.cycles = 0
        self.wiring.finished = None
        self._interrupted = False
        self._turn, self._turn_left = 0, self.config.quantum
        self.guard.forget_code()
        self.traps.clear()
        for hart in self.harts:
            hart.reset(self.ram.base)
        self.board.reset()
        self.boot(self)

    def interrupt(self) -> None:
        """Make `run` return at the next turn; may be called from any thread."""
        self._interrupted = True

    def run(self, budget: int) -> RunExit:
        """Run all harts in turn for at most ``budget`` cycles in all (cycles in which a hart waits count too,
        except where every hart waits: then time jumps to the next timer)."""
        left = budget
        while left > 0:
            if self._interrupted:
                self._interrupted = False
                return RunExit(ExitReason.INTERRUPTED, self._turn, budget - left)
            if self.finish is not None:
                return RunExit(ExitReason.SHUTDOWN, self._turn, budget - left, self.finish)
            if all(_asleep(hart) for hart in self.harts) and not self._wake():
                return RunExit(ExitReason.IDLE, self._turn, budget - left)
            hart = self.harts[self._turn]
            halt, used = self._one_turn(hart, min(left, self._turn_left))
            left -= used
            self._pass_turn(used)
            if halt in (Halt.BREAKPOINT, Halt.STOP):
                return self._stopped(hart, halt, budget - left)
        return RunExit(ExitReason.BUDGET, self._turn, budget)

    def step(self, hart: int, cycles: int = 1) -> RunExit:
        """Run one hart alone; the others stand still while time passes."""
        chosen = self.harts[hart]
        if self.finish is not None:
            return RunExit(ExitReason.SHUTDOWN, hart, 0, self.finish)
        if all(_asleep(each) for each in self.harts) and not self._wake():
            return RunExit(ExitReason.IDLE, hart, 0)
        halt, used = self._one_turn(chosen, cycles)
        if halt in (Halt.BREAKPOINT, Halt.STOP):
            return self._stopped(chosen, halt, used)
        return RunExit(ExitReason.BUDGET, hart, used)

    def _one_turn(self, hart: Hart, cycles: int) -> tuple[Halt, int]:
        for other in self.harts:
            if other is not hart:
                other.state.reservation = 0  # as if the running hart had written to the reservation set
        if hart.state.stopped:
            hart.idle(cycles)
            return Halt.BUDGET, cycles
        halt, used = self.engine.run(hart, cycles)
        if halt is not Halt.IDLE:
            return halt, used
        if all(_asleep(each) for each in self.harts):
            return Halt.BUDGET, used
        until = hart.deadlines()
        waited = cycles - used if until is None else min(cycles - used, until)
        hart.idle(waited)
        return Halt.BUDGET, used + waited

    def _pass_turn(self, used: int) -> None:
        self._turn_left -= used
        if self._turn_left <= 0:
            self._turn = (self._turn + 1) % len(self.harts)
            self._turn_left = self.config.quantum

    def _wake(self) -> bool:
        """Every hart waits: jump from timer to timer until one wakes. False when no timer will.

        The turns begin anew then, so that it does not matter where in a turn the last hart fell asleep.
        """
        awake = [hart for hart in self.harts if not hart.state.stopped]
        while not sum(_roused(hart) for hart in awake):  # each is asked: several may wake at one tick
            known = [due for hart in awake if (due := hart.deadlines()) is not None]
            if not known:
                return False
            self.clock.cycles += min(known)
        self._turn, self._turn_left = 0, self.config.quantum
        return True

    def _stopped(self, hart: Hart, halt: Halt, cycles: int) -> RunExit:
        reason, hart.stop_reason = hart.stop_reason, None
        if isinstance(reason, WatchHit):
            return RunExit(ExitReason.WATCHPOINT, hart.number, cycles, reason)
        if isinstance(reason, TrapRecord | WorldSwitch):
            return RunExit(ExitReason.CAUGHT, hart.number, cycles, reason)
        if isinstance(reason, Finish):
            for other in self.harts:
                other.stop_reason = None
            return RunExit(ExitReason.SHUTDOWN, hart.number, cycles, reason)
        assert halt is Halt.BREAKPOINT, reason
        return RunExit(ExitReason.BREAKPOINT, hart.number, cycles)


def _asleep(hart: Hart) -> bool:
    return bool(hart.state.waiting or hart.state.stopped)


def _roused(hart: Hart) -> bool:
    """End the hart's wait when an interrupt that mie enables is pending."""
    hart.deadlines()
    if not pending(hart) & hart.state.mie:
        return False
    hart.state.waiting = 0
    hart.reconsider_interrupts()
    return True
