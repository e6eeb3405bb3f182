"""Cached translations of one hart, by the state that they depend on.

Every combination of mode, address-translation registers and permission bits has tables of its own, so that a world
switch forgets nothing: it selects other tables. A fence forgets whole tables, of those contexts whose translations
pass through the register that it is about with an ASID or VMID that it names: a world's fences leave the others alone.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bits
from machine.memory.access import pointer_masking
from machine.spec import status
from machine.spec.modes import M
from machine.spec.paging import ASID_BITS, ASID_LOW, EVERY_SPACE, FENCE_G, FENCE_S, VMID_BITS

__all__ = ["Context", "Contexts", "key_of"]

SUM_MXR = 1 << status.SUM | 1 << status.MXR
MPRV_BITS = 1 << status.MPRV | 3 << status.MPP | 1 << status.MPV | SUM_MXR
HOST, GUEST, MODIFIED = 3, 5, 7
"""Lengths of the keys that hold satp, vsatp and hgatp, or (with MPRV) all three, in their last places."""
LIMIT = 256
"""Contexts kept; a guest that makes more (by cycling ASIDs, say) starts over."""


class Context:
    """Tables of one context: virtual page → offset of the page in RAM, and virtual address → decoded instruction."""

    __slots__ = ("code", "loads", "stores")

    def __init__(self) -> None:
        self.code: dict[int, Any] = {}
        self.loads: dict[int, int] = {}
        self.stores: dict[int, int] = {}

    def clear(self) -> None:
        """Forget all of it, keeping the table objects, which may be in use."""
        self.code.clear()
        self.loads.clear()
        self.stores.clear()


class Contexts:
    """All contexts of a hart."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[int, ...], Context] = {}

    def select(self, state: Any) -> Context:
        """The tables that hold for the present state."""
        key = key_of(state)
        found = self._by_key.get(key)
        if found is None:
            if len(self._by_key) >= LIMIT:
                self._by_key.clear()
            found = self._by_key[key] = Context()
        return found

    def forget(self) -> None:
        """Drop everything, keeping the table objects that are in use."""
        for context in self._by_key.values():
            context.clear()

    def forget_stage(self, stage: int, space: int, hgatp: int) -> None:
        """Drop what a fence names: `FENCE_S` and so on, an ASID or a VMID or `EVERY_SPACE`; ``hgatp`` has the VMID
        that vsatp's ASIDs belong to."""
        vmid = bits(hgatp, ASID_LOW + VMID_BITS - 1, ASID_LOW)
        for key, context in self._by_key.items():
            satp, vsatp, through = _registers(key)
            if stage == FENCE_S:
                concerned = _names(satp, ASID_BITS, space)
            elif stage == FENCE_G:
                concerned = _names(through, VMID_BITS, space)
            else:
                concerned = _names(through, VMID_BITS, vmid) and _names(vsatp, ASID_BITS, space)
            if concerned:
                context.clear()

    def forget_code(self) -> None:
        """Drop decoded instructions only."""
        for context in self._by_key.values():
            context.code.clear()

    def forget_instruction(self, address: int) -> None:
        """Drop the instruction decoded at a virtual address, in every context."""
        for context in self._by_key.values():
            context.code.pop(address, None)

    def forget_stores(self) -> None:
        """Drop store translations only: some page must be looked at on each store from now on."""
        for context in self._by_key.values():
            context.stores.clear()


def key_of(state: Any) -> tuple[int, ...]:
    """What the translations of the present state depend on, as words of any value; two states that differ in it have
    tables of their own."""
    mstatus = state.mstatus
    if mstatus & 1 << status.MPRV:
        mpp, guest = bits(mstatus, status.MPP + 1, status.MPP), state.vsstatus & SUM_MXR
        mode = _with_masking(state, mpp, mstatus >> status.MPV & 1)
        return mode, state.virt, mstatus & MPRV_BITS, guest, state.satp, state.vsatp, state.hgatp
    mode = _with_masking(state, state.priv, state.virt)
    if state.virt:
        return mode, mstatus & 1 << status.MXR, state.vsstatus & SUM_MXR, state.vsatp, state.hgatp
    if state.priv == M:
        return (mode,)
    return mode, mstatus & SUM_MXR, state.satp


def _with_masking(state: Any, privilege: int, virtual: int) -> int:
    """The privilege, and the pointer masking of data accesses: their pages are found by addresses as they are named,
    so that one page can be there under many."""
    word: int = state.priv | pointer_masking(state, privilege, virtual) << 2
    return word


def _registers(key: tuple[int, ...]) -> tuple[int | None, int | None, int | None]:
    """satp, vsatp and hgatp of a context, as far as its translations pass through them."""
    if len(key) == MODIFIED:
        return key[4], key[5], key[6]
    if len(key) == GUEST:
        return None, key[3], key[4]
    return (key[2] if len(key) == HOST else None), None, None


def _names(register: int | None, width: int, space: int) -> bool:
    """Whether the register's ASID or VMID is the one that a fence names."""
    if register is None:
        return False
    return space == EVERY_SPACE or bits(register, ASID_LOW + width - 1, ASID_LOW) == space
