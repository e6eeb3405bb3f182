"""This machine, as a comparison needs it: a step, and all that the step did."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from gdbstub.scripting.direct import DirectSession
from gdbstub.scripting.errors import ScriptingError
from gdbstub.second_opinion.shared import is_counter
from machine.csr.file import BY_NUMBER
from machine.hart.state import FIELDS
from machine.hart.trapping import TrapRecord
from machine.hart.watch import Watches, WatchHit
from machine.isa.decode import decode
from machine.isa.vocabulary import Operands
from machine.memory.access import LOAD, data_access
from machine.observe.probe import probe
from machine.observe.trace import fetch
from machine.run_exit import ExitReason

__all__ = ["Did", "Here", "Stores"]

WORDS = struct.Struct(f"<{32 + 32 + len(FIELDS)}Q")
QUIET = frozenset(
    FIELDS.index(name) for name in FIELDS if name in {"pc", "mcycle", "minstret", "reservation"} or "trap_" in name
)
"""Fields whose change makes no register worth asking for."""
X, F = slice(0, 32), slice(32, 64)
MASK = (1 << 64) - 1


@dataclass
class Stores(Watches):
    """Watchpoints that stop nothing and hear of every store: (virtual address, bytes)."""

    def __post_init__(self) -> None:
        self.heard: list[tuple[int, int]] = []

    def covers_page(self, page: int) -> bool:
        """Every page: so every access asks."""
        return True

    def hit(self, address: int, size: int, write: bool) -> WatchHit | None:
        if write:
            self.heard.append((address, size))
        return None


@dataclass(frozen=True)
class Did:
    """One step.

    Attributes:
        pc, mode, word: the instruction's; the word is None where the fetch failed.
        before: x0 to x31, before it.
        stores: what it wrote, at virtual addresses of the mode that it ran in; empty for HSV, whose are the guest's.
        traps: what it raised, or the interrupt that was taken in its place.
        registers: whether a CSR may have changed.
        floating: indices of the f registers that changed.
        over: why there is no next step, or "".
    """

    pc: int
    mode: str
    word: int | None
    before: tuple[int, ...]
    stores: tuple[tuple[int, int], ...]
    traps: tuple[TrapRecord, ...]
    registers: bool
    floating: tuple[int, ...]
    over: str

    @property
    def interrupted(self) -> bool:
        """Whether it was the entry of an interrupt."""
        return any(record.interrupt for record in self.traps)

    @property
    def name(self) -> str:
        """The mnemonic; "" for what is no instruction, and where an interrupt was taken in its place."""
        found = decode(self.word) if self.word is not None and not self.interrupted else None
        return found.instruction.name if found else ""


class Here:
    """One hart of this machine, driven by a session that watches nothing else."""

    def __init__(self, session: DirectSession) -> None:
        self.session, self.machine = session, session.machine
        self.hart = self.machine.harts[0]
        self._stores = Stores()
        self._traps: list[TrapRecord] = []
        self.machine.watches = self.hart.watches = self._stores
        self.hart.forget_translations()
        self.hart.trap_observers.append(lambda hart, record: self._traps.append(record))

    def advance(self) -> Did:
        """One instruction, or the entry of an interrupt."""
        hart = self.hart
        pc, mode, word = hart.state.pc, hart.mode.label, fetch(hart, hart.state.pc)
        before = WORDS.unpack(hart.state)
        self._stores.heard, self._traps = [], []
        ended = self.machine.step(0, 1)
        after = WORDS.unpack(hart.state)
        old, new = before[64:], after[64:]
        changed = bool(_unequal(old, new) - QUIET)
        floating = tuple(sorted(_unequal(before[F], after[F])))
        did = Did(pc, mode, word, before[X], (), tuple(self._traps), changed, floating, self._over(ended.reason))
        return did if did.name.startswith("hsv") else replace(did, stores=tuple(self._stores.heard))

    def _over(self, reason: ExitReason) -> str:
        if self.machine.finish is not None:
            return "the guest has ended its run"
        if reason is ExitReason.IDLE or self.hart.state.waiting:
            return "the hart waits for an interrupt"
        return ""

    def general(self) -> tuple[int, ...]:
        """x0 to x31, and pc."""
        return (*self.hart.x, self.hart.state.pc)

    @property
    def firmware(self) -> bool:
        """Whether the machine itself is in M-mode."""
        return self.hart.environment is not None

    def called_firmware(self, did: Did) -> bool:
        """Whether the step was a call that the built-in firmware answered: elsewhere that is a program's work."""
        return self.firmware and did.name == "ecall" and self.hart.state.pc == did.pc + 4

    def values(self, names: Iterable[str]) -> dict[str, int]:
        """Registers by name."""
        return {name: self.session.read_register(name) for name in names}

    def take(self, values: dict[str, int]) -> None:
        """Write registers, as far as this machine can hold the values."""
        for name, value in values.items():
            with suppress(ScriptingError):
                self.session.write_register(name, value)

    def piece(self, address: int, length: int) -> bytes | None:
        """Memory at a virtual address; None for what cannot be read."""
        try:
            return self.session.read_memory(address, length)
        except ScriptingError:
            return None

    def reads_another_world(self, did: Did) -> bool:
        """Whether the step's result is the time, a count, or what a device says: each machine's own affair."""
        found = decode(did.word) if did.word is not None else None
        if found is None or did.traps:
            return False
        if did.name.startswith("csr"):
            return is_counter(_csr_name(found.operands.csr))
        return "(rs1)" in found.instruction.syntax and self._from_device(did, found.operands)

    def _from_device(self, did: Did, operands: Operands) -> bool:
        address = did.before[operands.rs1] + getattr(operands, "imm", 0) & MASK
        physical = probe(self.hart, address, data_access(self.hart, LOAD)).physical
        return physical is not None and not self.hart.ram.contains(physical, 1)


def _unequal(one: Sequence[int], other: Sequence[int]) -> set[int]:
    if one == other:
        return set()
    return {at for at, (first, second) in enumerate(zip(one, other, strict=True)) if first != second}


def _csr_name(number: int) -> str:
    return BY_NUMBER[number].name if number in BY_NUMBER else ""
