from __future__ import annotations

import pytest

from machine.board import virt
from machine.devices.finish import Finish, FinishKind
from machine.memory.bus import BusError


class Machine:
    """Everything that the devices tell the machine, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        self.ticks = 0

    def now(self) -> int:
        return self.ticks

    def set_msip(self, hart: int, level: bool) -> None:
        self.heard.append(("msip", hart, level))

    def timer_changed(self) -> None:
        self.heard.append(("timer",))

    def set_external(self, hart: int, privilege: int, level: bool) -> None:
        self.heard.append(("external", hart, privilege, level))

    def transmit(self, data: bytes) -> None:
        self.heard.append(("uart", data))

    def finish(self, finish: Finish) -> None:
        self.heard.append(("finish", finish))


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def board(machine: Machine) -> virt.Board:
    return virt.build(1 << 20, 2, machine, machine)


def test_every_device_answers_at_qemus_address(board: virt.Board, machine: Machine) -> None:
    board.bus.write(0x10_0000, 4, 0x5555)
    board.bus.write(0x1000_0000, 1, ord("A"))
    board.bus.write(0x200_0004, 4, 1)
    board.bus.write(0x200_4008, 8, 5)
    machine.ticks = 7
    assert board.bus.read(0x200_BFF8, 8) == 7
    board.bus.write(0x8000_0000, 8, 9)
    assert board.ram.read(0, 8) == 9
    assert machine.heard == [
        ("finish", Finish(FinishKind.PASS)),
        ("uart", b"A"),
        ("msip", 1, True),
        ("timer",),
    ]


@pytest.mark.parametrize("address", [0, 0x1000, 0x200_0000 + 0x1_0000, 0x3000_0000, 0x8010_0000])
def test_holes_are_bus_errors(board: virt.Board, address: int) -> None:
    with pytest.raises(BusError):
        board.bus.read(address, 4)


@pytest.mark.parametrize(("context", "hart", "privilege"), [(0, 0, 3), (1, 0, 1), (2, 1, 3), (3, 1, 1)])
def test_the_uart_interrupts_the_context_that_enables_it(
    board: virt.Board, machine: Machine, context: int, hart: int, privilege: int
) -> None:
    board.bus.write(0xC00_0000 + 4 * 10, 4, 1)
    board.bus.write(0xC00_2000 + 0x80 * context, 4, 1 << 10)
    board.bus.write(0x1000_0001, 1, 1)
    board.uart.receive(b"k")
    assert machine.heard == [("external", hart, privilege, True)]
    assert board.bus.read(0xC20_0004 + 0x1000 * context, 4) == 10
    assert board.bus.read(0x1000_0000, 1) == ord("k")
    board.bus.write(0xC20_0004 + 0x1000 * context, 4, 10)
    assert machine.heard == [("external", hart, privilege, True), ("external", hart, privilege, False)]


def test_reset_is_power_on(board: virt.Board, machine: Machine) -> None:
    board.ram.load(0x8000_0000, b"\xff" * 64)
    board.bus.write(0x200_0000, 4, 1)
    board.bus.write(0xC00_0000 + 4 * 10, 4, 1)
    board.bus.write(0xC00_2080, 4, 1 << 10)
    board.bus.write(0x1000_0001, 1, 2)
    assert ("external", 0, 1, True) in machine.heard
    machine.heard.clear()
    board.reset()
    assert board.ram.read(0, 8) == 0
    assert ("external", 0, 1, False) in machine.heard
    assert ("msip", 0, False) in machine.heard
    assert board.bus.peek(0x1000_0001, 1) == 0
