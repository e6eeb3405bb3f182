"""What generated code must know of memory: where it is, who is told of stores to it, what PMP says of all of it."""

from __future__ import annotations

import ctypes
from collections import defaultdict

from machine.hart.code import StoreGuard
from machine.hart.hart import Hart
from machine.hart.timers import TimerLines
from machine.memory import pmp
from machine.memory.access import FETCH, LOAD, STORE
from machine.memory.ram import Ram
from machine.native.layout import FIELD, Block
from machine.native.listening import Records, own_timers, quiet
from machine.native.tables import ContextTable, Tables
from machine.native.watching import WatchTable
from machine.spec.modes import M, S, U

__all__ = ["Surroundings"]

WORD = (1 << 64) - 1
WATCHED, QUIET, FIRMWARE, CONTEXTS, PMP, CYCLES, SETTLED, TIME_OFFSET, RESERVE, LOOKS, MTIMECMP, DIVISOR = (
    place // 8
    for place in (
        *(Block.WATCHED, Block.QUIET, Block.FIRMWARE, Block.CONTEXTS, Block.PMP),
        *(Block.CYCLES, Block.SETTLED, Block.TIME_OFFSET, Block.RESERVE, Block.LOOKS, Block.MTIMECMP, Block.DIVISOR),
    )
)
"""Words of the private block that are written at each entry into generated code."""
KINDS, PRIVILEGES = (FETCH, LOAD, STORE), (U, S, M)


class Surroundings:
    """The private block's part about memory, kept true.

    Attributes:
        host: the host's address of main memory.
        block: the private block.
    """

    def __init__(self, ram: Ram, guard: StoreGuard) -> None:
        self.host = ctypes.addressof(ctypes.c_char.from_buffer(ram.data))
        self.block = (ctypes.c_uint64 * (Block.SIZE // 8))()
        self._pmp: dict[bytes, int] = {}
        self._set(Block.RAM, self.host - ram.base)
        self._set(Block.RAM_BASE, ram.base)
        self._set(Block.RAM_END, ram.base + ram.size)
        self._set(Block.GUARDED, ctypes.addressof(ctypes.c_char.from_buffer(guard.pages)))
        self._set(Block.HALVES, ctypes.addressof(ctypes.c_char.from_buffer(guard.halves)))
        self._ram = ram
        self._contexts: defaultdict[Hart, ContextTable] = defaultdict(ContextTable)
        self.records = Records(self.block)
        self._watches = WatchTable()

    def _set(self, offset: int, value: int) -> None:
        self.block[offset // 8] = value & WORD

    def update(self, hart: Hart, cycles: int) -> None:
        """Before generated code runs the hart for at most ``cycles``."""
        block, silent = self.block, quiet(hart)
        block[WATCHED] = self._watches.address_for(hart.watches.watchpoints)
        block[QUIET] = silent
        self._watch_time(hart, cycles, own_timers(hart) if silent else None)
        block[FIRMWARE] = hart.environment is not None
        block[CONTEXTS] = self._contexts[hart].address
        block[PMP] = self._allowed(hart)

    def _watch_time(self, hart: Hart, cycles: int, timers: TimerLines | None) -> None:
        block, clock = self.block, hart.clock
        block[CYCLES] = clock.cycles + cycles & WORD
        block[SETTLED] = clock.cycles
        block[DIVISOR] = clock.divisor
        block[TIME_OFFSET] = hart.time() - clock.now() & WORD
        block[RESERVE] = 0
        block[LOOKS] = timers is not None
        block[MTIMECMP] = timers.mtimecmp if timers else 0

    def install(self, hart: Hart, tables: Tables) -> None:
        """Let generated code find the translations of the hart's present state by itself."""
        self._contexts[hart].install(hart.state, tables)

    def _allowed(self, hart: Hart) -> int:
        """A region that matches all of memory decides for every access to it; none that does leaves all to M-mode."""
        registers = ctypes.string_at(ctypes.addressof(hart.state) + FIRST, BEHIND - FIRST)
        found = self._pmp.get(registers)
        if found is None:
            found = self._pmp[registers] = sum(
                pmp.permits(hart, self._ram.base, self._ram.size, kind, privilege) << 4 * kind + privilege
                for kind in KINDS
                for privilege in PRIVILEGES
            )
        return found


FIRST, BEHIND = FIELD["mseccfg"], FIELD["pmpaddr15"] + 8
"""The bytes of the flat block that PMP depends on."""
