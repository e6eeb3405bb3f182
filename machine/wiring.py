"""Where the board's wires end: at the harts' interrupt lines, at the console, and at the end of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from machine.devices.finish import Finish
from machine.spec.causes import Interrupt
from machine.spec.modes import M

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Wiring"]


class Wiring:
    """The machine's side of `machine.board.virt.Wires`.

    Attributes:
        harts: filled once they exist.
        console: receives what the UART sends.
        finished: the guest's last word, or None while it runs.
    """

    STATE = ("finished",)

    def __init__(self, console: Callable[[bytes], None]) -> None:
        self.harts: list[Hart] = []
        self.console = console
        self.finished: Finish | None = None

    def set_msip(self, hart: int, level: bool) -> None:
        """See `machine.board.virt.Wires`."""
        self._set(hart, Interrupt.MSI, level)

    def timer_changed(self) -> None:
        """See `machine.board.virt.Wires`."""
        for hart in self.harts:
            hart.reconsider_interrupts()

    def set_external(self, hart: int, privilege: int, level: bool) -> None:
        """See `machine.board.virt.Wires`."""
        self._set(hart, Interrupt.MEI if privilege == M else Interrupt.SEI, level)

    def transmit(self, data: bytes) -> None:
        """See `machine.board.virt.Wires`."""
        self.console(data)

    def finish(self, finish: Finish) -> None:
        """Every hart stops behind its instruction."""
        self.finished = finish
        for hart in self.harts:
            hart.request_stop(finish)

    def _set(self, hart: int, interrupt: int, level: bool) -> None:
        if hart < len(self.harts):  # the devices' own reset comes before the harts exist
            state = self.harts[hart].state
            mask = 1 << interrupt
            state.lines = state.lines | mask if level else state.lines & ~mask
            self.harts[hart].reconsider_interrupts()
