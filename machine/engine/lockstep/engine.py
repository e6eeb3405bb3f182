"""An engine on trial beside the reference engine: every slice is run by both from the same state, and compared.

The reference engine judges. It runs a slice first, and whoever observes the hart hears it; then the hart's flat block,
the clock and main memory are taken back, the subject runs as many cycles unheard, and what both made of it is compared:
the whole block, the traps recorded, every byte of memory. Each engine keeps its cached translations from slice to
slice, as it would alone.

An instruction that reaches outside the hart (a device, a mailbox, the environment that serves its ecalls) cannot be
taken back. A slice ends before it, compared; the reference engine runs that one instruction, once; the next slice
begins behind it. While the SBI nested acceleration is in use (its firmware writes memory at traps), the reference
engine runs alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from machine.engine.engine import Engine, Halt
from machine.engine.lockstep.divergence import Divergence, Outcome, changes
from machine.engine.lockstep.gate import OUTSIDE, gated
from machine.engine.lockstep.image import Image, Pages
from machine.engine.lockstep.translations import Translations
from machine.hart.contexts import Contexts
from machine.hart.hart import Hart
from machine.hart.watch import WatchHit
from machine.observe.trap_log import KEPT, TrapLog

__all__ = ["LockstepEngine"]

SLICE = KEPT
"""Cycles between two comparisons: the log keeps every trap of a slice, however many there are."""


class Moment:
    """A hart between two instructions, to come back to."""

    def __init__(self, hart: Hart) -> None:
        self.state = bytes(hart.state)
        self.cycles = hart.clock.cycles

    def restore(self, hart: Hart) -> None:
        """Make the hart and the clock what they were."""
        ctypes.memmove(ctypes.addressof(hart.state), self.state, len(self.state))
        hart.clock.cycles = self.cycles
        hart.stop_reason = None


class LockstepEngine:
    """See `machine.engine.engine.Engine`. It serves one machine.

    A difference ends the run with `Halt.STOP`; `Hart.stop_reason` is the `Divergence`, and the hart stands before the
    instruction that makes it. What observers have heard of the rest of that slice is not taken back.

    Args:
        judge: the reference engine.
        subject: the engine on trial.

    Attributes:
        divergence: of the last run, or None.
        compared: cycles that both engines have run.
        alone: cycles that only the reference engine has run.
    """

    name = "lockstep"
    turn = 20_000

    def __init__(self, judge: Engine, subject: Engine) -> None:
        self.judge, self.subject = judge, subject
        self.divergence: Divergence | None = None
        self.compared = self.alone = 0
        self._translations: WeakKeyDictionary[Hart, Translations] = WeakKeyDictionary()
        self._image: Image | None = None

    def run(self, hart: Hart, budget: int) -> tuple[Halt, int]:
        """See `machine.engine.engine.Engine.run`."""
        self.divergence = None
        image = self._prepare(hart)
        image.adopt(image.changes())
        left = budget
        while left > 0:
            outside = bool(hart.state.nested_memory)
            if not outside:
                halt, used = self._slice(hart, min(left, SLICE))
                left -= used
                outside = halt is Halt.STOP and hart.stop_reason == OUTSIDE
                if halt is not Halt.BUDGET and not outside:
                    return halt, budget - left
            if outside and left:
                halt, used = self._outside(hart, left if hart.state.nested_memory else 1)
                left -= used
                if halt is not Halt.BUDGET:
                    return halt, budget - left
        if hart.stop_reason == OUTSIDE:
            hart.stop_reason = None
        return Halt.BUDGET, budget

    def step(self, hart: Hart) -> tuple[Halt, int]:
        """See `machine.engine.engine.Engine.step`: also a single instruction is a trial."""
        return self.run(hart, 1)

    def _prepare(self, hart: Hart) -> Image:
        """Give the hart its two sets of translations, unless it has them."""
        translations = self._translations.get(hart)
        if translations is None:
            translations = self._translations[hart] = Translations()
            hart.guard.page_guarded.append(translations.forget_stores)
            hart.guard.code_written.append(lambda page: translations.forget_code())
            hart.guard.code_forgotten.append(translations.forget_code)
        if hart.use_translations(translations) is not translations:
            translations.forget()
        if self._image is None:
            self._image = Image(hart.ram)
        return self._image

    def _outside(self, hart: Hart, cycles: int) -> tuple[Halt, int]:
        """What reaches outside the hart: by the reference engine, once."""
        hart.stop_reason = None
        halt, used = self.judge.run(hart, cycles)
        self.alone += used
        image = self._prepare(hart)
        image.adopt(image.changes())
        return halt, used

    # --- a slice ------------------------------------------------------------------------------------------------

    def _slice(self, hart: Hart, cycles: int) -> tuple[Halt, int]:
        """Both engines from here on, at most ``cycles``."""
        image = self._prepare(hart)
        start = Moment(hart)
        expected = self._judged(hart, cycles, heard=True)
        if not expected.used:
            return expected.halt, 0
        self._back(hart, start, expected.pages)
        own = expected.halt is not Halt.STOP or isinstance(expected.reason, WatchHit) or expected.reason == OUTSIDE
        found = self._tried(hart, cycles if own else expected.used)
        if not own:
            found = Outcome(**{**vars(found), "halt": expected.halt, "reason": expected.reason})
        if found != expected:
            self._back(hart, start, found.pages)
            hart.stop_reason = self.divergence = self._narrow(hart, start, expected, found)
            return Halt.STOP, hart.clock.cycles - start.cycles
        image.adopt(found.pages)
        hart.stop_reason = expected.reason
        self.compared += found.used
        return expected.halt, expected.used

    def _judged(self, hart: Hart, cycles: int, *, heard: bool) -> Outcome:
        translations = self._translations[hart]
        if heard:
            return self._run(hart, self.judge, translations.judge, cycles)
        with unheard(hart):
            return self._run(hart, self.judge, translations.judge, cycles)

    def _tried(self, hart: Hart, cycles: int) -> Outcome:
        with unheard(hart):
            return self._run(hart, self.subject, self._translations[hart].subject, cycles)

    def _run(self, hart: Hart, engine: Engine, contexts: Contexts, cycles: int) -> Outcome:
        """One engine, with its own translations, and nothing outside within reach."""
        log = TrapLog()
        hart.trap_observers.insert(0, log.trapped)
        try:
            with gated(hart):
                hart.use_translations(contexts)
                halt, used = engine.run(hart, cycles)
        finally:
            hart.trap_observers.remove(log.trapped)
        hart.use_translations(self._translations[hart])
        assert self._image is not None
        traps, pages = log.last(KEPT), self._image.changes()
        return Outcome(halt, used, hart.stop_reason, bytes(hart.state), hart.clock.cycles, traps, pages)

    def _back(self, hart: Hart, moment: Moment, pages: Pages) -> None:
        """To the slice's start."""
        assert self._image is not None
        self._image.restore(pages)
        moment.restore(hart)
        with unheard(hart):
            hart.context_changed()

    # --- a difference -------------------------------------------------------------------------------------------

    def _narrow(self, hart: Hart, start: Moment, expected: Outcome, found: Outcome) -> Divergence:
        """Find the instruction by halving. The hart stands at the slice's start, and is taken to the instruction."""
        again = self._both(hart, start, expected.used)
        if again[0] == again[1]:
            length = max(expected.used, found.used)
            return self._describe(hart, start, self._old(expected, found), (expected, found), length, cached=True)
        same, differ = 0, expected.used
        while differ - same > 1:
            middle = (same + differ) // 2
            tried = self._both(hart, start, middle)
            if tried[0] == tried[1]:
                same = middle
            else:
                differ, again = middle, tried
        return self._arrive(hart, start, same, again)

    def _both(self, hart: Hart, start: Moment, cycles: int) -> tuple[Outcome, Outcome]:
        """What both make of the first ``cycles``, with no cached translations; the hart comes back to the start."""
        self._forget(hart)
        expected = self._judged(hart, cycles, heard=False)
        self._back(hart, start, expected.pages)
        self._forget(hart)
        found = self._tried(hart, cycles)
        self._back(hart, start, found.pages)
        return expected, found

    def _forget(self, hart: Hart) -> None:
        hart.guard.forget_code()
        hart.forget_translations()

    def _arrive(self, hart: Hart, start: Moment, cycles: int, outcomes: tuple[Outcome, Outcome]) -> Divergence:
        """Go to the instruction behind which the outcomes differ, ``cycles`` from the start."""
        assert self._image is not None
        old = self._old(*outcomes)
        self._forget(hart)
        if cycles:
            self._image.adopt(self._judged(hart, cycles, heard=False).pages)
            hart.stop_reason = None
        here = Moment(hart)
        alone = self._both(hart, here, 1)
        if alone[0] == alone[1]:
            return self._describe(hart, here, old, outcomes, 1, cached=True)
        return self._describe(hart, here, self._old(*alone), alone, 1, cached=False)

    def _old(self, expected: Outcome, found: Outcome) -> Pages:
        """What both found in the pages that they have written, where the hart stands now."""
        assert self._image is not None
        return {offset: self._image.before(offset) for offset in (*expected.pages, *found.pages)}

    def _describe(
        self, hart: Hart, here: Moment, old: Pages, outcomes: tuple[Outcome, Outcome], length: int, *, cached: bool
    ) -> Divergence:
        differing = changes(here.state, old, hart.ram.base, *outcomes)
        word = self._word(hart, here)
        pc, mode = hart.state.pc, hart.mode
        return Divergence(hart.number, self.subject.name, pc, mode, here.cycles, word, length, cached, differing)

    def _word(self, hart: Hart, here: Moment) -> int:
        """The instruction that the hart stands at, found by running it; the hart comes back."""
        self._forget(hart)
        hart.word = 0
        outcome = self._judged(hart, 1, heard=False)
        self._back(hart, here, outcome.pages)
        self._forget(hart)
        return hart.word


@contextmanager
def unheard(hart: Hart) -> Iterator[None]:
    """While this lasts, nobody hears what the hart does."""
    observers = hart.trap_observers, hart.mode_observers, hart.pending_observers
    deadlines = hart.deadlines
    hart.trap_observers, hart.mode_observers, hart.pending_observers = [], [], []
    hart.deadlines = hart.vstip.plain_deadlines
    try:
        yield
    finally:
        hart.trap_observers, hart.mode_observers, hart.pending_observers = observers
        hart.deadlines = deadlines
