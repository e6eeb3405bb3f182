"""How handlers follow each other: the shape of a handler, and the few that no instruction has."""

from __future__ import annotations

from machine.native.layout import FIELD, Block, Context, Entry, Exit

__all__ = ["CONVENTION", "HOST_ROUNDING", "LIKELY", "SIGNATURE", "UNLIKELY", "address", "fixed", "tail"]

CONVENTION = "preserve_nonecc"
SIGNATURE = "(ptr noalias %st, ptr %e, i64 %k, i64 %bud, ptr noalias %cx, ptr noalias %pv)"
HOST_ROUNDING = "host_rounding"
"""The function that says how the host rounds at present."""
LIKELY, UNLIKELY = ", !prof !0", ", !prof !1"
METADATA = """
!0 = !{!"branch_weights", i32 2000, i32 1}
!1 = !{!"branch_weights", i32 1, i32 2000}
!2 = !{}
"""


def tail(function: str, e: str = "%e", k: str = "%k", bud: str = "%bud", cx: str = "%cx") -> str:
    """Go on in another handler: the end of a block."""
    arguments = f"ptr %st, ptr {e}, i64 {k}, i64 {bud}, ptr {cx}, ptr %pv"
    return f"musttail call {CONVENTION} void {function}({arguments})\n  ret void"


def address(base: str, offset: int) -> str:
    """A constant displacement, as an instruction."""
    return f"getelementptr i8, ptr {base}, i64 {offset}"


def fixed() -> str:
    """The handlers that belong to no instruction, the way in, and the metadata."""
    return "".join(
        (
            _leave(),
            *map(_exit, EXITS.items()),
            _budget(),
            _spent(),
            _look(),
            *map(_exit_at, EXITS_AT.items()),
            _page_end(),
            _jump(),
            _enter(),
            METADATA,
        )
    )


EXITS = {"h_cold": Exit.COLD, "h_miss": Exit.MISS, "h_page": Exit.PAGE}


def _define(name: str, body: str, linkage: str = "internal") -> str:
    return f"define {linkage} {CONVENTION} void @{name}{SIGNATURE} nounwind {{\n{body}}}\n"


def _exit(item: tuple[str, int]) -> str:
    """Come back with the pc of the entry."""
    name, reason = item
    body = f"""  %a = ptrtoint ptr %e to i64
  %b = lshr i64 %a, {Entry.SHIFT}
  %pc = add i64 %b, %k
  %r = {address("%pv", Block.REASON)}
  store i64 {reason}, ptr %r
  {tail("@leave", k="%pc")}
"""
    return _define(name, body)


EXITS_AT = {
    "j_fence": Exit.FENCE,
    "j_fetch": Exit.FETCH,
    "j_page": Exit.PAGE,
    "j_attention": Exit.ATTENTION,
    "j_context": Exit.CONTEXT,
}


def _exit_at(item: tuple[str, int]) -> str:
    """Come back with the pc in ``k``."""
    name, reason = item
    body = f"  %r = {address('%pv', Block.REASON)}\n  store i64 {reason}, ptr %r\n  {tail('@leave')}\n"
    return _define(name, body)


def _leave() -> str:
    """Come back; ``k`` is the pc."""
    body = f"""  %p = {address("%st", FIELD["pc"])}
  store i64 %k, ptr %p
  %q = {address("%pv", Block.BUDGET)}
  store i64 %bud, ptr %q
  %c = {address("%pv", Block.CONTEXT)}
  store ptr %cx, ptr %c
  ret void
"""
    return _define("leave", body)


def _at_pc(name: str, goal: str) -> str:
    """A handler that goes on where the pc is in ``k``."""
    body = f"""  %a = ptrtoint ptr %e to i64
  %b = lshr i64 %a, {Entry.SHIFT}
  %pc = add i64 %b, %k
  {tail(goal, k="%pc")}
"""
    return _define(name, body)


def _page_end() -> str:
    """Run over the end of a page: look the next one up."""
    return _at_pc("h_page_end", "@h_jump")


