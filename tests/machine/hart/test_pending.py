"""The two bitmaps: refusals, what a flush takes, and every interleaving against a sequential model."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import permutations

import pytest

from machine.errors import MachineError
from machine.hart.pending import Bitmap, PendingInterrupts, Request, Want
from machine.spec.causes import Interrupt
from tests.machine.hart.schedules import Operation, Scheduler, every_schedule

VSSI, VSTI, VSEI = (1 << irq for irq in (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI))


def bitmaps(*interrupts: Interrupt) -> PendingInterrupts:
    return PendingInterrupts("hvip", interrupts or (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI), "")


@pytest.mark.parametrize("irq", [-1, 0, 1, 3, 5, 7, 9, 11, 12, 13, 63, 64, 65, 1 << 20])
def test_other_interrupts_are_refused(irq: int) -> None:
    """Also those beyond the 64 bits, which would lie outside of both bitmaps."""
    there = bitmaps()
    for operation in (there.set, there.unset):
        with pytest.raises(
            MachineError, match=rf"interrupt {irq} cannot .* choose VSSI \(2\), VSTI \(6\), VSEI \(10\)"
        ):
            operation(irq)
    assert (there.pending, there.changed, there.preview(VSTI)) == (0, 0, VSTI)


def test_flush_merges_what_has_changed_and_nothing_else() -> None:
    there = bitmaps()
    there.set(Interrupt.VSTI, "the clock")
    there.unset(Interrupt.VSEI, "the wire")
    assert (there.pending, there.changed) == (VSTI, VSTI | VSEI)
    assert there.preview(VSSI | VSEI) == VSSI | VSTI
    taken = there.flush(VSSI | VSEI)
    assert (taken.mask, taken.value, taken.merged(VSSI | VSEI)) == (VSTI | VSEI, VSTI, VSSI | VSTI)
    assert taken.authors == {Interrupt.VSTI: "the clock", Interrupt.VSEI: "the wire"}
    assert (there.pending & VSTI, there.changed, there.flush(VSSI | VSTI).mask) == (VSTI, 0, 0)


def test_withdrawn_before_a_flush_saw_it() -> None:
    there = bitmaps()
    there.set(Interrupt.VSTI, "the clock")
    there.unset(Interrupt.VSTI, "the canceller")
    taken = there.flush(0)
    assert (taken.value, taken.withdrawn) == (0, {Interrupt.VSTI: "the clock"})
    there.set(Interrupt.VSTI)
    there.flush(0)
    there.unset(Interrupt.VSTI)
    assert there.flush(VSTI).withdrawn == {}, "it had been seen"


def test_the_guests_own_write_flows_back() -> None:
    there = bitmaps()
    there.set(Interrupt.VSSI)
    there.flush(0)
    there.sync(0)
    assert there.pending == 0, "the guest has cleared vsip.SSIP"
    there.sync(VSSI)
    assert (there.pending, there.changed) == (VSSI, 0), "and sent itself one"
    there.unset(Interrupt.VSSI)
    assert there.flush(VSSI).merged(VSSI) == 0


def test_many_threads_lose_nothing() -> None:
    """Real threads against a consumer that flushes all the time: the last word of each producer is heard."""
    there = bitmaps()
    bits = list(there.bits)

    def produce(bit: int) -> None:
        for _ in range(2000):
            there.set(bit)
            there.unset(bit)
        there.set(bit)

    threads = [threading.Thread(target=produce, args=(bit,)) for bit in bits]
    for thread in threads:
        thread.start()
    held = 0
    while any(thread.is_alive() for thread in threads):
        held = there.flush(held).merged(held)
    held = there.flush(held).merged(held)
    assert held == VSSI | VSTI | VSEI


# --- every interleaving -----------------------------------------------------------------------------------------


class Model:
    """The bitmaps as they would be if every operation were one step."""

    def __init__(self) -> None:
        self.pending = self.changed = self.held = self.left = 0

    def set(self) -> None:
        self.pending = self.changed = 1

    def unset(self) -> None:
        self.pending, self.changed = 0, 1

    def guest_sets(self) -> None:
        self.held = 1

    def guest_clears(self) -> None:
        self.held = 0

    def sync(self) -> None:
        if self.held != self.left and not self.changed:
            self.pending = self.held
        self.left = self.held

    def flush(self) -> int:
        self.sync()
        self.held = self.pending if self.changed else self.held
        self.changed, self.left = 0, self.held
        return self.held


class SteppedBitmap(Bitmap):
    """Each operation is one step of a schedule."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def put(self, bit: int, request: Request) -> None:
        self._scheduler.step()
        super().put(bit, request)

    def get(self, bit: int) -> Request | None:
        self._scheduler.step()
        return super().get(bit)

    def take(self, bit: int) -> Request | None:
        self._scheduler.step()
        return super().take(bit)

    def offer(self, bit: int, request: Request) -> Request:
        self._scheduler.step()
        return super().offer(bit, request)


