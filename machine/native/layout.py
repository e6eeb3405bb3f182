"""Where generated code finds things: offsets in bytes, the same in the code and in the tables that Python fills.

Registers of a handler: `st` the hart's flat block, `e` the decoded entry, `k` what makes e into pc, `bud` the cycles
left, `cx` the translations of the current context, `pv` the engine's private block of the hart.
"""

from __future__ import annotations

from machine.hart.state import FIELDS, State

__all__ = ["FIELD", "TRAP_WORDS", "Block", "Context", "ContextSlot", "Entry", "Exit", "Record"]

FIELD = {name: getattr(State, name).offset for name in ("x", "f", *FIELDS)}
"""Offsets in the flat block."""


class Entry:
    """A decoded instruction: its handler, register numbers, and the immediate (or rm, or the CSR's number)."""

    SIZE = 16
    SHIFT = 3
    """Log 2 of the entry's bytes per byte of code: an entry per halfword."""
    RD, RS1, RS2, RS3, IMM = 8, 9, 10, 11, 12
    PER_PAGE = 2048
    GUARDS = 2
    """Behind the last entry of a page: they go on to the next page."""
    PAGE_BYTES = (PER_PAGE + GUARDS) * SIZE


class Context:
    """Translations, direct-mapped: an exec TLB {tag, entries, the code's host address, —} and a data TLB {load tag,
    store tag, addend, tag for stores to a page of decoded instructions}.

    A tag is the page's virtual address; `NONE` matches no access. Tags sit so that a look-up is one masked shift.
    """

    CODE_SLOTS, CODE_SLOT = 256, 32
    DATA_SLOTS, DATA_SLOT = 4096, 32
    CODE, CODE_ENTRIES, CODE_HOST = 0, 8, 16
    DATA = CODE_SLOTS * CODE_SLOT
    LOAD, STORE, ADDEND, CHECKED = DATA, DATA + 8, DATA + 16, DATA + 24
    USED = DATA + DATA_SLOTS * DATA_SLOT
    """A word that is not `NONE` once the data TLB has been filled."""
    SIZE = USED + 8
    NONE = 1 << 11
    """A bit that no look-up keeps: they compare the page and at most the three lowest bits."""
    WATCHED = 1 << 10
    """Another such bit: in the tag of a page that a watchpoint touches."""


class Block:
    """The private block."""

    REASON, BUDGET = 0, 8
    """Why the code came back, and the cycles left."""
    ADDRESS = 16
    """The data address that missed."""
    RAM, RAM_BASE, RAM_END = 24, 32, 40
    """Host address minus physical address of main memory; its first physical address, and the first behind it."""
    PMP = 48
    """Bit 4·kind + privilege: PMP allows such accesses to all of main memory."""
    GUARDED = 56
    """Host address of a byte for each page of main memory: whether stores to it are looked at."""
    WATCHED = 64
    """Host address of the table of watchpoints (`machine.native.watching`), or 0."""
    CONTEXT = 72
    """Address of the translations in use when the code came back."""
    QUIET = 80
    """Whether nobody wants to be told of traps, modes and interrupts as they happen."""
    FIRMWARE = 88
    """Whether traps to M-mode are served outside."""
    CYCLES, TIME_OFFSET = 96, 104
    """The machine's cycles plus the cycles left; mtime minus the clock's ticks."""
    CONTEXTS = 112
    """Address of the table of contexts (`machine.native.switching`)."""
    RECORDS, RECORDED = 120, 128
    """Address of the ring of traps, and how many have been written to it."""
    ROUNDING = 232
    """How the host rounds while this code runs: 0, to nearest even, or what no instruction asks for."""
    FENCE, FENCE_SPACE = 216, 224
    """The fence to carry out: the arguments of the word forget_stage."""
    TRAP = 136
    """The trap to enter: `TRAP_WORDS`."""
    DECODED = 256
    """Address of a word for each page of main memory: where its decoded page is, or 0."""
    HALVES = 264
    """Address of the map of halfwords that are decoded (`machine.hart.code.StoreGuard.halves`)."""
    STOPS = 272
    """Address of a byte for each halfword of a page: whether one at that place is a breakpoint's, in whatever page."""
    SCRATCH = 280
    """Address of the entry for an instruction that lies in two pages."""
    RESERVE = 240
    """Cycles left beyond those that generated code counts down: it looks at the timers between the two."""
    SETTLED = 248
    """The machine's cycle up to which mcycle and minstret are counted."""
    LOOKS, MTIMECMP = 288, 296
    """Whether generated code looks at timers and takes interrupts by itself; the hart's mtimecmp."""
    DIVISOR = 304
    """Cycles of the machine per tick of its clock, 1 to `machine.hart.clock.MOST_CYCLES_PER_TICK`."""
    SIZE = 320


TRAP_WORDS = ("cause", "tval", "gpa", "gva", "tinst", "offset", "reason", "tval_is_word", "tinst_is_transformed")


class Record:
    """One trap in the ring."""

    WORDS = (
        *("count", "cycle", "cause", "pc", "tval", "gpa", "instruction", "gva", "tinst", "source", "target"),
        *("reason", "medeleg", "hedeleg"),
    )
    SIZE, SLOTS = 128, 1024


class ContextSlot:
    """One context in the table of contexts: its key, then the address of its translations."""

    WORDS = 8
    ADDRESS = 8 * WORDS
    SIZE, BITS = 128, 10


class Exit:
    """Why generated code came back: the values of `Block.REASON`. The pc in the flat block is always precise."""

    BUDGET = 0
    COLD = 1
    """The next instruction is to be run by the reference engine."""
    MISS = 2
    """The same, and it accesses data at `Block.ADDRESS`."""
    FETCH = 3
    """No decoded page at pc."""
    PAGE = 4
    """The physical page at `Block.ADDRESS` has no decoded page."""
    ATTENTION = 5
    """Interrupts, or when they come, are to be looked at."""
    CONTEXT = 6
    """The state asks for translations that the table of contexts lacks."""
    FENCE = 7
    """A fence has been executed: translations are to be forgotten (`Block.FENCE`)."""
