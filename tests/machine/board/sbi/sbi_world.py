"""A machine of two harts as the SBI firmware sees it, that records what is done to it."""

from __future__ import annotations

from machine.board.sbi.abi import HartStatus
from machine.board.sbi.firmware import Firmware
from machine.board.sbi.nacl import NACL
from machine.devices.finish import Finish

RAM, RAM_SIZE = 0x8000_0000, 0x1_0000
ALL = 2**64 - 1


class Hart:
    """Registers, and a list of what was done."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.x = [0xDEAD_0000 + place for place in range(32)]
        self.status = HartStatus.STARTED if number == 0 else HartStatus.STOPPED
        self.ssip = False
        self.nested_memory: int | None = None
        self.csrs = {0x645: 0, 0x644: 0, 0x600: 2 << 32, 0xE12: 0, 0x241: 0}
        self.done: list[tuple[object, ...]] = []

    def start(self, pc: int, opaque: int) -> None:
        self.status = HartStatus.STARTED
        self.done.append(("start", pc, opaque))

    def stop(self) -> None:
        self.status = HartStatus.STOPPED
        self.done.append(("stop",))

    def suspend(self, resume: tuple[int, int] | None) -> None:
        self.status = HartStatus.SUSPENDED
        self.done.append(("suspend", resume))

    def set_timer(self, time: int) -> None:
        self.done.append(("timer", time))

    def set_ssip(self, level: bool) -> None:
        self.ssip = level

    @property
    def hypervisor_csrs(self) -> tuple[int, ...]:
        return tuple(self.csrs)

    def read_csr(self, number: int) -> int:
        return self.csrs[0x645] if number == 0x644 else self.csrs[number]

    def write_csr(self, number: int, value: int) -> None:
        self.csrs[number] = value
        self.done.append(("write", number, value))

    def return_from_trap(self) -> None:
        self.done.append(("sret",))

    def fence_i(self) -> None:
        self.done.append(("fence.i",))

    def sfence(self) -> None:
        self.done.append(("sfence.vma",))

    def hfence_gvma(self) -> None:
        self.done.append(("hfence.gvma",))

    def hfence_vvma(self) -> None:
        self.done.append(("hfence.vvma",))


class World:
    """The platform, its harts, and the calls of hart 0."""

    def __init__(self) -> None:
        self.harts = [Hart(0), Hart(1)]
        self.has_hypervisor = True
        self.memory = bytearray(RAM_SIZE)
        self.shown = b""
        self.typed = b""
        self.finishes: list[Finish] = []
        self.firmware = Firmware(self.harts, self, (NACL,))

    def has_memory(self, address: int, size: int) -> bool:
        return address >= RAM and address + size <= RAM + RAM_SIZE

    def read_memory(self, address: int, size: int) -> bytes:
        assert self.has_memory(address, size)
        return bytes(self.memory[address - RAM : address - RAM + size])

    def write_memory(self, address: int, data: bytes) -> None:
        assert self.has_memory(address, len(data))
        self.memory[address - RAM : address - RAM + len(data)] = data

    def console_write(self, data: bytes) -> None:
        self.shown += data

    def console_read(self, limit: int) -> bytes:
        data, self.typed = self.typed[:limit], self.typed[limit:]
        return data

    def finish(self, finish: Finish) -> None:
        self.finishes.append(finish)

    def call(self, eid: int, fid: int, *arguments: int, hart: int = 0) -> tuple[int, int]:
        """Make the ecall; (error, value), both signed. Checks that no other register changed."""
        x = self.harts[hart].x
        x[10:16] = [argument % 2**64 for argument in [*arguments, *[0] * 6][:6]]
        x[16], x[17] = fid, eid
        before = list(x)
        self.firmware.call(self.harts[hart])
        assert x[:10] + x[12:] == before[:10] + before[12:]
        assert all(0 <= value < 2**64 for value in x)
        error, value = (word - 2**64 if word >> 63 else word for word in x[10:12])
        return error, value
