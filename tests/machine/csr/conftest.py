"""A hart to try registers on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from machine.config import Config, parse_isa
from machine.csr import access
from machine.csr.file import BY_NAME
from machine.hart.clock import Clock
from machine.hart.code import StoreGuard
from machine.hart.hart import Hart
from machine.hart.watch import Watches
from machine.memory.bus import Bus
from machine.memory.ram import Ram
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from machine.trap.trap import Trap

OUTCOMES = {Cause.ILLEGAL_INSTRUCTION: "illegal", Cause.VIRTUAL_INSTRUCTION: "virtual"}


@dataclass
class Bench:
    """A hart after reset, and the words of these tests."""

    hart: Hart

    def write(self, name: str, value: int) -> None:
        """Write a register whatever the mode, as a debugger does."""
        BY_NAME[name].write(self.hart, value)

    def read(self, name: str) -> int:
        """Read a register whatever the mode, as a debugger does."""
        return BY_NAME[name].read(self.hart)

    def field(self, path: str) -> int:
        """Read ``register.FIELD``."""
        register, _, name = path.partition(".")
        (field,) = (f for f in BY_NAME[register].fields if f.name == name)
        return field.get(self.read(register))

    def enter(self, mode: Mode) -> None:
        """Continue in ``mode``."""
        self.hart.state.priv, self.hart.state.virt = mode.privilege, mode.virtual

    def now(self, ticks: int) -> None:
        """Let the time be ``ticks``."""
        self.hart.time = lambda: ticks

    def attempt(self, register: int | str, write: bool = False) -> tuple[str, Reason]:
        """What an access by an instruction meets: "ok", "illegal" or "virtual", and the clause."""
        number = BY_NAME[register].number if isinstance(register, str) else register
        try:
            self.hart.csr_check(number, write)
        except Trap as trap:
            return OUTCOMES[Cause(trap.cause)], Reason(trap.reason)
        return "ok", Reason.NONE

    def execute_read(self, name: str) -> int:
        """Read as an instruction of the current mode does."""
        return access.read(self.hart, BY_NAME[name].number)

    def execute_write(self, name: str, value: int) -> None:
        """Write as an instruction of the current mode does."""
        access.write(self.hart, BY_NAME[name].number, value)

    def execute_set(self, name: str, mask: int) -> int:
        """CSRRS: gives what rd receives."""
        number = BY_NAME[name].number
        old = access.read(self.hart, number)
        access.write(self.hart, number, access.read_for_update(self.hart, number) | mask)
        return old

    def allow_everything(self) -> None:
        """Set every bit that allows an access, clear every bit that forbids one."""
        for name in ("mcounteren", "hcounteren", "scounteren", "menvcfg", "henvcfg"):
            self.write(name, (1 << 64) - 1)
        self.write("mstatus", 3 << 13)
        self.write("vsstatus", 3 << 13)


def build(isa: str) -> Bench:
    """A bench whose hart has the extensions of ``isa``."""
    config = Config(isa=parse_isa(isa))
    bus, ram = Bus(), Ram(0x8000_0000, 1 << 20)
    bus.add_ram(ram)
    return Bench(Hart(0, config, bus, ram, Clock(1, 1), StoreGuard(ram.size), Watches()))


@pytest.fixture
def bench() -> Bench:
    """A hart with every extension."""
    return build("rv64gch_sstc_svadu")
