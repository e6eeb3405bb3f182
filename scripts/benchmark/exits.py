"""Why compiled code is left: which instructions of the shipped guests the reference engine runs in its place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import gdbstub
from machine.board.elf import load_image
from machine.board.image import starts_in_m_mode
from machine.config import Config
from machine.hart.hart import Hart
from machine.isa.disassemble import disassemble
from machine.machine import Machine
from machine.memory.access import fetch_access
from machine.memory.translate import translate
from machine.native.cache import Cache
from machine.native.engine import NativeEngine
from machine.native.layout import Block, Exit
from machine.run_exit import ExitReason
from machine.startup.boot import Boot
from machine.trap.trap import Trap

__all__ = ["Exits", "count_all"]

GUESTS = Path(gdbstub.__file__).parent / "guests"
LONGEST = 2_000_000
SLICE = 100_000
REASONS = {value: name.lower() for name, value in vars(Exit).items() if isinstance(value, int)}


@dataclass(frozen=True)
class Exits:
    """One guest's.

    Attributes:
        cycles: that it ran.
        by_reason: how often generated code came back, and why.
        stepped: how often for one instruction: (reason, mode, mnemonic, whether it trapped) → times.
    """

    guest: str
    cycles: int
    by_reason: dict[str, int]
    stepped: Counter[tuple[str, str, str, str]]


class CountingEngine(NativeEngine):
    """Counts what it runs as the reference engine does."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Cache())
        self.stepped: Counter[tuple[str, str, str, str]] = Counter()

    def _step(self, hart: Hart) -> int:
        reason, mode, name = REASONS[self._block[Block.REASON // 8]], hart.mode.name, mnemonic(hart)
        traps = hart.state.trap_count
        used = super()._step(hart)
        self.stepped[reason, mode, name, "traps" if hart.state.trap_count != traps else ""] += 1
        return used


def mnemonic(hart: Hart) -> str:
    """Of the instruction at pc, or of what keeps it from being fetched."""
    try:
        offset = translate(hart, hart.state.pc, fetch_access(hart), 0) - hart.ram.base
    except Trap:
        return "(no instruction)"
    word = int.from_bytes(hart.ram.data[offset : offset + 4], "little")
    return disassemble(word if word & 3 == 3 else word & 0xFFFF, hart.state.pc).split()[0]


def count(image: Path) -> Exits:
    """Run a guest to its end, for `LONGEST` cycles at most."""
    loaded = load_image(image)
    config = Config()
    machine = Machine(config, lambda data: None)
    engine = CountingEngine(config)
    machine.engine = engine
    Boot(loaded, builtin=not starts_in_m_mode(loaded)).install(machine)
    machine.reset()
    while machine.clock.cycles < LONGEST and machine.run(SLICE).reason is ExitReason.BUDGET:
        pass
    reasons = {REASONS[number]: times for number, times in enumerate(engine.exits) if times}
    return Exits(image.stem, machine.clock.cycles, reasons, engine.stepped)


def count_all() -> list[Exits]:
    """Each guest that we ship."""
    return [count(image) for image in sorted(GUESTS.glob("*.elf"))]
