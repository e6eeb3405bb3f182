"""Page walks in generated code: the words that translation uses, and the handlers that refill the data TLB.

Only what is plain is done here: tables in main memory, PMP that treats all of it alike, nothing guarded.
Everything else, and every fault, is left to the reference engine, which walks again: a walk that has set A or D bits
can be repeated.
"""

from __future__ import annotations

from typing import Any

from machine.bits import u
from machine.hart.code import CODE
from machine.memory.access import LOAD, STORE, Access, data_access
from machine.memory.pointers import effective_address
from machine.memory.translate import translate
from machine.native.dispatch import CONVENTION, SIGNATURE, tail
from machine.native.dispatch import address as address_of
from machine.native.functions import Functions
from machine.native.layout import Block, Context
from machine.native.lower import Lowering
from machine.native.path import GiveUp, Path
from machine.native.refusals import GIVING_UP, end_refused
from machine.native.staging import Stager
from machine.native.value import Value
from machine.native.watching import UNWATCHED, unwatched
from machine.spec.rules import Reason

__all__ = ["WalkWords", "fill_handlers", "opaque"]

PAGE = 4096
PRIVILEGE_BITS = 2


class WalkWords(Path):
    """The words of `machine.memory`'s meanings."""

    def staged(self, stage: str, address: Any) -> None:
        """Nobody listens here."""

    def walked(self, stage: str, level: int, slot: Any, where: Any, pte: Any) -> None:
        """Nobody listens here."""

    def physical_refusal(self, address: Any, size: int, kind: int, privilege: Any) -> int:
        """NONE, for an access that is allowed anywhere in main memory (`Block.PMP`)."""
        allowed = self.private(Block.PMP) >> ((kind << PRIVILEGE_BITS) + u(privilege, PRIVILEGE_BITS))
        first, end = self.private(Block.RAM_BASE), self.private(Block.RAM_END)
        if (allowed & 1 == 0) | (address < first) | (address + size > end):
            raise GiveUp
        return Reason.NONE

    def pte_load(self, address: Any) -> Any:
        return self.leaf(lambda: self.code.let(f"load i64, ptr {self._host_of(address)}"))

    def pte_store(self, address: Any, value: Any) -> None:
        if self.guarded(address) != 0:
            raise GiveUp
        code = self.code
        self.stager.effect(lambda: code.do(f"store i64 {code.value(value, 64)}, ptr {self._host_of(address)}"))

    def guarded(self, address: Any) -> Any:
        """Whether stores to the page of a physical address in main memory are looked at."""

        place = (address - self.private(Block.RAM_BASE)) >> 12

        def flag() -> str:
            page = self.code.value(place, 64)
            table = self.code.let(f"inttoptr i64 {self.load_word('%pv', Block.GUARDED)} to ptr")
            return self.code.let(f"load i8, ptr {self.code.let(f'getelementptr i8, ptr {table}, i64 {page}')}")

        return self.leaf(flag, 0, 255)

    def _host_of(self, address: Any) -> str:
        delta = self.load_word("%pv", Block.RAM)
        return self.code.let(f"inttoptr i64 {self.code.let(f'add i64 {delta}, {self.code.value(address, 64)}')} to ptr")


def opaque(stager: Stager, access: Access) -> Access:
    """The access with only its kind known: one compiled translation serves data accesses and the hypervisor's.

    Pointers have been masked already.
    """
    kind, *rest, _ = tuple[Any, ...](access)
    rights: list[Any] = [each if isinstance(each, Value) else stager.leaf(str(each), 0, 1) for each in rest]
    return Access(kind, *rights)


FILL = {"h_fill_load": LOAD, "h_fill_store": STORE}


def fill_handlers(functions: Functions, make_hart: Any) -> list[str]:
    """The handlers that accesses go to when their page is not cached: they cache it and run the instruction again."""
    return [UNWATCHED, *(_fill_handler(functions, make_hart, name, kind) for name, kind in FILL.items())]


def _fill_handler(functions: Functions, make_hart: Any, name: str, kind: int) -> str:
    code = Lowering()
    stager = Stager(code)

    def path() -> None:
        hart = make_hart(stager)
        try:
            named, access = hart.private(Block.ADDRESS), data_access(hart, kind)
            address = functions.copies.of(effective_address)(hart, named, access)
            if (address != named) & (hart.private(Block.WATCHED) != 0):
                hart.give_up()  # watchpoints know one address of a page
            access = opaque(stager, access)
            page = u(functions.copies.of(translate)(hart, address, access, 0) >> 12 << 12)
            hart.physical_refusal(page, PAGE, kind, access.privilege)
            own = Context.LOAD if kind == LOAD else _store_tag(hart, named, page)
        except GIVING_UP as reason:
            end_refused(stager, reason, "@h_miss")
            return
        _fill(code, hart, named, page, own)
        code.do(tail(code.let("load ptr, ptr %e")))

    stager.run(path)
    return "\n".join([f"define internal {CONVENTION} void @{name}{SIGNATURE} nounwind noinline {{", *code.lines, "}\n"])


STORES = (Context.STORE, Context.CHECKED)


def _store_tag(hart: Any, address: Any, page: Any) -> int:
    """Stores to a page of decoded instructions look where they are. One that comes here all the same hits one."""
    guarded = hart.guarded(page)
    if guarded == 0:
        return Context.STORE
    code, begin = hart.code, address >> 12 << 12
    checked = hart.leaf(lambda: hart.load_word(_slot(code, address), Context.CHECKED))
    free = hart.leaf(lambda: code.resize(unwatched(code, code.value(begin, 64), PAGE, True), 1, 8, False), 0, 1)
    if (guarded != CODE) | (checked == begin) | (free == 0):
        raise GiveUp
    return Context.CHECKED


def _slot(code: Lowering, address: Any) -> str:
    index = code.value((u(address >> 12, Context.DATA_SLOTS.bit_length() - 1)) * Context.DATA_SLOT, 64)
    return code.let(f"getelementptr i8, ptr %cx, i64 {index}")


def _fill(code: Lowering, hart: Any, address: Any, page: Any, own: int) -> None:
    """Write the slot; what it held of another page goes, and of this one's tags for stores all but ``own``."""
    begin = code.value(address >> 12 << 12, 64)
    free = unwatched(code, begin, PAGE, own in STORES)
    tag = code.let(f"select i1 {free}, i64 {begin}, i64 {code.let(f'or i64 {begin}, {Context.WATCHED}')}")
    slot = _slot(code, address)
    content = dict.fromkeys((Context.LOAD, *STORES), str(Context.NONE)) | {own: tag}
    for other in (Context.LOAD,) if own in STORES else STORES:
        held = hart.load_word(slot, other)
        kept = code.let(f"icmp eq i64 {code.let(f'and i64 {held}, {~Context.WATCHED}')}, {begin}")
        content[other] = code.let(f"select i1 {kept}, i64 {held}, i64 {Context.NONE}")
    host = code.let(f"add i64 {hart.load_word('%pv', Block.RAM)}, {code.value(page, 64)}")
    content[Context.ADDEND] = code.let(f"sub i64 {host}, {begin}")
    code.do(f"store i64 0, ptr {code.let(address_of('%cx', Context.USED))}")
    for offset, word in content.items():
        code.do(f"store i64 {word}, ptr {code.let(f'getelementptr i8, ptr {slot}, i64 {offset}')}")
