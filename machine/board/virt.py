"""The virt board: one table of addresses and wiring, as QEMU's machine of that name has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from machine.devices.aclint import Aclint
from machine.devices.device import Clock
from machine.devices.finish import Finish
from machine.devices.finisher import Finisher
from machine.devices.plic import Plic
from machine.devices.uart import Uart
from machine.memory.bus import Bus
from machine.memory.ram import Ram
from machine.spec.modes import M, S

__all__ = ["CLINT", "DRAM", "FINISHER", "PLIC", "TIMEBASE", "UART", "UART_SOURCE", "Board", "Wires", "build"]

FINISHER = 0x10_0000
CLINT = 0x200_0000
PLIC = 0xC00_0000
UART = 0x1000_0000
DRAM = 0x8000_0000

UART_SOURCE = 10
"""The PLIC source that the UART raises."""

TIMEBASE = 10_000_000
"""Ticks of mtime per second."""

CONTEXT_MODES = (M, S)
"""Privilege of a hart's PLIC contexts, in order."""


class Wires(Protocol):
    """What leads from the devices to the machine around them."""

    def set_msip(self, hart: int, level: bool, /) -> None:
        """The hart's machine software interrupt line changed."""

    def timer_changed(self) -> None:
        """mtime or a mtimecmp was written: ask `Aclint.timer_pending` and `Aclint.deadline` again."""

    def set_external(self, hart: int, privilege: int, level: bool, /) -> None:
        """The hart's external interrupt line for M (3) or S (1) changed."""

    def transmit(self, data: bytes, /) -> None:
        """The UART sent bytes."""

    def finish(self, finish: Finish, /) -> None:
        """The guest ends the run."""


@dataclass(frozen=True)
class Board:
    """Memory and devices, placed on the bus and wired."""

    bus: Bus
    ram: Ram
    aclint: Aclint
    plic: Plic
    uart: Uart
    finisher: Finisher

    def reset(self) -> None:
        """Power-on state of every device; memory becomes zero."""
        self.ram.clear()
        for device in (self.finisher, self.aclint, self.uart, self.plic):
            device.reset()


def build(
    memory: int, harts: int, clock: Clock, wires: Wires, watch_sources: Callable[[], None] | None = None
) -> Board:
    """A board with ``memory`` bytes of DRAM for ``harts`` harts.

    Args:
        watch_sources: for a board without a PLIC on its bus: called when a device's line (`Plic.levels`) has changed.

    Raises MachineError when memory does not fit.
    """

    def set_context(context: int, level: bool) -> None:
        hart, place = divmod(context, len(CONTEXT_MODES))
        wires.set_external(hart, CONTEXT_MODES[place], level)

    def set_uart(level: bool) -> None:
        plic.set_source(UART_SOURCE, level)
        if watch_sources is not None:
            watch_sources()

    ram = Ram(DRAM, memory)
    plic = Plic(harts * len(CONTEXT_MODES), set_context)
    board = Board(
        bus=Bus(),
        ram=ram,
        aclint=Aclint(harts, clock, wires.set_msip, wires.timer_changed),
        plic=plic,
        uart=Uart(set_uart, wires.transmit),
        finisher=Finisher(wires.finish),
    )
    board.bus.add_ram(ram)
    board.bus.add_device(FINISHER, board.finisher)
    board.bus.add_device(CLINT, board.aclint)
    if watch_sources is None:
        board.bus.add_device(PLIC, board.plic)
    board.bus.add_device(UART, board.uart)
    return board
