"""The vocabulary of meanings on values: what `machine.hart.hart.Hart` is on numbers.

What is not compiled, or raises, gives the instruction up: nothing has been written then, so the reference engine can
run it from its start.
"""

from __future__ import annotations

from typing import Any, NoReturn

from machine.bits import u
from machine.config import Config
from machine.hart.hart import Hart
from machine.hart.port import RESERVATION_SET
from machine.native.dispatch import LIKELY, address, tail
from machine.native.layout import FIELD, Block, Context
from machine.native.staging import Stager
from machine.native.value import StagingError

__all__ = ["GiveUp", "StagedHart"]

WORD = (1 << 64) - 1


class GiveUp(Exception):
    """This path leaves the instruction to the reference engine."""


class Registers:
    """x or f, indexed by an operand that is not known or by a number."""

    def __init__(self, hart: StagedHart, offset: int) -> None:
        self._hart, self._offset = hart, offset

    def _place(self, number: Any) -> str:
        code = self._hart.code
        index = code.value(number, 64)
        base = code.let(address("%st", self._offset))
        return code.let(f"getelementptr i64, ptr {base}, i64 {index}")

    def __getitem__(self, number: Any) -> Any:
        hart = self._hart
        name = hart.stager.effect(lambda: hart.code.let(f"load i64, ptr {self._place(number)}"))
        return hart.stager.leaf(name, 0, WORD)

    def __setitem__(self, number: Any, value: Any) -> None:
        hart = self._hart

        def store() -> None:
            hart.code.do(f"store i64 {hart.code.value(value, 64)}, ptr {self._place(number)}")
            if self._offset == FIELD["x"]:
                hart.code.do("store i64 0, ptr %st")  # x0, in case it was the one

        hart.stager.effect(store, write=True)


class StateFields:
    """The flat block; within a path, a field is read once."""

    def __init__(self, hart: StagedHart) -> None:
        self.__dict__["hart"], self.__dict__["seen"] = hart, {}

    def __getattr__(self, name: str) -> Any:
        hart: StagedHart = self.__dict__["hart"]
        seen: dict[str, Any] = self.__dict__["seen"]
        if name not in seen:
            seen[name] = hart.stager.leaf(hart.stager.effect(lambda: hart.load_word("%st", FIELD[name])), 0, WORD)
        return seen[name]

    def __setattr__(self, name: str, value: Any) -> None:
        hart: StagedHart = self.__dict__["hart"]
        hart.stager.effect(lambda: hart.store_word("%st", FIELD[name], value), write=True)
        self.__dict__["seen"][name] = u(value)


class StagedHart:
    """One path's hart.

    Args:
        stager: runs the path.
        config: what is known of the machine.
        pc, next: of the instruction.
        unaligned: name of the handler to try when an access is not aligned inside a cached page, or "".
        slow: whether this is that handler.
    """

    def __init__(self, stager: Stager, config: Config, pc: Any, following: Any, unaligned: str, slow: bool) -> None:
        self.stager, self.code, self.config = stager, stager.code, config
        self.x, self.f = Registers(self, FIELD["x"]), Registers(self, FIELD["f"])
        self.state: Any = StateFields(self)
        self.pc, self.next = pc, following
        self.target: Any = None
        self._unaligned, self._slow = unaligned, slow
        self._amo = ""

    def __getattr__(self, name: str) -> Any:
        raise GiveUp(name)

    # --- what stays as it is on numbers -------------------------------------------------------------------------

    def require_fp(self) -> None:
        Hart.require_fp(self)  # type: ignore[arg-type]

    def dirty_fp(self) -> None:
        Hart.dirty_fp(self)  # type: ignore[arg-type]

    def illegal(self) -> NoReturn:
        raise GiveUp

    def fence_i(self) -> None:
        """Decoded instructions are coherent at every store."""

    def jump(self, target: Any) -> None:
        target = u(target)
        if not self.config.isa.has("C") and target & 3 != 0:
            raise GiveUp
        self.target = target

    # --- memory -------------------------------------------------------------------------------------------------

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
        within = self._slow and not atomic
        wanted = code.let(f"and i64 {at}, {-4096 if within else -4096 | size - 1}")
        hits = [code.let(f"icmp eq i64 {self.load_word(slot, tag)}, {wanted}") for tag in tags]
        hit = hits[0] if len(hits) == 1 else code.let(f"or i1 {hits[0]}, {hits[1]}")
        if within:
            inside = code.let(f"icmp ule i64 {code.let(f'and i64 {at}, 4095')}, {4096 - size}")
            hit = code.let(f"and i1 {hit}, {inside}")
        self._or_leave(hit, at, "@h_miss" if atomic or self._slow or not self._unaligned else self._unaligned)
        host = code.let(f"add i64 {self.load_word(slot, Context.ADDEND)}, {at}")
        return code.let(f"inttoptr i64 {host} to ptr")

    def _or_leave(self, condition: str, at: str, handler: str) -> None:
        code = self.code
        found, missed = code.block(), code.block()
        code.branch(condition, found, missed, LIKELY)
        code.begin(missed)
        code.do(f"store i64 {at}, ptr {code.let(address('%pv', Block.ADDRESS))}")
        code.do(tail(handler))
        code.begin(found)

    def _read(self, host: str, size: int) -> str:
        return self.code.let(f"load i{8 * size}, ptr {host}, align 1")

    def _write(self, host: str, size: int, value: Any) -> None:
        self.code.do(f"store i{8 * size} {self.code.value(value, 8 * size)}, ptr {host}, align 1")

    def load_word(self, base: str, offset: int) -> str:
        """Code that reads 64 bits of a table."""
        return self.code.let(f"load i64, ptr {self.code.let(address(base, offset))}")

    def store_word(self, base: str, offset: int, value: Any) -> None:
        """Code that writes 64 bits of a table."""
        self.code.do(f"store i64 {self.code.value(value, 64)}, ptr {self.code.let(address(base, offset))}")