def _budget() -> str:
    """The cycles that were counted down are used."""
    return _at_pc("h_budget", "@j_spent")


def _spent() -> str:
    """Look at the timers, if there are cycles left."""
    body = f"""  %p = {address("%pv", Block.RESERVE)}
  %reserve = load i64, ptr %p
  %spent = icmp eq i64 %reserve, 0
  br i1 %spent, label %stop, label %on
stop:
  %r = {address("%pv", Block.REASON)}
  store i64 {Exit.BUDGET}, ptr %r
  {tail("@leave")}
on:
  {tail("@j_look")}
"""
    return _define("j_spent", body)


def _look() -> str:
    """Look at timers and interrupts before the instruction at ``k``, with every cycle that is left in ``bud``."""
    body = f"""  %l = {address("%pv", Block.LOOKS)}
  %looks = load i64, ptr %l
  %no = icmp eq i64 %looks, 0
  br i1 %no, label %attention, label %join
attention:
  {tail("@j_attention")}
join:
  %p = {address("%pv", Block.RESERVE)}
  %reserve = load i64, ptr %p
  %total = add i64 %bud, %reserve
  store i64 0, ptr %p
  %c = {address("%pv", Block.CYCLES)}
  %cycles = load i64, ptr %c
  %end = add i64 %cycles, %reserve
  store i64 %end, ptr %c
  %spent = icmp eq i64 %total, 0
  br i1 %spent, label %stop, label %on
stop:
  {tail("@j_spent", bud="%total")}
on:
  {tail("@j_attend", bud="%total")}
"""
    return _define("j_look", body)


def _jump() -> str:
    """Go on at the pc in ``k``; an odd one never hits."""
    shift = 12 - (Context.CODE_SLOT.bit_length() - 1)
    slots = (Context.CODE_SLOTS - 1) * Context.CODE_SLOT
    body = f"""  %spent = icmp eq i64 %bud, 0
  br i1 %spent, label %stop, label %look{UNLIKELY}
look:
  %i = lshr i64 %k, {shift}
  %j = and i64 %i, {slots}
  %slot = getelementptr i8, ptr %cx, i64 %j
  %t = {address("%slot", Context.CODE)}
  %tag = load i64, ptr %t
  %wanted = and i64 %k, {-4096 | 1}
  %hit = icmp eq i64 %tag, %wanted
  br i1 %hit, label %found, label %miss{LIKELY}
found:
  %b = {address("%slot", Context.CODE_ENTRIES)}
  %first = load i64, ptr %b
  %o = and i64 %k, 4095
  %d = shl i64 %o, {Entry.SHIFT}
  %n = add i64 %first, %d
  %entry = inttoptr i64 %n to ptr
  %s = lshr i64 %n, {Entry.SHIFT}
  %base = sub i64 %k, %s
  %h = load ptr, ptr %entry
  {tail("%h", "%entry", "%base")}
stop:
  {tail("@j_spent")}
miss:
  {tail("@h_fetch", "null")}
"""
    return _define("h_jump", body)


def _enter() -> str:
    """The way in for Python: an ordinary C function."""
    return f"""define void @enter(ptr %st, i64 %pc, i64 %bud, ptr %cx, ptr %pv) nounwind {{
  %rounding = call i8 @{HOST_ROUNDING}()
  %r = {address("%pv", Block.ROUNDING)}
  store i8 %rounding, ptr %r
  %l = {address("%pv", Block.LOOKS)}
  %looks = load i64, ptr %l
  %no = icmp eq i64 %looks, 0
  br i1 %no, label %jump, label %look
jump:
  call {CONVENTION} void @h_jump(ptr %st, ptr null, i64 %pc, i64 %bud, ptr %cx, ptr %pv)
  ret void
look:
  call {CONVENTION} void @j_look(ptr %st, ptr null, i64 %pc, i64 %bud, ptr %cx, ptr %pv)
  ret void
}}
"""
