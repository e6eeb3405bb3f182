"""The signature of a test program: a stretch of memory as lines of hexadecimal words, as riscof compares them."""

from __future__ import annotations

from collections.abc import Iterator

from machine.errors import MachineError
from machine.memory.ram import Ram

__all__ = ["GRANULARITIES", "signature"]

GRANULARITIES = (4, 8, 16)
"""Bytes per line that riscof's models know."""


def signature(ram: Ram, begin: int, end: int, granularity: int = 4) -> Iterator[str]:
    """One little-endian word of ``granularity`` bytes per line, from physical address ``begin`` up to ``end``.

    A last word that reaches past ``end`` is completed with zeros. Raises MachineError when the range is not in memory.
    """
    if not (begin <= end and ram.contains(begin, end - begin)):
        raise MachineError(
            f"the signature, {begin:#x} to {end:#x}, is not in memory; begin_signature must come before end_signature"
        )
    content = bytes(ram.data[begin - ram.base : end - ram.base])
    for at in range(0, len(content), granularity):
        yield f"{int.from_bytes(content[at : at + granularity], 'little'):0{2 * granularity}x}"
