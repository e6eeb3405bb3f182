"""Data accesses of one hart: loads, stores, atomics and the hypervisor's accesses as a guest.

The fast path is one table look-up, by the address as the instruction makes it, masked bits included. Everything else —
translation, protection, page crossing, devices, watchpoints, guarded pages — happens once per page in `_locate`, or on
each access where it must.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from machine.hart.watch import Watched
from machine.memory.access import FETCH, LOAD, STORE, Access, data_access, guest_access
from machine.memory.bus import BusError
from machine.memory.faults import access_fault, misaligned
from machine.memory.pointers import effective_address
from machine.memory.translate import translate
from machine.spec.rules import Reason
from machine.trap.trap import Trap

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["DataPort"]

PAGE = 4096
MASK = (1 << 64) - 1
UNPACK = {n: struct.Struct(f"<{c}").unpack_from for n, c in ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))}
PACK = {n: struct.Struct(f"<{c}").pack_into for n, c in ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))}
BLOCK = 64
"""Bytes of a cache block (Zic64b)."""
RESERVATION_SET = 8
"""Bytes that LR reserves: one naturally aligned doubleword."""


class DataPort:
    """The words load, store, amo_*, load_reserved, store_conditional, guest_* of a hart."""

    def __init__(self, hart: Hart) -> None:
        self.hart = hart
        self.ram = hart.ram.data
        self.loads: dict[int, int] = {}
        self.stores: dict[int, int] = {}

    def load(self, address: int, size: int) -> int:
        """Read as the current mode; see `machine.isa.vocabulary.Hart.load`."""
        address &= MASK
        base = self.loads.get(address >> 12)
        if base is not None and (address & 4095) + size <= PAGE:
            value: int = UNPACK[size](self.ram, base + (address & 4095))[0]
            return value
        return self._read(address, size, data_access(self.hart, LOAD), self.loads)

    def store(self, address: int, size: int, value: int) -> None:
        """Write as the current mode."""
        address &= MASK
        base = self.stores.get(address >> 12)
        if base is not None and (address & 4095) + size <= PAGE:
            PACK[size](self.ram, base + (address & 4095), value & (1 << 8 * size) - 1)
            return
        self._write(address, size, value, data_access(self.hart, STORE), self.stores)

    def guest_load(self, address: int, size: int, execute: bool) -> int:
        """HLV and HLVX."""
        return self._read(address & MASK, size, guest_access(self.hart, LOAD, int(execute)), None)

    def guest_store(self, address: int, size: int, value: int) -> None:
        """HSV."""
        self._write(address & MASK, size, value, guest_access(self.hart, STORE, 0), None)

    def load_as(self, access: Access, address: int, size: int) -> int:
        """Read with the rights that ``access`` names, whatever the current mode."""
        return self._read(address & MASK, size, access, None)

    def store_as(self, access: Access, address: int, size: int, value: int) -> None:
        """Write with the rights that ``access`` names, whatever the current mode."""
        self._write(address & MASK, size, value, access, None)

    def amo_load(self, address: int, size: int) -> int:
        """Aligned, in main memory, readable and writable; every fault is a store/AMO fault."""
        access = data_access(self.hart, STORE)
        address = self._effective(address, access)
        physical = self._atomic(address, size, access)
        self._require(physical, size, (LOAD,), access, address, 0)
        self._watch(address, size, write=False)
        value: int = UNPACK[size](self.ram, physical - self.hart.ram.base)[0]
        return value

    def amo_store(self, address: int, size: int, value: int) -> None:
        """The other half of `amo_load`; it has checked everything."""
        self.store(address, size, value)

    def amo_load_pair(self, address: int) -> tuple[int, int]:
        """`amo_load` of 16 bytes."""
        access = data_access(self.hart, STORE)
        address = self._effective(address, access)
        physical = self._atomic(address, 16, access)
        self._require(physical, 16, (LOAD,), access, address, 0)
        self._watch(address, 16, write=False)
        at = physical - self.hart.ram.base
        return UNPACK[8](self.ram, at)[0], UNPACK[8](self.ram, at + 8)[0]

    def amo_store_pair(self, address: int, low: int, high: int) -> None:
        """The other half of `amo_load_pair`."""
        self._watch(self._effective(address, data_access(self.hart, STORE)), 16, write=True)
        self.store(address, 8, low)
        self.store(address + 8, 8, high)

    def manage_block(self, address: int) -> None:
        """CBO.INVAL, CLEAN, FLUSH: allowed where translation allows a load or a store, else a store's page fault.

        Without read permission in PMP it is a load access-fault, as the privileged manual has it (rule
        pmp_load_fault); the chapter on CMO says store access-fault there.
        """
        access = data_access(self.hart, LOAD)
        address = self._effective(address, access)
        try:
            physical = translate(self.hart, address, access, 0)
        except Trap:
            physical = translate(self.hart, address, data_access(self.hart, STORE), 0)
        self._require(physical & -BLOCK, BLOCK, (LOAD,), access, address, 0)

    def zero_block(self, address: int) -> None:
        """CBO.ZERO; a fault tells the address in the instruction's register, wherever in the block it is."""
        access = data_access(self.hart, STORE)
        address = self._effective(address, access)
        physical = translate(self.hart, address, access, 0) & -BLOCK
        self._require(physical, BLOCK, (STORE,), access, address, 0)
        if not self.hart.ram.contains(physical, BLOCK):
            raise access_fault(access, address, 0, Reason.BLOCK_ON_DEVICE)
        self._watch(address & -BLOCK, BLOCK, write=True)
        for at in range(0, BLOCK, 8):
            self._write_physical(physical + at, 8, 0, address, access)

    def load_reserved(self, address: int, size: int) -> int:
        """LR."""
        access = data_access(self.hart, LOAD)
        address = self._effective(address, access)
        physical = self._atomic(address, size, access)
        value = self._read(address, size, access, None)
        self.hart.state.reservation = physical & -RESERVATION_SET | 1
        return value

    def store_conditional(self, address: int, size: int, value: int) -> int:
        """SC: 0 when it stored. A failing SC still checks its address (it may raise either way)."""
        state, access = self.hart.state, data_access(self.hart, STORE)
        physical = self._atomic(self._effective(address, access), size, access)
        held = state.reservation == physical & -RESERVATION_SET | 1
        if held:
            self.store(address, size, value)
        state.reservation = 0
        return 0 if held else 1

    def _effective(self, address: int, access: Access) -> int:
        return effective_address(self.hart, address & MASK, access)

    def _atomic(self, address: int, size: int, access: Access) -> int:
        if address & (size - 1):
            raise misaligned(access, address, Reason.MISALIGNED)
        physical = self._locate(address, size, access, 0)
        if not self.hart.ram.contains(physical, size):
            raise access_fault(access, address, 0, Reason.ATOMIC_ON_DEVICE)
        return physical

    def _read(self, address: int, size: int, access: Access, table: dict[int, int] | None) -> int:
        first = effective_address(self.hart, address, access)
        parts = self._parts(first, size, access)
        self._watch(first, size, write=False)
        value, shift = 0, 0
        for physical, count, virtual in parts:
            value |= self._read_physical(physical, count, virtual, access) << shift
            self._remember(table, address + (shift >> 3) & MASK, virtual, physical, access)
            shift += 8 * count
        return value

    def _write(self, address: int, size: int, value: int, access: Access, table: dict[int, int] | None) -> None:
        first = effective_address(self.hart, address, access)
        parts = self._parts(first, size, access)
        self._watch(first, size, write=True)
        for physical, count, virtual in parts:
            self._write_physical(physical, count, value & (1 << 8 * count) - 1, virtual, access)
            value >>= 8 * count
            self._remember(table, address, virtual, physical, access)
            address = address + count & MASK

    def _watch(self, address: int, size: int, *, write: bool) -> None:
        """Raise Watched when the access, which is allowed and has not begun, touches a watchpoint."""
        hit = self.hart.watches.hit(address, size, write)
        if hit:
            raise Watched(hit)

    def _parts(self, address: int, size: int, access: Access) -> list[tuple[int, int, int]]:
        """(physical, bytes, virtual) of the access: two when it crosses a page, both checked before any effect."""
        if address & (size - 1) and not self.hart.config.misaligned:
            raise misaligned(access, address, Reason.MISALIGNED)
        first = PAGE - (address & 4095)
        if first >= size:
            return [(self._locate(address, size, access, 0), size, address)]
        second = self._effective(address + first, access)  # as if each part were an access (pm_misaligned_equivalence)
        near = self._locate(address, first, access, 0)
        return [(near, first, address), (self._locate(second, size - first, access, first), size - first, second)]

    def _locate(self, address: int, size: int, access: Access, offset: int) -> int:
        """Translate and check protection; raises where the access may not be made."""
        physical = translate(self.hart, address, access, offset)
        kinds = (access.kind, FETCH) if access.execute else (access.kind,)  # HLVX needs both (rule hlsv_u_op)
        self._require(physical, size, kinds, access, address, offset)
        return physical

    def _require(
        self, physical: int, size: int, kinds: tuple[int, ...], access: Access, address: int, offset: int
    ) -> None:
        for kind in kinds:
            reason = self.hart.physical.refusal(physical, size, kind, access.privilege)
            if reason != Reason.NONE:
                raise access_fault(access, address, offset, reason)

    def _remember(self, table: dict[int, int] | None, named: int, virtual: int, physical: int, access: Access) -> None:
        """Fill the fast path's table when every access of the kind to the page may take it: the page of the address
        ``named``, which is ``virtual`` but for masked bits."""
        hart, page = self.hart, physical & -PAGE
        if table is None or not hart.ram.contains(page, PAGE) or hart.watches.covers_page(virtual >> 12):
            return
        if access.kind == STORE and hart.guard.guarded(page - hart.ram.base):
            return
        if hart.physical.whole_page(page):
            table[named >> 12] = page - hart.ram.base

    def _read_physical(self, physical: int, size: int, address: int, access: Access) -> int:
        hart = self.hart
        if hart.ram.contains(physical, size):
            return hart.ram.read(physical - hart.ram.base, size)
        hart.settle()  # the device may ask for the time; a line that it changes asks for attention itself
        try:
            value = hart.bus.read(physical, size)
        except BusError:
            raise access_fault(access, address, 0, Reason.NO_MEMORY) from None
        return value

    def _write_physical(self, physical: int, size: int, value: int, address: int, access: Access) -> None:
        hart = self.hart
        if hart.ram.contains(physical, size):
            offset = physical - hart.ram.base
            hart.ram.write(offset, size, value)
            if hart.guard.guarded(offset):
                hart.guard.wrote(offset, size)
            return
        hart.settle()
        try:
            hart.bus.write(physical, size, value)
        except BusError:
            raise access_fault(access, address, 0, Reason.NO_MEMORY) from None
