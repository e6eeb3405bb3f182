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
)
"""In no particular order; `canonical` orders names."""

REQUIRED = ("I", "M", "A", "H")
"""What an ISA string must name, because the machine cannot do without."""

COMPOSED = {"B": ("Zba", "Zbb", "Zbs"), "G": ("I", "M", "A", "F", "D", "Zicsr", "Zifencei")}
"""Names that stand for several extensions; misa has the letter where all of them are there."""

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
    return frozenset(found | {"B"} if found.issuperset(COMPOSED["B"]) else found)


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
