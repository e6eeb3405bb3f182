"""HLV, HLVX and HSV: a walk of both stages each time, for no context's TLB holds what the guest may access.

Only what is plain is done here, as in `walks`: an access within a page of main memory, nothing watched or guarded.
A fault is raised here; everything else is left to the reference engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machine.bits import u
from machine.memory.access import FETCH, LOAD, STORE, Access, guest_access
from machine.native.layout import Block
from machine.native.walks import WalkWords, opaque

__all__ = ["GuestWords"]

PAGE = 4096


class GuestWords(WalkWords):
    """The words guest_load and guest_store.

    Attributes:
        translate: the routine `machine.memory.translate.translate` as a call; an instruction's handler has one.
        effective_address: likewise `machine.memory.pointers.effective_address`.
    """

    translate: Callable[..., Any]
    effective_address: Callable[..., Any]

    def guest_load(self, where: Any, size: int, execute: bool) -> Any:
        kinds = (LOAD, FETCH) if execute else (LOAD,)  # HLVX needs both (rule hlsv_u_op)
        physical = self._reached(u(where), size, guest_access(self, LOAD, int(execute)), kinds)
        return self.leaf(
            lambda: self.code.let(f"load i{8 * size}, ptr {self._host_of(physical)}, align 1"), 0, (1 << 8 * size) - 1
        )

    def guest_store(self, where: Any, size: int, value: Any) -> None:
        physical = self._reached(u(where), size, guest_access(self, STORE, 0), (STORE,))
        if self.guarded(physical) != 0:
            self.give_up()
        code = self.code

        def store() -> None:
            code.do(f"store i{8 * size} {code.value(value, 8 * size)}, ptr {self._host_of(physical)}, align 1")

        self.stager.effect(store, write=True)

    def _reached(self, address: Any, size: int, access: Access, kinds: tuple[int, ...]) -> Any:
        """The physical address, in main memory, of an access that may be made."""
        address = self.effective_address(self, address, access)
        awkward = (u(address, 12) > PAGE - size) | (self.private(Block.WATCHED) != 0)
        if not self.config.misaligned:
            awkward = awkward | (u(address, 3) & (size - 1) != 0)
        if awkward:
            self.give_up()
        physical = self.translate(self, address, opaque(self.stager, access), 0)
        for kind in kinds:
            self.physical_refusal(physical, size, kind, access.privilege)
        return physical
