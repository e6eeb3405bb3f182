"""Hints with names of their own: PAUSE (Zihintpause), the non-temporal locality hints (Zihintntl) and the cache-block
prefetches (Zicbop; unprivileged manual, "CMO" extensions).

They change nothing here: a hart without the extension runs the same bits as the instruction whose encoding they use,
to the same effect.
"""

from __future__ import annotations

from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


def hint(name: str, pattern: str, syntax: str, extension: str) -> None:
    @instruction(name, pattern, syntax, extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Nothing that software could see."""


hint("pause", "000000010000 00000 000 00000 0001111", "", "Zihintpause")
for number, level in ((2, "p1"), (3, "pall"), (4, "s1"), (5, "all")):
    hint(f"ntl.{level}", f"0000000 {number:05b} 00000 000 00000 0110011", "", "Zihintntl")
for number, kind in enumerate("irw"):
    selector = ("00000", "00001", "00011")[number]
    hint(f"prefetch.{kind}", f"imm[11:5] {selector} rs1 110 00000 0010011", "imm(rs1)", "Zicbop")
