"""Every interleaving of a few short programs whose steps are atomic: real threads, of which one at a time runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Operation", "Scheduler", "every_schedule"]


@dataclass
class Operation:
    """One operation of an actor; `began` and `ended` are the times of its first and last step in a schedule."""

    name: str
    run: Callable[[], int | None]
    began: int = 0
    ended: int = 0
    result: int | None = None


class Scheduler:
    """Runs actors, each a list of operations, one atomic step at a time.

    Attributes:
        taken, widths: which actor went at each time (its place among those not done), and of how many.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = list(choices)
        self.taken: list[int] = []
        self.widths: list[int] = []
        self._running: Actor | None = None

    def step(self) -> None:
        """To be called before each atomic step: others may go first. Outside of `run`, nothing."""
        if self._running is not None:
            self._running.wait()
            assert self._running is not None
            operation = self._running.operation
            operation.began, operation.ended = operation.began or len(self.taken), len(self.taken)

    def run(self, programs: Sequence[Sequence[Operation]]) -> None:
        """Until every program is done."""
        actors = [Actor(program) for program in programs]
        for self._running in actors:
            self._running.resume()  # as far as before its first step
        while ready := [actor for actor in actors if not actor.done]:
            at = len(self.taken)
            choice = self._choices[at] if at < len(self._choices) else 0
            self.taken.append(choice)
            self.widths.append(len(ready))
            self._running = ready[choice]
            self._running.resume()
        self._running = None


class Actor:
    """One thread that waits for its turn before each step."""

    def __init__(self, program: Sequence[Operation]) -> None:
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._program = program
        self.operation = program[0]
        self.done = False
        self._failure: BaseException | None = None
        threading.Thread(target=self._work, daemon=True).start()

    def resume(self) -> None:
        """Let it do one step; raises what it raised."""
        self._go.release()
        self._back.acquire()
        if self._failure is not None:
            raise self._failure

    def wait(self) -> None:
        """In the actor's thread: the step is done, wait for the next turn."""
        self._back.release()
        self._go.acquire()

    def _work(self) -> None:
        self._go.acquire()
        try:
            for operation in self._program:
                self.operation = operation
                operation.result = operation.run()
        except BaseException as failure:
            self._failure = failure
        self.done = True
        self._back.release()


def every_schedule(make: Callable[[Scheduler], Sequence[Sequence[Operation]]]) -> Iterator[list[Operation]]:
    """All operations after each schedule, depth first; ``make`` gives the programs in a world of their own."""
    choices: list[int] = []
    while True:
        scheduler = Scheduler(choices)
        programs = make(scheduler)
        scheduler.run(programs)
        yield [operation for program in programs for operation in program]
        taken, widths = scheduler.taken, scheduler.widths
        while taken and taken[-1] == widths[len(taken) - 1] - 1:
            taken.pop()
        if not taken:
            return
        choices = [*taken[:-1], taken[-1] + 1]
