"""The data accesses of meanings: through the context's TLB, inline; what misses leaves the handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machine.hart.port import RESERVATION_SET
from machine.native.dispatch import LIKELY, address, tail
from machine.native.guarding import BESIDE_CODE
from machine.native.layout import Block, Context
from machine.native.lower import Block as CodeBlock
from machine.native.path import WORD, Path
from machine.native.value import StagingError
from machine.native.watching import unwatched

__all__ = ["DataWords"]


class DataWords(Path):
    """load, store, AMO, LR and SC.

    Attributes:
        unaligned: name of the handler to try when an access is not aligned inside a cached page, or its page is
            watched, or "".
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
        self._require_cached(at, size, slot, tags, atomic)
        host = code.let(f"add i64 {self.load_word(slot, Context.ADDEND)}, {at}")
        return code.let(f"inttoptr i64 {host} to ptr")

    def _require_cached(self, at: str, size: int, slot: str, tags: tuple[int, ...], atomic: bool) -> None:
        """Leave the instruction unless the slot is the page's, and all of the access lies in the page, unwatched."""
        code = self.code
        within = self.slow and not atomic
        wanted = code.let(f"and i64 {at}, {-4096 if within else -4096 | size - 1}")
        held = [self.load_word(slot, tag) for tag in tags]
        hits = [code.let(f"icmp eq i64 {tag}, {wanted}") for tag in held]
        hit = hits[0] if len(hits) == 1 else code.let(f"or i1 {hits[0]}, {hits[1]}")
        if self.unaligned and not within and not atomic:
            self._or_leave(hit, lambda found: code.do(tail(self.unaligned)))
            return
        watched = code.let(f"icmp eq i64 {held[0]}, {code.let(f'or i64 {wanted}, {Context.WATCHED}')}")
        if within:
            fits = code.let(f"icmp ule i64 {code.let(f'and i64 {at}, 4095')}, {4096 - size}")
            free = code.let(f"and i1 {watched}, {unwatched(code, at, size, tags[0] == Context.STORE)}")
            hit = code.let(f"and i1 {code.let(f'or i1 {hit}, {free}')}, {fits}")
        else:
            fits = code.let(f"icmp eq i64 {code.let(f'and i64 {at}, {size - 1}')}, 0")
        fits = code.let(f"and i1 {fits}, {code.let(f'xor i1 {watched}, true')}")
        stored = 0 if Context.LOAD in tags else size
        self._or_leave(hit, lambda found: self._miss(at, fits, stored, found))

    def _or_leave(self, hit: str, leave: Callable[[CodeBlock], None]) -> None:
        """Leave where the look-up missed; what finds that it need not leaves for the block that it is given."""
        code = self.code
        found, missed = code.block(), code.block()
        code.branch(hit, found, missed, LIKELY)
        code.begin(missed)
        leave(found)
        code.begin(found)

    def _miss(self, at: str, fits: str, stored: int, found: CodeBlock) -> None:
        """Cache the page, if the access fits in it as it should, and if it is not that a watchpoint is touched. A store
        of ``stored`` bytes beside the decoded instructions of its page goes on."""
        code = self.code
        code.do(f"store i64 {at}, ptr {code.let(address('%pv', Block.ADDRESS))}")
        page, cold = code.block(), code.block()
        code.branch(fits, page, cold)
        code.begin(page)
        if stored:
            beside = code.let(f"call i1 @{BESIDE_CODE}(ptr %cx, ptr %pv, i64 {at}, i64 {stored})")
            page = code.block()
            code.branch(beside, found, page)
            code.begin(page)
        code.do(tail("@h_fill_store" if stored else "@h_fill_load"))
        code.begin(cold)
        code.do(tail("@h_miss"))

    def _read(self, host: str, size: int) -> str:
        return self.code.let(f"load i{8 * size}, ptr {host}, align 1")

    def _write(self, host: str, size: int, value: Any) -> None:
        self.code.do(f"store i{8 * size} {self.code.value(value, 8 * size)}, ptr {host}, align 1")
