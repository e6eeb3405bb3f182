"""Zfh, half-precision arithmetic (Volume I, chapter "Zfh"); what only moves and converts is in `zfhmin`."""

from __future__ import annotations

from machine.bits import s
from machine.isa.fp import HALF, signed_word
from machine.isa.fp_families import (
    binary,
    classify,
    compare,
    from_integer,
    fused,
    root,
    select,
    sign,
    to_integer,
)
from machine.isa.softfloat import (
    f16_add,
    f16_classify,
    f16_div,
    f16_eq,
    f16_fma,
    f16_from_l,
    f16_from_lu,
    f16_from_w,
    f16_from_wu,
    f16_le,
    f16_lt,
    f16_max,
    f16_min,
    f16_mul,
    f16_sign,
    f16_sign_not,
    f16_sign_xor,
    f16_sqrt,
    f16_sub,
    f16_to_l,
    f16_to_lu,
    f16_to_w,
    f16_to_wu,
)

__all__: list[str] = []

binary(HALF, "fadd", "00000", f16_add)
binary(HALF, "fsub", "00001", f16_sub)
binary(HALF, "fmul", "00010", f16_mul)
binary(HALF, "fdiv", "00011", f16_div)
root(HALF, f16_sqrt)

fused(HALF, "fmadd", "1000011", f16_fma, 0, 0)
fused(HALF, "fmsub", "1000111", f16_fma, 0, HALF.sign)
fused(HALF, "fnmsub", "1001011", f16_fma, HALF.sign, 0)
fused(HALF, "fnmadd", "1001111", f16_fma, HALF.sign, HALF.sign)

sign(HALF, "fsgnj", "000", f16_sign)
sign(HALF, "fsgnjn", "001", f16_sign_not)
sign(HALF, "fsgnjx", "010", f16_sign_xor)
select(HALF, "fmin", "000", f16_min)
select(HALF, "fmax", "001", f16_max)

compare(HALF, "fle", "000", f16_le)
compare(HALF, "flt", "001", f16_lt)
compare(HALF, "feq", "010", f16_eq)
classify(HALF, f16_classify)

to_integer(HALF, "w", "00000", f16_to_w, signed_word)
to_integer(HALF, "wu", "00001", f16_to_wu, signed_word)
to_integer(HALF, "l", "00010", f16_to_l, s)
to_integer(HALF, "lu", "00011", f16_to_lu, s)
from_integer(HALF, "w", "00000", f16_from_w)
from_integer(HALF, "wu", "00001", f16_from_wu)
from_integer(HALF, "l", "00010", f16_from_l)
from_integer(HALF, "lu", "00011", f16_from_lu)
