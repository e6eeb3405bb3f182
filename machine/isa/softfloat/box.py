"""Singles in 64-bit registers (rules fp_nan-boxing, FP_nontransfer_instrs_improper_nan-boxed_input)."""

from __future__ import annotations

from machine.bits import ite, u
from machine.isa.softfloat.format import F32

__all__ = ["box32", "unbox32"]

BOX = (1 << 32) - 1


def box32(value: int) -> int:
    """The register that holds the single ``value``: ones above it.

    >>> hex(box32(0x3F800000))
    '0xffffffff3f800000'
    """
    return (BOX << 32) | u(value, 32)


def unbox32(register: int) -> int:
    """The single in ``register``; the canonical NaN when its upper half is not all ones.

    >>> hex(unbox32(0xFFFFFFFF3F800000)), hex(unbox32(0x3F800000))
    ('0x3f800000', '0x7fc00000')
    """
    return ite((register >> 32) == BOX, u(register, 32), F32.nan)
