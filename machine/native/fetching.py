"""Where instructions come from: the handlers that decode them and that look their pages up.

A decoded page belongs to a physical page; Python provides it (`machine.native.pages`), empty, and guards the page's
stores. Here its entries are decoded when they are first run, each noted in the guard's map of halfwords.
"""

from __future__ import annotations

from typing import Any

from machine.bits import u
from machine.isa.vocabulary import Hart
from machine.memory.access import FETCH, fetch_access
from machine.memory.translate import translate
from machine.native.dispatch import CONVENTION, LIKELY, SIGNATURE, address, tail
from machine.native.functions import Functions
from machine.native.layout import Block, Context, Entry
from machine.native.lower import Lowering
from machine.native.refusals import GIVING_UP, end_refused
from machine.native.staging import Stager

__all__ = ["code_slot", "fetching"]

PAGE = 4096
WORD = (1 << 64) - 1
LAST_HALF = PAGE - 2
NOWHERE = 1 << 40
"""The place in a page of what lies in none."""
SLOT_SHIFT = 12 - (Context.CODE_SLOT.bit_length() - 1)
SLOTS = (Context.CODE_SLOTS - 1) * Context.CODE_SLOT


def fetching(functions: Functions, make_hart: Any) -> list[str]:
    """The handlers."""
    return [
        _look_up(functions, make_hart, "h_fetch", 0),
        _look_up(functions, make_hart, "h_fetch_next", 2),
        _illegal(make_hart),
        _handler("h_undecoded", UNDECODED),
        _handler("h_straddle", STRADDLE),
    ]


def _handler(name: str, body: str) -> str:
    return f"define internal {CONVENTION} void @{name}{SIGNATURE} nounwind noinline {{\n{body}}}\n"


def _look_up(functions: Functions, make_hart: Any, name: str, ahead: int) -> str:
    """Let the page of an address be run from, and go on there: the page of the pc in ``k``; or, ``ahead`` bytes
    before which the entry's instruction begins, of its second half."""
    code = Lowering()
    stager = Stager(code)
    refused, absent = ("@h_cold", "@h_page") if ahead else ("@j_fetch", "@j_page")
    if ahead:
        code.do(PC)

    def path() -> None:
        hart = make_hart(stager)
        pc = u(stager.leaf("%pc" if ahead else "%k", 0, WORD) + ahead)
        try:
            if pc & 1 != 0:
                hart.give_up()
            access = fetch_access(hart)
            page = u(functions.copies.of(translate)(hart, pc, access, 0) >> 12 << 12)
            hart.physical_refusal(page, PAGE, FETCH, access.privilege)
        except GIVING_UP:
            code.do(tail(refused))
            return
        number = (page - hart.private(Block.RAM_BASE)) >> 12
        entries = hart.leaf(lambda: _entries_of(hart, number))
        if entries == 0:
            code.do(f"store i64 {code.value(page, 64)}, ptr {code.let(address('%pv', Block.ADDRESS))}")
            code.do(tail(absent))
            return
        _fill(code, hart, pc, page, entries)
        code.do(tail(code.let("load ptr, ptr %e") if ahead else "@h_jump"))

    stager.run(path)
    return _handler(name, "\n".join([*code.lines, ""]))


def _entries_of(hart: Any, number: Any) -> str:
    """Code for the address of the decoded page of a page of main memory, or 0."""
    code: Lowering = hart.code
    table = code.let(f"inttoptr i64 {hart.load_word('%pv', Block.DECODED)} to ptr")
    return code.let(f"load i64, ptr {code.let(f'getelementptr i64, ptr {table}, i64 {code.value(number, 64)}')}")


def _fill(code: Lowering, hart: Any, pc: Any, page: Any, entries: Any) -> None:
    index = code.value(u(pc >> 12, Context.CODE_SLOTS.bit_length() - 1) * Context.CODE_SLOT, 64)
    slot = code.let(f"getelementptr i8, ptr %cx, i64 {index}")
    hart.store_word(slot, Context.CODE, pc >> 12 << 12)
    hart.store_word(slot, Context.CODE_ENTRIES, entries)
    host = code.let(f"add i64 {hart.load_word('%pv', Block.RAM)}, {code.value(page, 64)}")
    code.do(f"store i64 {host}, ptr {code.let(address(slot, Context.CODE_HOST))}")


def _illegal(make_hart: Any) -> str:
    """What is no instruction."""
    code = Lowering()
    stager = Stager(code)

    def path() -> None:
        hart: Hart = make_hart(stager)
        try:
            hart.illegal()
        except GIVING_UP as reason:
            end_refused(stager, reason)

    stager.run(path)
    return _handler("h_illegal", "\n".join([*code.lines, ""]))


PC = f"""%here = ptrtoint ptr %e to i64
  %halves = lshr i64 %here, {Entry.SHIFT}
  %pc = add i64 %halves, %k"""


