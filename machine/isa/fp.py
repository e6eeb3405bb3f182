"""Between a floating-point instruction and the hart: rounding mode, flags, and registers of any precision.

FS becomes Dirty when an instruction writes an f register or raises a flag; one that raises none and writes an x
register leaves it alone (Volume II, "Extension Context Status", rules mstatus_fs_op, mstatus_fs_imprecise).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machine.bits import bits, ite, s, u
from machine.isa.softfloat.box import box16, box32, unbox16, unbox32
from machine.isa.vocabulary import Hart, Operands

__all__ = ["DOUBLE", "HALF", "SINGLE", "Precision", "accrue", "rounding_mode", "signed_word", "write_float"]

DYNAMIC = 7
LAST_MODE = 4


def rounding_mode(h: Hart, i: Operands) -> int:
    """The rounding mode 0 to 4 of an instruction with an rm field, frm in place of 7 (rule roundingmode_dynamic).

    Raises illegal-instruction when floating point is Off or the mode is reserved, static or dynamic. The manual
    leaves a reserved mode to us (rule roundingmode_rsv) but asks it of instructions that cannot round, too.
    """
    h.require_fp()
    mode = ite(i.rm == DYNAMIC, bits(h.state.fcsr, 7, 5), i.rm)
    if mode > LAST_MODE:
        h.illegal()
    return mode


def accrue(h: Hart, flags: int) -> None:
    """Add exception flags to fflags (rule fcsr_fflags_op)."""
    if flags != 0:
        h.state.fcsr = h.state.fcsr | flags
        h.dirty_fp()


@dataclass(frozen=True)
class Precision:
    """What sets the instructions of F apart from those of D and of Zfh.

    Attributes:
        extension: "F", "D" or "Zfh".
        suffix: of the mnemonics.
        code: the fmt field (rule F_fmt_single).
        sign: the sign bit of a pattern.
        read: the pattern that an f register's 64 bits hold.
        hold: the 64 bits of the f register that holds a pattern.
    """

    extension: str
    suffix: str
    code: str
    sign: int
    read: Callable[[int], int]
    hold: Callable[[int], int]


HALF = Precision("Zfh", "h", "10", 1 << 15, unbox16, box16)
SINGLE = Precision("F", "s", "00", 1 << 31, unbox32, box32)
DOUBLE = Precision("D", "d", "01", 1 << 63, u, u)


def write_float(h: Hart, precision: Precision, rd: int, result: tuple[int, int]) -> None:
    """Write the pattern of ``result`` to f register ``rd`` and accrue its flags."""
    value, flags = result
    h.f[rd] = precision.hold(value)
    h.state.fcsr = h.state.fcsr | flags
    h.dirty_fp()


def signed_word(value: int) -> int:
    """32 bits as an x register holds them, unsigned integers too (rule fcvt-w-d_fcvt-wu-d_sign_ext)."""
    return s(value, 32)
