"""The data accesses of meanings: through the context's TLB, inline; what misses leaves the handler."""

from __future__ import annotations

from typing import Any

from machine.hart.port import RESERVATION_SET
from machine.native.dispatch import LIKELY, address, tail
from machine.native.layout import Block, Context
from machine.native.path import WORD, Path
from machine.native.value import StagingError

__all__ = ["DataWords"]


class DataWords(Path):
    """load, store, AMO, LR and SC.

    Attributes:
        unaligned: name of the handler to try when an access is not aligned inside a cached page, or "".
        slow: whether this is that handler.
    """

    unaligned = ""
    slow = False
    _amo = ""

    def load(self, where: Any, size: int) -> Any:
        name = self.stager.effect(lambda: self._read(self._host(where, size, (Context.LOAD,)), size))
        return self.stager.leaf(name, 0, (1 << 8 * size) - 1)

    def store(self, where: Any, size: int, value: Any) -> None:
        self.stager.effect(lambda: self._write(self._host(where, size, (Context.STORE,)), size, value), write=True)

    def amo_load(self, where: Any, size: int) -> Any:
        self._amo = self.stager.effect(lambda: self._host(where, size, (Context.STORE,), atomic=True))
        return self.stager.leaf(self.stager.effect(lambda: self._read(self._amo, size)), 0, (1 << 8 * size) - 1)

    def amo_store(self, where: Any, size: int, value: Any) -> None:
        self.stager.effect(lambda: self._write(self._amo, size, value), write=True)

    def load_reserved(self, where: Any, size: int) -> Any:
        either = (Context.LOAD, Context.STORE)
        host = self.stager.effect(lambda: self._host(where, size, either, atomic=True))
        value = self.stager.leaf(self.stager.effect(lambda: self._read(host, size)), 0, (1 << 8 * size) - 1)
        self.state.reservation = self._reservation(host)
        return value

    def store_conditional(self, where: Any, size: int, value: Any) -> Any:
        host = self.stager.effect(lambda: self._host(where, size, (Context.STORE,), atomic=True))
        held = self.state.reservation == self._reservation(host)
        if held:
            self.stager.effect(lambda: self._write(host, size, value), write=True)
        self.state.reservation = 0
        return 0 if held else 1

    def _reservation(self, host: str) -> Any:
        def physical() -> str:
            number = self.code.let(f"ptrtoint ptr {host} to i64")
            return self.code.let(f"sub i64 {number}, {self.load_word('%pv', Block.RAM)}")

        return self.stager.leaf(self.stager.effect(physical), 0, WORD) & -RESERVATION_SET | 1

    def _host(self, where: Any, size: int, tags: tuple[int, ...], *, atomic: bool = False) -> str:
        """The host's address of a cached page's bytes; a page that is not cached leaves the instruction.

        Any of ``tags`` will do: what may be stored to may be loaded from, as PTEs and PMP reserve W without R.
        """
        if self.stager.written:
            raise StagingError("a meaning accesses memory behind a write: the access could not be given up")
        code = self.code
        at = code.value(where, 64)
        shift = 12 - (Context.DATA_SLOT.bit_length() - 1)
        index = code.let(f"lshr i64 {at}, {shift}")
        index = code.let(f"and i64 {index}, {(Context.DATA_SLOTS - 1) * Context.DATA_SLOT}")
        slot = code.let(f"getelementptr i8, ptr %cx, i64 {index}")
        within = self.slow and not atomic
        wanted = code.let(f"and i64 {at}, {-4096 if within else -4096 | size - 1}")
        hits = [code.let(f"icmp eq i64 {self.load_word(slot, tag)}, {wanted}") for tag in tags]
        hit = hits[0] if len(hits) == 1 else code.let(f"or i1 {hits[0]}, {hits[1]}")
        if within:
            fits = code.let(f"icmp ule i64 {code.let(f'and i64 {at}, 4095')}, {4096 - size}")
            hit = code.let(f"and i1 {hit}, {fits}")
        elif self.unaligned and not atomic:
            fits = ""
        else:
            fits = code.let(f"icmp eq i64 {code.let(f'and i64 {at}, {size - 1}')}, 0")
        self._or_leave(hit, at, fits, "@h_fill_load" if Context.LOAD in tags else "@h_fill_store")
        host = code.let(f"add i64 {self.load_word(slot, Context.ADDEND)}, {at}")
        return code.let(f"inttoptr i64 {host} to ptr")

    def _or_leave(self, hit: str, at: str, fits: str, fill: str) -> None:
        """Leave where the look-up missed: to cache the page, if the access fits in it as it should."""
        code = self.code
        found, missed = code.block(), code.block()
        code.branch(hit, found, missed, LIKELY)
        code.begin(missed)
        if not fits:
            code.do(tail(self.unaligned))
        else:
            code.do(f"store i64 {at}, ptr {code.let(address('%pv', Block.ADDRESS))}")
            page, cold = code.block(), code.block()
            code.branch(fits, page, cold)
            code.begin(page)
            code.do(tail(fill))
            code.begin(cold)
            code.do(tail("@h_miss"))
        code.begin(found)

    def _read(self, host: str, size: int) -> str:
        return self.code.let(f"load i{8 * size}, ptr {host}, align 1")

    def _write(self, host: str, size: int, value: Any) -> None:
        self.code.do(f"store i{8 * size} {self.code.value(value, 8 * size)}, ptr {host}, align 1")
