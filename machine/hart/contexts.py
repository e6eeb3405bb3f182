"""Cached translations of one hart, by the state that they depend on.

Every combination of mode, address-translation registers and permission bits has tables of its own, so that a world
switch forgets nothing: it selects other tables. A fence forgets all of them, which the manual allows.
"""

from __future__ import annotations

from typing import Any

from machine.spec import status
from machine.spec.modes import M

__all__ = ["Context", "Contexts", "key_of"]

SUM_MXR = 1 << status.SUM | 1 << status.MXR
MPRV_BITS = 1 << status.MPRV | 3 << status.MPP | 1 << status.MPV | SUM_MXR
LIMIT = 256
"""Contexts kept; a guest that makes more (by cycling ASIDs, say) starts over."""


class Context:
    """Tables of one context: virtual page → offset of the page in RAM, and virtual address → decoded instruction."""

    __slots__ = ("code", "loads", "stores")

    def __init__(self) -> None:
        self.code: dict[int, Any] = {}
        self.loads: dict[int, int] = {}
        self.stores: dict[int, int] = {}


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
            context.code.clear()
            context.loads.clear()
            context.stores.clear()

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
        guest = state.vsstatus & SUM_MXR
        return state.priv, state.virt, mstatus & MPRV_BITS, guest, state.satp, state.vsatp, state.hgatp
    if state.virt:
        return state.priv, mstatus & 1 << status.MXR, state.vsstatus & SUM_MXR, state.vsatp, state.hgatp
    if state.priv == M:
        return (M,)
    return state.priv, mstatus & SUM_MXR, state.satp