def code_slot(name: str, pc: str) -> str:
    """The slot ``%<name>`` of the exec TLB for a pc; ``%<name>.host`` is where the code of its page is."""
    return f"""
  %{name}.number = lshr i64 {pc}, {SLOT_SHIFT}
  %{name}.index = and i64 %{name}.number, {SLOTS}
  %{name} = getelementptr i8, ptr %cx, i64 %{name}.index
  %{name}.tagged = {address(f"%{name}", Context.CODE)}
  %{name}.tag = load i64, ptr %{name}.tagged
  %{name}.page = and i64 {pc}, -{PAGE}
  %{name}.hit = icmp eq i64 %{name}.tag, %{name}.page
  %{name}.hosts = {address(f"%{name}", Context.CODE_HOST)}
  %{name}.host = load i64, ptr %{name}.hosts"""


UNDECODED = f"""  {PC}
  {code_slot("slot", "%pc")}
  br i1 %slot.hit, label %known, label %lost{LIKELY}
lost:
  {tail("@h_jump", k="%pc")}
known:
  %place = and i64 %pc, {PAGE - 1}
  %from = add i64 %slot.host, %place
  %code = inttoptr i64 %from to ptr
  %half = load i16, ptr %code, align 1
  %low = and i16 %half, 3
  %wide = icmp eq i16 %low, 3
  %last = icmp eq i64 %place, {LAST_HALF}
  br i1 %wide, label %whole, label %short
short:
  %narrow = zext i16 %half to i32
  br label %decode
whole:
  br i1 %last, label %straddle, label %inside
inside:
  %four = load i32, ptr %code, align 1
  br label %decode
decode:
  %word = phi i32 [%narrow, %short], [%four, %inside]
  call void @decode(i32 %word, i64 %place, ptr %e)
  br label %note
straddle:
  store ptr @h_straddle, ptr %e
  br label %note
note:
  %ram = {address("%pv", Block.RAM)}
  %delta = load i64, ptr %ram
  %start = {address("%pv", Block.RAM_BASE)}
  %base = load i64, ptr %start
  %physical = sub i64 %from, %delta
  %offset = sub i64 %physical, %base
  %crosses = and i1 %wide, %last
  %narrowly = xor i1 %wide, true
  %single = or i1 %crosses, %narrowly
  %bits = select i1 %single, i16 1, i16 3
  %which = lshr i64 %offset, 1
  %within = and i64 %which, 7
  %shift = trunc i64 %within to i16
  %mask = shl i16 %bits, %shift
  %byte = lshr i64 %which, 3
  %map = {address("%pv", Block.HALVES)}
  %first = load ptr, ptr %map
  %noted = getelementptr i8, ptr %first, i64 %byte
  %before = load i16, ptr %noted, align 1
  %after = or i16 %before, %mask
  store i16 %after, ptr %noted, align 1
  %stopping = {address("%pv", Block.STOPS)}
  %stops = load ptr, ptr %stopping
  %ordinal = lshr i64 %place, 1
  %mark = getelementptr i8, ptr %stops, i64 %ordinal
  %stop = load i8, ptr %mark
  %free = icmp eq i8 %stop, 0
  br i1 %free, label %go, label %hold{LIKELY}
hold:
  store ptr @h_cold, ptr %e
  br label %go
go:
  %handler = load ptr, ptr %e
  {tail("%handler")}
"""
"""An entry that is run for the first time: decode it, in place."""

STRADDLE = f"""  {PC}
  %next = add i64 %pc, 2
  {code_slot("slot", "%pc")}
  br i1 %slot.hit, label %known, label %lost{LIKELY}
lost:
  {tail("@h_jump", k="%pc")}
known:
  {code_slot("other", "%next")}
  br i1 %other.hit, label %read, label %miss{LIKELY}
miss:
  {tail("@h_fetch_next")}
read:
  %from = add i64 %slot.host, {LAST_HALF}
  %first = inttoptr i64 %from to ptr
  %second = inttoptr i64 %other.host to ptr
  %a = load i16, ptr %first, align 1
  %b = load i16, ptr %second, align 1
  %low = zext i16 %a to i32
  %high = zext i16 %b to i32
  %above = shl i32 %high, 16
  %word = or i32 %low, %above
  %where = {address("%pv", Block.SCRATCH)}
  %entry = load ptr, ptr %where
  call void @decode(i32 %word, i64 {NOWHERE}, ptr %entry)
  %number = ptrtoint ptr %entry to i64
  %eighth = lshr i64 %number, {Entry.SHIFT}
  %base = sub i64 %pc, %eighth
  %handler = load ptr, ptr %entry
  {tail("%handler", "%entry", "%base")}
"""
"""The last halfword of a page begins an instruction of four bytes: decode it each time, for what follows it is another
page's, and which one depends on the translations. Its entry is one for all, with `h_page_end` behind."""
