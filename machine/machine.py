"""The whole computer: harts, board, clock and observers; run, step, reset.

The run loop returns, it does not call back: whoever drives the machine loops over `Machine.run` and reads the
`RunExit`. Harts take turns of `Config.quantum` cycles; how a run is cut into calls changes nothing of what happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from machine.board.virt import build
from machine.config import Config
from machine.csr.interrupts import pending
from machine.devices.finish import Finish
from machine.engine.engine import Engine, Halt
from machine.engine.lockstep import Divergence
from machine.engine.reference import ReferenceEngine
from machine.hart.clock import Clock
from machine.hart.code import StoreGuard
from machine.hart.hart import Hart
from machine.hart.timers import TimerLines
from machine.hart.trapping import TrapRecord
from machine.hart.watch import Watches, WatchHit
from machine.history.snapshot import Follower, Snapshot
from machine.inputs import Inputs
from machine.isa.decode import Decoder
from machine.levels import LEVELS, Levels
from machine.observe.catch import Catches, VsTimerPending, WorldSwitch
from machine.observe.ledger import Ledger, LostInterrupt
from machine.observe.timer_latency import TimerLatency
from machine.observe.trap_log import TrapLog
from machine.observe.virtual_instructions import VirtualInstructions
from machine.observe.worlds import Worlds
from machine.proposals import install
from machine.run_exit import Detail, ExitReason, RunExit
from machine.user_space import MmioAccess, SbiCall, UserSpace
from machine.wiring import Wiring

__all__ = ["Machine"]

EXITS: dict[type, ExitReason] = {
    WatchHit: ExitReason.WATCHPOINT,
    TrapRecord: ExitReason.CAUGHT,
    WorldSwitch: ExitReason.CAUGHT,
    VsTimerPending: ExitReason.CAUGHT,
    LostInterrupt: ExitReason.CAUGHT,
    Finish: ExitReason.SHUTDOWN,
    MmioAccess: ExitReason.MMIO,
    SbiCall: ExitReason.SBI,
    Divergence: ExitReason.DIVERGED,
}
"""Why a run ends, by what asked a hart to stop."""


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
        virtual_instructions, timer_latency: what they cost; each measures when it is started.
        worlds: who shares the harts, once it is told to follow them.
        running: the hart whose turn is under way, or None between turns.
        inputs: interrupts from outside (`Hart.outside`, `Hart.wires`), as they were merged.
        user: what the embedder serves itself.
        followers: whoever else has something to keep in a snapshot: their ``STATE`` names it.
        ledger: of VS-level interrupts, once it is started.
        engine: what executes: the reference engine, which needs nothing and starts at once, until another one of
            `machine.engines.make_engine` takes its place. That may be at any instruction boundary.
        boot: called at the end of `reset`, to fill memory and set the harts' first registers.
    """

    STATE = ("_turn", "_turn_left")

    def __init__(self, config: Config, console: Callable[[bytes], None] = lambda data: None) -> None:
        self.config = config
        self.clock = Clock(config.cycles_per_tick, config.harts)
        self.watches, self.catches, self.traps = Watches(), Catches(), TrapLog()
        self.boot: Callable[[Machine], None] = lambda machine: None
        self._interrupted = False
        self.wiring = Wiring(console)
        self.running: Hart | None = None
        listener = self.wiring.timer_changed if config.irqchip == "user" else None
        self.board = build(config.memory, config.harts, self.clock, self.wiring, listener)
        self.bus, self.ram = self.board.bus, self.board.ram
        self.guard = StoreGuard(self.ram.size)
        shared = (config, self.bus, self.ram, self.clock, self.guard, self.watches)
        self.harts = [Hart(number, *shared) for number in range(config.harts)]
        self.wiring.harts = self.harts
        self.engine: Engine = ReferenceEngine(Decoder(config.isa.extensions, config.proposal_names))
        self._turn, self._turn_left = 0, self._turn_length
        timers = [TimerLines(hart, self.board.aclint, self.clock) for hart in self.harts]
        for hart, timer in zip(self.harts, timers, strict=True):
            hart.trap_observers += [self.traps.trapped, self.catches.trapped]
            hart.mode_observers.append(self.catches.mode_changed)
            hart.time = self._mtime
            hart.deadlines = timer.refresh
        install(config, self.harts)
        self.virtual_instructions, self.timer_latency = VirtualInstructions(self.harts), TimerLatency(self.harts)
        self.worlds = Worlds(self.harts)
        self.inputs = Inputs(self.harts, self.clock)
        self.inputs.halt = self.interrupt
        self.followers: list[Follower] = []
        self.ledger = Ledger(self.harts, self._running_hart, self.inputs, self.catches)
        self.user = UserSpace(self.bus, self._running_hart)
        self._levels = Levels(self.harts, timers, self.board, self._running_hart)

    @property
    def finish(self) -> Finish | None:
        """The guest's last word, once it has ended the run."""
        return self.wiring.finished

    @property
    def _turn_length(self) -> int:
        """Cycles of a turn. A single hart shares with nobody: its turns are as long as the engine likes them."""
        return self.config.quantum if len(self.harts) > 1 else self.engine.turn

    def _mtime(self) -> int:
        return self.board.aclint.mtime

    def _running_hart(self) -> Hart | None:
        return self.running

    def reset(self) -> None:
        """Power-on state, then `boot`. Breakpoints, watchpoints and catches stay."""
        self.clock.cycles = 0
        self.wiring.finished = None
        self._interrupted = False
        self._turn, self._turn_left = 0, self._turn_length
        self.guard.forget_code()
        self.traps.clear()
        self.virtual_instructions.clear()
        self.timer_latency.clear()
        self.worlds.clear()
        for hart in self.harts:
            hart.reset(self.ram.base)
        self.board.reset()
        self.inputs.reset()
        self.user.forget()
        self._levels.reset()
        self.ledger.reset()
        self.boot(self)

    def snapshot(self) -> Snapshot:
        """Everything that decides about the run to come, kept; to be called between runs.

        Cached translations are dropped, as a fence would, so that the run goes on as it does from `restore`.
        """
        return Snapshot.of(self)

    def restore(self, snapshot: Snapshot) -> None:
        """Be as at `snapshot`, in milliseconds. Breakpoints, watchpoints, catches, observers and the engine stay.

        Raises MachineError for a snapshot of another machine.
        """
        snapshot.put_back(self)
        self._interrupted = False

    def interrupt(self) -> None:
        """Make `run` return at the next turn; may be called from any thread."""
        self._interrupted = True

    def run(self, budget: int) -> RunExit:
        """Run all harts in turn for at most ``budget`` cycles in all (cycles in which a hart waits count too,
        except where every hart waits: then time jumps to the next timer)."""
        left = budget
        while left > 0:
            self.inputs.take()
            reason = self._reason_to_return()
            if reason is not None:
                return self._exit(reason, self._turn, budget - left, self.finish)
            hart = self.harts[self._turn]
            halt, used = self._one_turn(hart, min(left, self._turn_left, *self._ahead()))
            left -= used
            self._pass_turn(used)
            if halt in (Halt.BREAKPOINT, Halt.STOP) and (ended := self._stopped(hart, halt, budget - left)):
                return ended
        return self._exit(ExitReason.BUDGET, self._turn, budget)

    def _reason_to_return(self) -> ExitReason | None:
        """What ends a run between two turns."""
        if self._interrupted:
            self._interrupted = False
            return ExitReason.INTERRUPTED
        if self.finish is not None:
            return ExitReason.SHUTDOWN
        if self._levels.changed:
            return ExitReason.TIMER
        if all(_asleep(hart) for hart in self.harts) and not self._wake():
            return ExitReason.IDLE
        return None

    def _ahead(self) -> list[int]:
        """Cycles until something must happen between two turns: an input of a replay, a level's change."""
        due = [self.inputs.ahead(), self._levels.ahead() if self._levels.watching else None]
        return [cycles for cycles in due if cycles is not None]

    def _exit(self, reason: ExitReason, hart: int, cycles: int, detail: Detail = None) -> RunExit:
        """Whatever ends a run, it tells the levels."""
        self.inputs.sync()
        timers, devices = self._levels.report()
        return RunExit(reason, hart, cycles, detail, timers, devices)

    def step(self, hart: int, cycles: int = 1) -> RunExit:
        """Run one hart alone; the others stand still while time passes."""
        chosen = self.harts[hart]
        self.inputs.take()
        if self.finish is not None:
            return self._exit(ExitReason.SHUTDOWN, hart, 0, self.finish)
        if all(_asleep(each) for each in self.harts) and not self._wake():
            return self._exit(ExitReason.IDLE, hart, 0)
        began = self.clock.cycles
        halt, used = self._one_turn(chosen, cycles, single=cycles == 1)
        self.inputs.stepped(began, hart, used)
        if halt in (Halt.BREAKPOINT, Halt.STOP) and (ended := self._stopped(chosen, halt, used)):
            return ended
        return self._exit(ExitReason.BUDGET, hart, used)

    def _one_turn(self, hart: Hart, cycles: int, *, single: bool = False) -> tuple[Halt, int]:
        for other in self.harts:
            if other is not hart:
                other.state.reservation = 0  # as if the running hart had written to the reservation set
        if hart.state.stopped:
            hart.idle(cycles)
            return Halt.BUDGET, cycles
        self.running = hart
        if self.user.holds(hart):
            halt, used = self._complete_load(hart)
        else:
            halt, used = self.engine.step(hart) if single else self.engine.run(hart, cycles)
        self.running = None
        if halt is not Halt.IDLE:
            return halt, used
        if all(_asleep(each) for each in self.harts):
            return Halt.BUDGET, used
        until = hart.horizon()
        waited = cycles - used if until is None else min(cycles - used, until)
        hart.idle(waited)
        return Halt.BUDGET, used + waited

    def _complete_load(self, hart: Hart) -> tuple[Halt, int]:
        """The one instruction whose load is answered, before any interrupt: a load does not look at mie."""
        enabled, suspended = hart.state.mie, self.watches.suspended
        hart.state.mie, self.watches.suspended = 0, True
        halt, used = self.engine.run(hart, 1)
        hart.state.mie, self.watches.suspended = enabled, suspended
        hart.reconsider_interrupts()
        if used:
            self.user.forget()
        return halt, used

    def _pass_turn(self, used: int) -> None:
        self._turn_left -= used
        if self._turn_left <= 0:
            self._turn = (self._turn + 1) % len(self.harts)
            self._turn_left = self._turn_length

    def _wake(self) -> bool:
        """Every hart waits: jump from timer to timer until one wakes. False when no timer will.

        The turns begin anew then, so that it does not matter where in a turn the last hart fell asleep.
        """
        awake = [hart for hart in self.harts if not hart.state.stopped]
        while (
            not sum(_roused(hart) for hart in awake) and not self._levels.changed
        ):  # each is asked: several may wake at one tick
            known = [due for hart in awake if (due := hart.deadlines()) is not None]
            if not known:
                return False
            self.clock.cycles += min(known)
        self._turn = next((hart.number for hart in awake if hart.stop_reason is not None), 0)
        self._turn_left = self._turn_length
        return True

    def _stopped(self, hart: Hart, halt: Halt, cycles: int) -> RunExit | None:
        """The exit that a stop means; None where only the turn had to end."""
        reason, hart.stop_reason = hart.stop_reason, None
        if reason == LEVELS:
            return None
        if reason is None:
            assert halt is Halt.BREAKPOINT, reason
            return self._exit(ExitReason.BREAKPOINT, hart.number, cycles)
        if isinstance(reason, MmioAccess) and not reason.write:
            self.user.waiting = reason
        if isinstance(reason, Finish):
            for other in self.harts:
                other.stop_reason = None
        return self._exit(EXITS[type(reason)], hart.number, cycles, cast(Detail, reason))


def _asleep(hart: Hart) -> bool:
    return bool(hart.state.waiting or hart.state.stopped)


def _roused(hart: Hart) -> bool:
    """End the hart's wait when an interrupt that mie enables is pending. One that is to stop there waits no more."""
    hart.deadlines()
    if hart.stop_reason is not None:
        return True
    if not pending(hart) & hart.state.mie:
        return False
    hart.state.waiting = 0
    hart.reconsider_interrupts()
    return True
