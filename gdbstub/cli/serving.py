"""What ``serve`` and ``debug`` share: the target with its serial line; and work that a signal ends."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable

import trio

from gdbstub.cli.computer import Computer
from gdbstub.cli.line import Line
from gdbstub.riscv.target import RiscvTarget
from gdbstub.target import Stop

__all__ = ["LineTarget", "until_signalled"]

SIGNALLED = 128  # plus the signal's number, as the shell reports it


class LineTarget(RiscvTarget):
    """A target whose guest receives what comes on the serial line, between slices."""

    def __init__(self, computer: Computer, line: Line) -> None:
        super().__init__(computer.machine)
        self._console, self._line = computer.console, line

    def run_slice(self) -> Stop | None:
        if data := self._line.take():
            self._console.receive(data)
        return super().run_slice()


async def until_signalled(work: Callable[[], Awaitable[int]], signals: tuple[signal.Signals, ...]) -> int:
    """The status of ``work``, or 128 + the number of the signal that ended it."""
    status = 0

    async def watch(scope: trio.CancelScope) -> None:
        nonlocal status
        with trio.open_signal_receiver(*signals) as received:
            async for number in received:
                status = SIGNALLED + number
                scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch, nursery.cancel_scope)
        status = await work()
        nursery.cancel_scope.cancel()
    return status
