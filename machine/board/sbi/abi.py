"""The binary interface: errors, hart states, and what the firmware needs of the machine (SBI, "Binary Encoding")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from machine.devices.finish import Finish

__all__ = ["Call", "Extension", "Function", "HartStatus", "SbiError", "SbiFailure", "SbiHart", "SbiPlatform"]

A0, A6, A7 = 10, 16, 17
"""Numbers of the argument registers."""


class SbiError(IntEnum):
    """Standard SBI errors, as a0 returns them."""

    SUCCESS = 0
    FAILED = -1
    NOT_SUPPORTED = -2
    INVALID_PARAM = -3
    DENIED = -4
    INVALID_ADDRESS = -5
    ALREADY_AVAILABLE = -6
    ALREADY_STARTED = -7
    ALREADY_STOPPED = -8
    NO_SHMEM = -9


class SbiFailure(Exception):
    """A function refuses: the caller finds ``error`` in a0."""

    def __init__(self, error: SbiError) -> None:
        super().__init__(error.name)
        self.error = error


class HartStatus(IntEnum):
    """HSM states; the transitions of this machine are immediate, so the pending states never show."""

    STARTED = 0
    STOPPED = 1
    START_PENDING = 2
    STOP_PENDING = 3
    SUSPENDED = 4
    SUSPEND_PENDING = 5
    RESUME_PENDING = 6


class Registers(Protocol):
    """The integer registers, 64-bit unsigned, index 0 to 31."""

    def __getitem__(self, number: int, /) -> int: ...
    def __setitem__(self, number: int, value: int, /) -> None: ...


class SbiHart(Protocol):
    """What the firmware does to one hart."""

    @property
    def id(self) -> int:
        """mhartid."""

    @property
    def x(self) -> Registers:
        """The integer registers."""

    @property
    def status(self) -> HartStatus:
        """Its HSM state."""

    def start(self, pc: int, opaque: int) -> None:
        """Begin in HS-mode at physical ``pc`` with satp and sstatus.SIE 0, a0 the hart's id, a1 ``opaque``."""

    def stop(self) -> None:
        """Execute nothing until `start`."""

    def suspend(self, resume: tuple[int, int] | None) -> None:
        """Idle until an interrupt that sie enables is pending, whatever sstatus.SIE says.

        Then continue after the ecall (None), or as by `start` at ``resume`` = (pc, opaque).
        """

    def set_timer(self, time: int) -> None:
        """Make the supervisor timer interrupt pending from mtime >= ``time`` on, and clear it until then."""

    def set_ssip(self, level: bool) -> None:
        """Set or clear the supervisor software interrupt's pending bit."""

    @property
    def ssip(self) -> bool:
        """The supervisor software interrupt's pending bit."""

    @property
    def hypervisor_csrs(self) -> tuple[int, ...]:
        """The numbers of its hypervisor and VS CSRs, one that others depend on before these."""

    def read_csr(self, number: int) -> int:
        """A CSR's value."""

    def write_csr(self, number: int, value: int) -> None:
        """Write a CSR as HS-mode does; a read-only one stays as it is."""

    def return_from_trap(self) -> None:
        """Execute SRET in HS-mode."""

    nested_memory: int | None
    """The physical address of nested acceleration's shared memory, or None."""

    def fence_i(self) -> None:
        """Execute FENCE.I."""

    def sfence(self) -> None:
        """Execute SFENCE.VMA for every address and ASID."""

    def hfence_gvma(self) -> None:
        """Execute HFENCE.GVMA for every guest physical address and VMID."""

    def hfence_vvma(self) -> None:
        """Execute HFENCE.VVMA for every guest virtual address and ASID."""


class SbiPlatform(Protocol):
    """What the firmware does to the machine."""

    @property
    def has_hypervisor(self) -> bool:
        """Whether the harts implement the hypervisor extension."""

    def has_memory(self, address: int, size: int) -> bool:
        """Whether the physical range is main memory."""

    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of main memory."""

    def write_memory(self, address: int, data: bytes) -> None:
        """Store bytes to main memory; harts see it as another hart's store."""

    def console_write(self, data: bytes) -> None:
        """Show bytes on the console."""

    def console_read(self, limit: int) -> bytes:
        """Up to ``limit`` bytes that were typed; empty when there are none."""

    def finish(self, finish: Finish) -> None:
        """End the run."""


@dataclass(frozen=True)
class Call:
    """One ecall: who called, with what, in what world.

    Attributes:
        arguments: a0 to a5, unsigned.
        extensions: the extension IDs that exist.
    """

    hart: SbiHart
    arguments: tuple[int, ...]
    harts: Sequence[SbiHart]
    platform: SbiPlatform
    extensions: frozenset[int]


Function = Callable[[Call], int | None]
"""Returns the value for a1, or None when the call does not return. Raises SbiFailure before it changes anything."""


class Extension:
    """An extension ID and its functions by function ID; filled by the decorator `function`."""

    legacy = False

    def __init__(self, eid: int, name: str) -> None:
        self.eid = eid
        self.name = name
        self.functions: dict[int, Function] = {}

    def function(self, fid: int) -> Callable[[Function], Function]:
        """Decorator: the function of this number."""

        def register(function: Function) -> Function:
            self.functions[fid] = function
            return function

        return register

    def lookup(self, fid: int) -> Function:
        """The function of this number. Raises SbiFailure when there is none."""
        if fid not in self.functions:
            raise SbiFailure(SbiError.NOT_SUPPORTED)
        return self.functions[fid]
