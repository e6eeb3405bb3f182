"""The extensions of RV64 that this machine implements, by the manual's names, and what each needs.

A row here is what `--isa`, the device tree and `hartbreak info isa` know of; an instruction's stanza or a register's
class names the extension that brings it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["COMPOSED", "EXTENSIONS", "KNOWN", "REQUIRED", "Extension", "canonical", "closure"]


@dataclass(frozen=True)
class Extension:
    """One extension.

    Attributes:
        name: as the manual writes it; the device tree's name is the same in lower case.
        summary: what it brings, in a few words.
        needs: extensions without which it cannot be chosen.
        implies: extensions that come with it.
        always: every machine of ours has it, asked for or not.
        default: part of the machine unless another one is asked for.
    """

    name: str
    summary: str
    needs: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    always: bool = False
    default: bool = True


EXTENSIONS: tuple[Extension, ...] = (
    Extension("I", "64-bit base integer instructions"),
    Extension("M", "multiplication and division"),
    Extension("A", "atomic instructions"),
    Extension("F", "single-precision floating point"),
    Extension("D", "double-precision floating point", needs=("F",)),
    Extension("C", "compressed instructions"),
    Extension("H", "hypervisor"),
    Extension("S", "supervisor mode", always=True),
    Extension("U", "user mode", always=True),
    Extension("Zicsr", "CSR instructions", always=True),
    Extension("Zifencei", "instruction-fetch fence", always=True),
    Extension("Zicntr", "base counters and timers", always=True),
    Extension("Zihpm", "hardware performance counters", always=True),
    Extension("Zicond", "integer conditional operations"),
    Extension("Zicbom", "cache-block management"),
    Extension("Zicbop", "cache-block prefetches"),
    Extension("Zicboz", "cache-block zeroing"),
    Extension("Zihintntl", "non-temporal locality hints"),
    Extension("Zihintpause", "pause hint"),
    Extension("Zimop", "may-be-operations"),
    Extension("Zabha", "byte and halfword atomic memory operations", needs=("A",)),
    Extension("Zacas", "atomic compare-and-swap", needs=("A",)),
    Extension("Zawrs", "waiting on a reservation set", needs=("A",)),
    Extension("Zcb", "more compressed instructions", needs=("C",)),
    Extension("Zcmop", "compressed may-be-operations", needs=("C", "Zimop")),
    Extension("Zfhmin", "half-precision moves and conversions", needs=("F",)),
    Extension("Zfh", "half-precision floating point", needs=("F",), implies=("Zfhmin",)),
    Extension("Zfa", "additional floating-point instructions", needs=("F",)),
    Extension("Zba", "address generation"),
    Extension("Zbb", "basic bit manipulation"),
    Extension("Zbc", "carry-less multiplication"),
    Extension("Zbs", "single-bit instructions"),
    Extension("Sstc", "supervisor-mode timer compare registers"),
    Extension("Sscofpmf", "count overflow and mode-based filtering"),
    Extension("Ssdbltrp", "double traps below M-mode, where DTE asks for them"),
    Extension("Ssstateen", "supervisor-level view of the state enables"),
    Extension("Smstateen", "state enables", implies=("Ssstateen",)),
    Extension("Sscsrind", "supervisor-level view of indirect CSR access"),
    Extension("Smcsrind", "indirect CSR access", implies=("Sscsrind",)),
    Extension("Svinval", "fine-grained invalidation of cached translations"),
    Extension("Smepmp", "protection of lower modes' memory from M-mode"),
    Extension("Smmpm", "pointer masking in M-mode"),
    Extension("Smnpm", "pointer masking in HS-mode"),
    Extension("Ssnpm", "pointer masking in U-mode, VS-mode and VU-mode"),
    Extension("Supm", "pointer masking that a user program may ask its environment for", needs=("Ssnpm",)),
    Extension("Svade", "page faults where A or D is to be set, unless ADUE asks for updates", always=True),
    Extension("Svnapot", "64 KiB contiguous translations"),
    Extension("Svpbmt", "page-based memory types"),
    Extension("Svadu", "hardware updating of A and D bits, where ADUE asks for it"),
    *(
        Extension(name, summary, always=True)
        for name, summary in (
            ("Za64rs", "reservation sets of at most 64 aligned bytes"),
            ("Zic64b", "cache blocks of 64 aligned bytes"),
            ("Ziccamoa", "every AMO works in main memory"),
            ("Ziccif", "instruction fetches from main memory are atomic"),
            ("Ziccrse", "LR and SC in main memory make progress"),
            ("Ssccptr", "page tables may lie in main memory"),
            ("Sscounterenw", "the enable bit of every counter is writable in scounteren"),
            ("Sstvala", "stval has the address, or the instruction, wherever it may"),
            ("Sstvecd", "stvec holds any aligned address in direct mode"),
            ("Ssu64xl", "UXLEN can be 64"),
            ("Svbare", "satp can be Bare"),
            ("Shcounterenw", "the enable bit of every counter is writable in hcounteren"),
            ("Shgatpa", "hgatp has the x4 form of every mode of satp, and Bare"),
            ("Shtvala", "htval has the guest physical address wherever it may"),
            ("Shvsatpa", "vsatp has every mode of satp"),
            ("Shvstvala", "vstval has what stval would have"),
            ("Shvstvecd", "vstvec holds any aligned address in direct mode"),
        )
    ),
)
"""In no particular order; `canonical` orders names. Those without instructions and registers of their own say what the
manual's profiles want to be sure of."""

REQUIRED = ("I", "M", "A", "H")
"""What an ISA string must name, because the machine cannot do without."""

COMPOSED = {
    "B": ("Zba", "Zbb", "Zbs"),
    "G": ("I", "M", "A", "F", "D", "Zicsr", "Zifencei"),
    "Sha": ("H", "Ssstateen", "Shcounterenw", "Shgatpa", "Shtvala", "Shvsatpa", "Shvstvala", "Shvstvecd"),
}
"""Names that stand for several extensions."""
TOLD = ("B", "Sha")
"""Those that misa's letter or the ISA string tells where all of them are there."""

LETTERS = "IMAFDQLCBKJTPVNSUH"
"""The order of single letters, which is also that of the letter behind a Z."""

KNOWN = {extension.name: extension for extension in EXTENSIONS}


def closure(names: Iterable[str]) -> frozenset[str]:
    """The extensions that ``names`` and what every machine has come to: with what each implies and composes.

    >>> sorted(closure(["G"]) - closure(["I", "M", "A"]))
    ['D', 'F']
    """
    found = {extension.name for extension in EXTENSIONS if extension.always}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in COMPOSED:
            waiting += COMPOSED[name]
        elif name not in found:
            found.add(name)
            waiting += KNOWN[name].implies
    return frozenset(found | {name for name in TOLD if found.issuperset(COMPOSED[name])})


def canonical(name: str) -> tuple[int, int, str]:
    """A key that orders names as an ISA string does: letters, Z by the letter behind it, then S, Sm last.

    >>> sorted(["Svadu", "Zba", "H", "Smnpm", "Zicsr", "C"], key=canonical)
    ['C', 'H', 'Zicsr', 'Zba', 'Svadu', 'Smnpm']
    """
    if len(name) == 1:
        return 0, LETTERS.index(name), name
    if name[0] == "Z":
        return 1, LETTERS.index(name[1].upper()), name
    return (3 if name.startswith("Sm") else 2), 0, name
