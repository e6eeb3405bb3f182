"""A hart on which one instruction at a time is run, by each engine."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.csr.file import BY_NAME as CSRS
from machine.engines import make_engine
from machine.hart.clock import Clock
from machine.hart.code import StoreGuard
from machine.hart.hart import Hart
from machine.hart.trapping import TrapRecord
from machine.hart.watch import Watches
from machine.isa.assemble import assemble
from machine.memory.bus import Bus
from machine.memory.ram import Ram
from machine.observe.trap_log import TrapLog
from machine.spec.modes import Mode
from machine.spec.registers import X_NAMES

BASE = 0x8000_0000
ALL_OF_MEMORY = {"pmpaddr0": (1 << 54) - 1, "pmpcfg0": 0x1F}


class Bench:
    """One hart with 1 MiB of memory at `BASE`; it starts in M-mode and every mode may use all of memory."""

    base = BASE
    data = BASE + 0x1000

    def __init__(self, engine: str = "reference") -> None:
        config = Config(memory=1 << 20)
        self.ram, bus, guard = Ram(BASE, config.memory), Bus(), StoreGuard(config.memory)
        bus.add_ram(self.ram)
        self.hart = Hart(0, config, bus, self.ram, Clock(config.cycles_per_tick, 1), guard, Watches())
        self.hart.reset(BASE)
        self.traps = TrapLog()
        self.hart.trap_observers.append(self.traps.trapped)
        self.engine = make_engine(engine, config)
        self.set(**ALL_OF_MEMORY)

    def enter(self, mode: Mode) -> None:
        """Continue in ``mode``."""
        self.hart.state.priv, self.hart.state.virt = mode.privilege, mode.virtual
        self.hart.context_changed()

    def set(self, **values: int) -> None:
        """Set registers by ABI name, fields of the state by theirs."""
        for name, value in values.items():
            if name in X_NAMES:
                self.hart.x[X_NAMES.index(name)] = value
            else:
                setattr(self.hart.state, name, value)
        self.hart.forget_translations()
        self.hart.context_changed()

    def get(self, name: str) -> int:
        """A register by ABI name, or a field of the state; ``pc`` relative to `BASE`."""
        if name in X_NAMES:
            return self.hart.x[X_NAMES.index(name)]
        value: int = getattr(self.hart.state, name)
        return value - BASE if name == "pc" else value

    def run(self, text: str | int, **before: int) -> TrapRecord | None:
        """Set, place one instruction at `BASE`, run it; gives the trap that it raised, if it did."""
        word = text if isinstance(text, int) else assemble(text, BASE, lambda name: CSRS[name].number)
        self.set(**before)
        self.poke(BASE, 4, word)
        self.hart.state.pc = BASE
        self.traps.clear()
        self.engine.run(self.hart, 1)
        return next(iter(self.traps.last(1)), None)

    def after(self, text: str, before: dict[str, int], names: dict[str, int]) -> dict[str, int]:
        """What ``names`` hold after the instruction, which must not trap."""
        trap = self.run(text, **before)
        assert trap is None, trap
        return {name: self.get(name) for name in names}

    def poke(self, address: int, size: int, value: int) -> None:
        """Write memory as a debugger does."""
        self.ram.write(address - BASE, size, value)
        self.hart.guard.wrote(address - BASE, size)

    def peek(self, address: int, size: int) -> int:
        """Read memory as a debugger does."""
        return self.ram.peek(address - BASE, size)


@pytest.fixture
def bench(semantic_engine: str) -> Bench:
    """A fresh hart."""
    return Bench(semantic_engine)