class World:
    """One interrupt's bit in a register, and its two bitmaps, in a schedule."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler, self.held = scheduler, 0
        self.bitmaps = bitmaps(Interrupt.VSSI)
        self.bitmaps._pending = SteppedBitmap(scheduler)
        self.bitmaps._changed = SteppedBitmap(scheduler)

    def set(self) -> None:
        self.bitmaps.set(Interrupt.VSSI)

    def unset(self) -> None:
        self.bitmaps.unset(Interrupt.VSSI)

    def guest_sets(self) -> None:
        self.scheduler.step()
        self.held = VSSI

    def guest_clears(self) -> None:
        self.scheduler.step()
        self.held = 0

    def sync(self) -> None:
        self.bitmaps.sync(self.held)

    def flush(self) -> int:
        self.held = self.bitmaps.flush(self.held).merged(self.held)
        return int(bool(self.held))

    def programs(self, names: Sequence[str]) -> list[list[Operation]]:
        return [[Operation(name, getattr(self, name)) for name in program.split()] for program in names]


def explained(operations: Sequence[Operation]) -> bool:
    """Whether some order of whole operations, in which none comes before one that ended earlier, gives the results."""
    return any(_gives_the_results(order) for order in permutations(operations) if _respects_time(order))


def _respects_time(order: Sequence[Operation]) -> bool:
    return not any(late.ended < early.began for at, early in enumerate(order) for late in order[at + 1 :])


def _gives_the_results(order: Sequence[Operation]) -> bool:
    model = Model()
    return all(getattr(model, operation.name)() == operation.result for operation in order)


def outcomes(world: type[World], *programs: str) -> Iterator[list[Operation]]:
    """Every schedule of the programs, each followed by one more flush when everybody is done."""

    def make(scheduler: Scheduler) -> list[list[Operation]]:
        made = world(scheduler)
        last.append(made)
        return made.programs(programs)

    last: list[World] = []
    for operations in every_schedule(make):
        final = Operation("flush", last.pop().flush, began=1 << 30, ended=1 << 30)
        final.result = final.run()
        yield [*operations, final]


HISTORIES = [
    *((producer, consumer) for producer in ("set", "unset", "set unset", "unset set", "set set")
      for consumer in ("flush guest_clears sync flush", "guest_sets sync flush guest_clears")),
    ("set", "unset", "flush guest_clears"),
    ("set", "set", "flush guest_clears"),
    ("set", "unset", "guest_sets flush"),
]  # fmt: skip
"""One program per thread: producers, and the consumer last."""


@pytest.mark.parametrize("programs", HISTORIES, ids=" | ".join)
def test_every_interleaving_is_some_order_of_whole_operations(programs: tuple[str, ...]) -> None:
    seen = 0
    for operations in outcomes(World, *programs):
        seen += 1
        assert explained(operations), [(each.name, each.began, each.ended, each.result) for each in operations]
    assert seen > 5


class MaskFirst(World):
    """The bug that the order of the two steps prevents."""

    def set(self) -> None:
        request = Request("test", Want.SET)
        self.bitmaps._changed.put(Interrupt.VSSI, request)
        self.bitmaps._pending.put(Interrupt.VSSI, request)


class UsualSync(World):
    """Sync as hypervisors have it: test and set the mask, then set or clear the bit of ``pending``."""

    def sync(self) -> None:
        there, request = self.bitmaps, Request("test", Want.SET)
        if not (self.held ^ there._left):
            return
        there._left = self.held
        if there._changed.offer(Interrupt.VSSI, request) is request:
            if self.held:
                there._pending.put(Interrupt.VSSI, request)
            else:
                there._pending.take(Interrupt.VSSI)


@pytest.mark.parametrize("world", [MaskFirst, UsualSync])
def test_the_search_finds_lost_interrupts(world: type[World]) -> None:
    """Mask before pending loses one; so does a sync that clears ``pending``, between the two steps of a set."""
    lost = [each for each in outcomes(world, "set", "set flush guest_clears sync flush") if not explained(each)]
    assert lost
    assert any(operations[-1].result == 0 for operations in lost)
