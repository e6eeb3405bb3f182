"""The machine as the SBI firmware handles it, and the way of an ecall from HS-mode to the firmware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine.board.sbi.firmware import Firmware
from machine.board.sbi.nacl import NACL, leave_guest
from machine.devices.finish import Finish
from machine.spec.causes import Cause, cause_name
from machine.spec.modes import Mode
from machine.startup.console import Console
from machine.startup.sbi_hart import MachineHart

if TYPE_CHECKING:
    from machine.hart.hart import Hart
    from machine.hart.trapping import TrapRecord
    from machine.machine import Machine
    from machine.trap.trap import Trap

__all__ = ["MachinePlatform", "serve_sbi"]

SBI_NACL = "sbi-nacl"
"""The proposal that has the firmware offer nested acceleration."""
ECALL_LENGTH = 4
MASK = (1 << 64) - 1


class MachinePlatform:
    """See `machine.board.sbi.abi.SbiPlatform`."""

    def __init__(self, machine: Machine, console: Console) -> None:
        self._machine, self._console = machine, console
        self.console_write, self.console_read = console.write, console.read_all

    @property
    def has_hypervisor(self) -> bool:
        """Whether the harts implement the hypervisor extension."""
        return self._machine.config.isa.has("H")

    def has_memory(self, address: int, size: int) -> bool:
        """Whether the physical range is main memory."""
        return self._machine.ram.contains(address, size)

    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of main memory."""
        return self._machine.bus.peek_bytes(address, size)

    def write_memory(self, address: int, data: bytes) -> None:
        """Store bytes to main memory; harts see it as another hart's store."""
        self._machine.ram.load(address, data)
        self._machine.guard.wrote(address - self._machine.ram.base, len(data))

    def finish(self, finish: Finish) -> None:
        """End the run."""
        self._machine.wiring.finish(finish)


def serve_sbi(machine: Machine, console: Console) -> None:
    """Serve ecalls from HS-mode on every hart of ``machine``, from now on."""
    platform = MachinePlatform(machine, console)
    harts = [MachineHart(hart, machine.board.aclint) for hart in machine.harts]
    nested = machine.config.proposed(SBI_NACL) is not None
    firmware = Firmware(harts, platform, (NACL,) if nested else ())

    def environment(hart: Hart, trap: Trap) -> bool:
        hart.settle()
        if trap.cause == Cause.ECALL_HS:
            hart.next = hart.pc + ECALL_LENGTH & MASK
            firmware.call(harts[hart.number])
        else:
            _give_up(hart, trap, console, platform)
        return True

    def trapped(hart: Hart, trap: TrapRecord) -> None:
        if trap.source.virtual and trap.target is Mode.HS:
            leave_guest(harts[hart.number], platform)

    for hart in machine.harts:
        hart.environment = environment
        if nested:
            hart.trap_observers.append(trapped)


def _give_up(hart: Hart, trap: Trap, console: Console, platform: MachinePlatform) -> None:
    """Everything else is delegated; what still arrives is a hart that was put into M-mode, where no code is."""
    what = f"{cause_name(int(trap.cause))} at pc {hart.pc:#x}, tval {max(trap.tval, 0):#x}"
    console.write(
        f"\r\nbuilt-in firmware: hart {hart.number} trapped to M-mode ({what}), where no code is; "
        "start the image with --firmware none or FILE\r\n".encode()
    )
    platform.finish(Finish.exit(1))
