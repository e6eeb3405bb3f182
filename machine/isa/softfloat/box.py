"""Narrow numbers in 64-bit registers (rules fp_nan-boxing, FP_nontransfer_instrs_improper_nan-boxed_input).

A half in the box of a single that is in the box of a double has ones in all upper bits: one box for each width.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import ite, u
from machine.isa.softfloat.format import F16, F32, Format

__all__ = ["box16", "box32", "unbox16", "unbox32"]

REGISTER = 64

Rewrite = Callable[[int], int]


def boxing(fmt: Format) -> tuple[Rewrite, Rewrite]:
    """``pattern -> register`` and back; the canonical NaN when a register's upper bits are not all ones.

    >>> hex(box32(0x3F800000)), hex(unbox32(0xFFFFFFFF3F800000)), hex(unbox32(0x3F800000))
    ('0xffffffff3f800000', '0x3f800000', '0x7fc00000')
    >>> hex(box16(0x3C00)), hex(unbox16(box32(0x3C00)))
    ('0xffffffffffff3c00', '0x7e00')
    """
    width, nan = fmt.width, fmt.nan
    ones = (1 << (REGISTER - width)) - 1
    empty = ones << width

    def box(value: int) -> int:
        return empty | u(value, width)

    def unbox(register: int) -> int:
        return ite((register >> width) == ones, u(register, width), nan)

    return box, unbox


box16, unbox16 = boxing(F16)
box32, unbox32 = boxing(F32)
