"""Interrupts from outside on their way into the harts: merged between turns, recorded, and given again in a replay.

Producers (`Hart.outside`, `Hart.wires`) ring from any thread; whoever drives the machine merges what they asked, at an
instruction boundary. The boundary is recorded as the machine's cycle, so that a replay from the same start, with the
same inputs, is the same run. What else decides about a run is recorded beside them: typed bytes, steps of one hart
among several, and where cached translations were dropped (`machine.history.replay` does it all again).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from machine.errors import MachineError
from machine.hart.clock import Clock
from machine.hart.hart import Hart
from machine.hart.pending import PendingInterrupts, Taken
from machine.memory.pages import PAGE

__all__ = ["Altered", "Fence", "Halting", "Input", "Inputs", "Recorded", "Stepped", "Typed"]


@dataclass(frozen=True)
class Input:
    """What one hart was given between two instructions.

    Attributes:
        cycle: of the machine, at the boundary.
        hart: its number.
        taken: what was merged.
    """

    cycle: int
    hart: int
    taken: Taken


@dataclass(frozen=True)
class Typed:
    """Bytes that the terminal sent at a cycle."""

    cycle: int
    data: bytes


@dataclass(frozen=True)
class Stepped:
    """`Machine.step` ran one hart of several alone, from ``cycle`` on, for ``cycles``."""

    cycle: int
    hart: int
    cycles: int


@dataclass(frozen=True)
class Fence:
    """Every hart's cached translations were dropped at a cycle: a snapshot was taken."""

    cycle: int


@dataclass(frozen=True)
class Altered:
    """A hand at the machine: what `Inputs.by_hand` has seen changed at a cycle.

    Attributes:
        blocks: flat blocks by number of the hart.
        pages: memory's pages by offset.
    """

    cycle: int
    blocks: dict[int, bytes]
    pages: dict[int, bytes]


@dataclass(frozen=True)
class Halting:
    """A replay ends its run at this cycle."""

    cycle: int


Recorded = Input | Typed | Stepped | Fence | Altered


class Inputs:
    """The way in for all harts of a machine.

    Attributes:
        recorded: everything since reset, in order.
        observers: called with each input behind its merging.
        terminal: takes the typed bytes of a replay, as it took them then.
        halt: called where a replay is to halt.
    """

    STATE = ("recorded", "_replayed")

    def __init__(self, harts: Sequence[Hart], clock: Clock) -> None:
        self._harts, self._clock = harts, clock
        self._calling: dict[tuple[int, str], PendingInterrupts] = {}
        self._replayed: deque[Recorded | Halting] = deque()
        self.recorded: list[Recorded] = []
        self.observers: list[Callable[[Input], None]] = []
        self.terminal: Callable[[bytes], None] = lambda data: None
        self.halt: Callable[[], None] = lambda: None
        for hart in harts:
            for pending in (hart.outside, hart.wires):
                # One assignment to a dict is indivisible, as `machine.hart.pending` explains.
                pending.ring = partial(self._calling.__setitem__, (hart.number, pending.register), pending)

    @property
    def last(self) -> Input | None:
        """The last interrupt that came in."""
        return next((entry for entry in reversed(self.recorded) if isinstance(entry, Input)), None)

    def take(self) -> None:
        """Merge what is due; the harts stand between instructions."""
        while self._replayed and self._replayed[0].cycle <= self._clock.cycles:
            self._again(self._replayed.popleft())
        while self._calling and not self._replayed:
            (number, _), pending = self._calling.popitem()
            taken = pending.flush(getattr(self._harts[number].state, pending.register))
            if taken.mask:
                self._merge(Input(self._clock.cycles, number, taken))

    def _again(self, entry: Recorded | Halting) -> None:
        match entry:
            case Input():
                self._merge(entry)
            case Typed(_, data):
                self.terminal(data)
            case Fence():
                self.fence()
            case Altered():
                self._alter(entry)
            case Halting():
                self.halt()
            case Stepped():
                raise MachineError("a step of one hart is not given between turns: use machine.history.replay")

    def typed(self, data: bytes) -> None:
        """The terminal has just sent bytes."""
        self.recorded.append(Typed(self._clock.cycles, data))

    def stepped(self, cycle: int, hart: int, cycles: int) -> None:
        """One hart has just moved alone; with one hart that is no news."""
        if len(self._harts) > 1:
            self.recorded.append(Stepped(cycle, hart, cycles))

    def fence(self) -> None:
        """Drop every cached translation, which the manual allows at any time, and let a replay do so too."""
        for hart in self._harts:
            hart.forget_translations()
        self.recorded.append(Fence(self._clock.cycles))

    @contextmanager
    def by_hand(self) -> Iterator[None]:
        """Whatever the block changes of registers and memory is recorded; it costs a millisecond or two."""
        ram, cycle, began = self._harts[0].ram, self._clock.cycles, self.recorded
        blocks, pages = [bytes(hart.state) for hart in self._harts], ram.pages.keep()
        yield
        if self.recorded is not began:
            return  # the machine was reset: what comes now begins anew
        changed = {hart.number: bytes(hart.state) for hart in self._harts if bytes(hart.state) != blocks[hart.number]}
        written = {offset: bytes(ram.data[offset : offset + PAGE]) for offset in ram.pages.differing(pages)}
        if changed or written:
            self.recorded.append(Altered(cycle, changed, written))

    def _alter(self, entry: Altered) -> None:
        for offset, page in entry.pages.items():
            ram, guard = self._harts[0].ram, self._harts[0].guard
            before, ram.data[offset : offset + PAGE] = bytes(ram.data[offset : offset + PAGE]), page
            guard.replaced(offset, before, page)
        for number, block in entry.blocks.items():
            self._harts[number].restore(block)
        self.recorded.append(entry)

    def recall(self) -> None:
        """The bitmaps are those of an earlier time: who rings is who had an announcement pending then."""
        self._calling.clear()
        for hart in self._harts:
            for pending in (hart.outside, hart.wires):
                if pending.changed:
                    pending.ring()

    def _merge(self, given: Input) -> None:
        self.recorded.append(given)  # first: who observes the hart wants to know the author
        self._harts[given.hart].merge(given.taken)
        for observe in self.observers:
            observe(given)

    def sync(self) -> None:
        """Let what the harts' software did to its bits flow back into the bitmaps."""
        for hart in self._harts:
            for pending in (hart.outside, hart.wires):
                pending.sync(getattr(hart.state, pending.register))

    def replay(self, recorded: Iterable[Recorded | Halting]) -> None:
        """Give these again, each at its cycle. What producers ask meanwhile waits until the last has been given."""
        self._replayed = deque(recorded)

    def ahead(self) -> int | None:
        """Cycles until the next input of a replay, or None."""
        return self._replayed[0].cycle - self._clock.cycles if self._replayed else None

    def reset(self) -> None:
        """Nothing has come in yet; a replay that has been asked for stays."""
        self.recorded = []
