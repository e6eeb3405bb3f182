"""RV64F, single-precision floating point (Volume I, chapter "F", version 2.2)."""

from __future__ import annotations

from machine.bits import s
from machine.isa.fp import SINGLE, signed_word
from machine.isa.fp_families import (
    binary,
    classify,
    compare,
    from_integer,
    fused,
    load,
    move_from_integer,
    move_to_integer,
    root,
    select,
    sign,
    store,
    to_integer,
)
from machine.isa.softfloat import (
    f32_add,
    f32_classify,
    f32_div,
    f32_eq,
    f32_fma,
    f32_from_l,
    f32_from_lu,
    f32_from_w,
    f32_from_wu,
    f32_le,
    f32_lt,
    f32_max,
    f32_min,
    f32_mul,
    f32_sign,
    f32_sign_not,
    f32_sign_xor,
    f32_sqrt,
    f32_sub,
    f32_to_l,
    f32_to_lu,
    f32_to_w,
    f32_to_wu,
)

__all__: list[str] = []

load(SINGLE, "flw", "010", 4)
store(SINGLE, "fsw", "010", 4)

binary(SINGLE, "fadd", "00000", f32_add)
binary(SINGLE, "fsub", "00001", f32_sub)
binary(SINGLE, "fmul", "00010", f32_mul)
binary(SINGLE, "fdiv", "00011", f32_div)
root(SINGLE, f32_sqrt)

fused(SINGLE, "fmadd", "1000011", f32_fma, 0, 0)
fused(SINGLE, "fmsub", "1000111", f32_fma, 0, SINGLE.sign)
fused(SINGLE, "fnmsub", "1001011", f32_fma, SINGLE.sign, 0)
fused(SINGLE, "fnmadd", "1001111", f32_fma, SINGLE.sign, SINGLE.sign)

sign(SINGLE, "fsgnj", "000", f32_sign)
sign(SINGLE, "fsgnjn", "001", f32_sign_not)
sign(SINGLE, "fsgnjx", "010", f32_sign_xor)
select(SINGLE, "fmin", "000", f32_min)
select(SINGLE, "fmax", "001", f32_max)

compare(SINGLE, "fle", "000", f32_le)
compare(SINGLE, "flt", "001", f32_lt)
compare(SINGLE, "feq", "010", f32_eq)
classify(SINGLE, f32_classify)

to_integer(SINGLE, "w", "00000", f32_to_w, signed_word)
to_integer(SINGLE, "wu", "00001", f32_to_wu, signed_word)
to_integer(SINGLE, "l", "00010", f32_to_l, s)
to_integer(SINGLE, "lu", "00011", f32_to_lu, s)
from_integer(SINGLE, "w", "00000", f32_from_w)
from_integer(SINGLE, "wu", "00001", f32_from_wu)
from_integer(SINGLE, "l", "00010", f32_from_l)
from_integer(SINGLE, "lu", "00011", f32_from_lu)

move_to_integer(SINGLE, "fmv.x.w", signed_word)
move_from_integer(SINGLE, "fmv.w.x")
