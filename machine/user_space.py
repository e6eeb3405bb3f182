"""What an embedder serves in place of the machine: accesses to addresses that it claims, and SBI calls.

A store ends the run behind its instruction. A load ends it before: nothing has happened yet, the embedder gives the
value (`UserSpace.complete`), and the next run begins with that one instruction, whatever interrupts are pending, so
that a value with a side effect is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.errors import MachineError
from machine.hart.watch import Watched
from machine.spec.causes import Cause

if TYPE_CHECKING:
    from machine.hart.hart import Hart
    from machine.memory.bus import Bus
    from machine.trap.trap import Trap

__all__ = ["MmioAccess", "SbiCall", "UserSpace"]

MASK = (1 << 64) - 1
A0, A6, A7 = 10, 16, 17


@dataclass(frozen=True)
class MmioAccess:
    """A guest's access to a claimed address.

    Attributes:
        hart: number of the hart.
        address: physical.
        size: bytes: 1, 2, 4 or 8.
        value: what is stored, unsigned; None for a load, which waits for `UserSpace.complete`.
    """

    hart: int
    address: int
    size: int
    value: int | None = None

    @property
    def write(self) -> bool:
        """Whether it is a store."""
        return self.value is not None


@dataclass(frozen=True)
class SbiCall:
    """An ecall from HS-mode to its execution environment; the answer goes to a0 and a1 of the hart.

    Attributes:
        extension, function: a7 and a6.
        arguments: a0 to a5.
    """

    hart: int
    extension: int
    function: int
    arguments: tuple[int, ...]


class Claim:
    """A stretch of the bus that the embedder serves."""

    widths: tuple[int, ...] = (1, 2, 4, 8)

    def __init__(self, space: UserSpace, base: int, size: int, name: str) -> None:
        self._space, self._base = space, base
        self.size, self.name = size, name

    def read(self, offset: int, size: int) -> int:
        """A guest's load."""
        return self._space.load(self._base + offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """A guest's store."""
        self._space.store(self._base + offset, size, value)

    def peek(self, offset: int, size: int) -> int:
        """0: what the embedder would answer is not known, and a debugger's look must not end a run."""
        return 0


class UserSpace:
    """The embedder's side of a machine.

    Args:
        bus: where claims are placed.
        running: the hart whose instruction is under way.

    Attributes:
        waiting: the load that waits for its value, or None.
    """

    STATE = ("waiting", "_value")

    def __init__(self, bus: Bus, running: Callable[[], Hart | None]) -> None:
        self._bus, self._running = bus, running
        self.waiting: MmioAccess | None = None
        self._value: int | None = None

    def claim(self, base: int, size: int, name: str = "user space") -> None:
        """Serve ``size`` bytes at physical ``base``. Raises MachineError where memory or a device is."""
        self._bus.add_device(base, Claim(self, base, size, name))

    def claim_sbi(self, harts: list[Hart]) -> None:
        """Serve the ecalls of HS-mode in place of firmware."""
        for hart in harts:
            hart.environment = _sbi_exit

    def load(self, address: int, size: int) -> int:
        """Half of a load: ends the run, or takes the value that has been given since."""
        hart = self._running()
        assert hart is not None
        access = MmioAccess(hart.number, address, size)
        value, self._value = self._value, None
        if value is None or access != self.waiting:
            raise Watched(access)
        self.waiting = None
        return value & (1 << 8 * size) - 1

    def store(self, address: int, size: int, value: int) -> None:
        """Ends the run behind the instruction."""
        hart = self._running()
        assert hart is not None
        hart.request_stop(MmioAccess(hart.number, address, size, value))

    def complete(self, value: int) -> None:
        """Give the value of the load that waits. Raises MachineError when none does."""
        if self.waiting is None:
            raise MachineError("no load waits for a value: complete() answers an exit with reason MMIO and write False")
        self._value = value

    def holds(self, hart: Hart) -> bool:
        """Whether the hart's next instruction is a load that was given its value. Raises MachineError if it was not."""
        if self.waiting is None or self.waiting.hart != hart.number:
            return False
        if self._value is None:
            raise MachineError(
                f"hart {hart.number} waits for its load of {self.waiting.address:#x}: complete() it first"
            )
        return True

    def forget(self) -> None:
        """No load waits any more: it trapped this time, or the machine is reset."""
        self.waiting = self._value = None


def _sbi_exit(hart: Hart, trap: Trap) -> bool:
    if trap.cause != Cause.ECALL_HS:
        return False
    hart.next = hart.pc + 4 & MASK
    arguments = tuple(hart.x[A0 : A0 + 6])
    hart.request_stop(SbiCall(hart.number, hart.x[A7], hart.x[A6], arguments))
    return True
