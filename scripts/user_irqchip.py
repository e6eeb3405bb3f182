#!/usr/bin/env python3
"""An interrupt controller and a device in user space: the machine embedded in a trio program, as KVM's users do it.

The guest takes a timer interrupt every `PERIOD` ticks, and one interrupt per byte that the device offers: it reads the
byte and stores the next letter. Outside of the machine are

- the interrupt controller: `deliver` gives the timer's level, which every exit tells, back to the hart as MTI;
- the device: `Device.serve` answers the loads and stores that end a run with reason MMIO;
- somebody who types, in another task, while the machine runs in a worker thread: the device's line reaches the hart by
  two lock-free bitmaps (`Hart.wires`), at an instruction boundary that the machine records.

Usage: python scripts/user_irqchip.py [TEXT]
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence

import trio

from machine.config import Config
from machine.csr.file import BY_NAME
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.run_exit import ExitReason, RunExit
from machine.spec.causes import Interrupt
from machine.user_space import MmioAccess

MAIN, VECTORS, ON_TIMER, ON_DEVICE = 0x8000_0000, 0x8000_0100, 0x8000_0200, 0x8000_0300
MTIMECMP, DEVICE, PERIOD, TIMERS = 0x200_4000, 0x1001_0000, 40, 10
S0, S1, S2, T0, T1 = 8, 9, 18, 5, 6
PROGRAM = {
    MAIN: ("csrrw zero,mtvec,t0", "csrrw zero,mie,t1", "csrrsi zero,mstatus,8", "wfi", f"jal zero,{MAIN + 12:#x}"),
    VECTORS + 4 * Interrupt.MTI: (f"jal zero,{ON_TIMER:#x}",),
    VECTORS + 4 * Interrupt.MEI: (f"jal zero,{ON_DEVICE:#x}",),
    ON_TIMER: ("addi s2,s2,1", "ld a0,0(s0)", f"addi a0,a0,{PERIOD}", "sd a0,0(s0)", "mret"),
    ON_DEVICE: ("lbu a0,0(s1)", "addi a0,a0,1", "sb a0,8(s1)", "mret"),
}


class Device:
    """A byte to read at 0, a byte to write at 8; its line is high while there is something to read."""

    def __init__(self, machine: Machine) -> None:
        self._line = machine.harts[0].wires
        self._typed, self.echoed = deque[int](), bytearray()
        machine.user.claim(DEVICE, 4096, "device")

    def type(self, byte: int) -> None:
        """From any task or thread."""
        self._typed.append(byte)
        self._line.set(Interrupt.MEI, "device")

    def serve(self, machine: Machine, access: MmioAccess) -> None:
        """What the guest does to it."""
        if access.value is not None:
            self.echoed.append(access.value & 0xFF)
            return
        machine.user.complete(self._typed.popleft() if self._typed else 0)
        if not self._typed:
            self._line.unset(Interrupt.MEI, "device")
        if self._typed:  # typed between the two lines above
            self._line.set(Interrupt.MEI, "device")


def boot(machine: Machine) -> None:
    """Fill memory and registers."""
    for base, lines in PROGRAM.items():
        place(machine, base, lines)
    x = machine.harts[0].x
    x[S0], x[S1], x[T0], x[T1] = MTIMECMP, DEVICE, VECTORS | 1, 1 << Interrupt.MTI | 1 << Interrupt.MEI
    machine.bus.write(MTIMECMP, 8, PERIOD)


def place(machine: Machine, base: int, lines: Sequence[str]) -> None:
    """Assemble instructions of four bytes into memory."""
    for n, line in enumerate(lines):
        machine.ram.write(base + 4 * n - MAIN, 4, assemble(line, base + 4 * n, lambda name: BY_NAME[name].number))


def deliver(machine: Machine, ended: RunExit) -> None:
    """The interrupt controller: the platform timer's level is the hart's MTI."""
    wires, high = machine.harts[0].wires, ended.timer_lines[0] >> Interrupt.MTI & 1
    (wires.set if high else wires.unset)(Interrupt.MTI, "irqchip")


async def serve(machine: Machine, device: Device, expected: int) -> None:
    """The run loop, until the guest has answered so many bytes, and has taken some timer interrupts."""
    while len(device.echoed) < expected or machine.harts[0].x[S2] < TIMERS:
        ended = await trio.to_thread.run_sync(machine.run, 10_000)
        deliver(machine, ended)
        if ended.reason is ExitReason.MMIO:
            assert isinstance(ended.detail, MmioAccess)
            device.serve(machine, ended.detail)


async def main(text: str = "HAL") -> tuple[bytes, Machine]:
    """Type the text at the device; gives what came back."""
    machine = Machine(Config(memory=1 << 20, irqchip="user"))
    device = Device(machine)
    machine.boot = boot
    machine.reset()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, machine, device, len(text))
        for byte in text.encode("ascii"):
            await trio.sleep(0.01)
            device.type(byte)
    return bytes(device.echoed), machine


if __name__ == "__main__":
    echoed, machine = trio.run(main, *sys.argv[1:2])
    print(f"{echoed.decode()}: {machine.harts[0].x[S2]} timer interrupts, {machine.clock.cycles} cycles")
    for given in machine.inputs.recorded[:6]:
        print(f"  cycle {given.cycle}: lines & {given.taken.mask:#x} = {given.taken.value:#x}, {given.taken.authors}")
