"""RV64D, double-precision floating point (Volume I, chapter "D", version 2.2)."""

from __future__ import annotations

from machine.bits import s
from machine.isa.fp import DOUBLE, SINGLE, signed_word
from machine.isa.fp_families import (
    binary,
    classify,
    compare,
    convert,
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
    f32_to_f64,
    f64_add,
    f64_classify,
    f64_div,
    f64_eq,
    f64_fma,
    f64_from_l,
    f64_from_lu,
    f64_from_w,
    f64_from_wu,
    f64_le,
    f64_lt,
    f64_max,
    f64_min,
    f64_mul,
    f64_sign,
    f64_sign_not,
    f64_sign_xor,
    f64_sqrt,
    f64_sub,
    f64_to_f32,
    f64_to_l,
    f64_to_lu,
    f64_to_w,
    f64_to_wu,
)

__all__: list[str] = []

load(DOUBLE, "fld", "011", 8)
store(DOUBLE, "fsd", "011", 8)

binary(DOUBLE, "fadd", "00000", f64_add)
binary(DOUBLE, "fsub", "00001", f64_sub)
binary(DOUBLE, "fmul", "00010", f64_mul)
binary(DOUBLE, "fdiv", "00011", f64_div)
root(DOUBLE, f64_sqrt)

fused(DOUBLE, "fmadd", "1000011", f64_fma, 0, 0)
fused(DOUBLE, "fmsub", "1000111", f64_fma, 0, DOUBLE.sign)
fused(DOUBLE, "fnmsub", "1001011", f64_fma, DOUBLE.sign, 0)
fused(DOUBLE, "fnmadd", "1001111", f64_fma, DOUBLE.sign, DOUBLE.sign)

sign(DOUBLE, "fsgnj", "000", f64_sign)
sign(DOUBLE, "fsgnjn", "001", f64_sign_not)
sign(DOUBLE, "fsgnjx", "010", f64_sign_xor)
select(DOUBLE, "fmin", "000", f64_min)
select(DOUBLE, "fmax", "001", f64_max)

compare(DOUBLE, "fle", "000", f64_le)
compare(DOUBLE, "flt", "001", f64_lt)
compare(DOUBLE, "feq", "010", f64_eq)
classify(DOUBLE, f64_classify)

to_integer(DOUBLE, "w", "00000", f64_to_w, signed_word)
to_integer(DOUBLE, "wu", "00001", f64_to_wu, signed_word)
to_integer(DOUBLE, "l", "00010", f64_to_l, s)
to_integer(DOUBLE, "lu", "00011", f64_to_lu, s)
from_integer(DOUBLE, "w", "00000", f64_from_w)
from_integer(DOUBLE, "wu", "00001", f64_from_wu)
from_integer(DOUBLE, "l", "00010", f64_from_l)
from_integer(DOUBLE, "lu", "00011", f64_from_lu)
convert(SINGLE, DOUBLE, "00001", f64_to_f32, "D")
convert(DOUBLE, SINGLE, "00000", f32_to_f64, "D")

move_to_integer(DOUBLE, "fmv.x.d", s)
move_from_integer(DOUBLE, "fmv.d.x")
