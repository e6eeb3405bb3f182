"""IEEE 754 arithmetic of binary32 and binary64 in the meaning language, as routines.

Every operation takes and gives raw patterns: ``(a, b, rm) -> (pattern, flags)``, where ``rm`` is a resolved rounding
mode (0 RNE, 1 RTZ, 2 RDN, 3 RUP, 4 RMM) and ``flags`` are bits of fflags (NV 16, DZ 8, OF 4, UF 2, NX 1). NaN results
are canonical; tininess is detected after rounding. Source: IEEE 754-2008; Volume I, chapters "F" and "D".

Map: `format` takes patterns apart, `round` is the one place that rounds and packs; `add` and `fused` share `sum`;
`multiply`, `divide`, `sqrt`, `convert`, `compare` are one job each; `box` keeps singles in 64-bit registers.
Intermediates stay within 128 bits, divisions within 64.
"""

from __future__ import annotations

from machine.isa.softfloat.add import f32_add, f32_sub, f64_add, f64_sub
from machine.isa.softfloat.box import box32, unbox32
from machine.isa.softfloat.compare import (
    f32_classify,
    f32_eq,
    f32_le,
    f32_lt,
    f32_max,
    f32_min,
    f32_sign,
    f32_sign_not,
    f32_sign_xor,
    f64_classify,
    f64_eq,
    f64_le,
    f64_lt,
    f64_max,
    f64_min,
    f64_sign,
    f64_sign_not,
    f64_sign_xor,
)
from machine.isa.softfloat.convert import (
    f32_from_l,
    f32_from_lu,
    f32_from_w,
    f32_from_wu,
    f32_to_f64,
    f32_to_l,
    f32_to_lu,
    f32_to_w,
    f32_to_wu,
    f64_from_l,
    f64_from_lu,
    f64_from_w,
    f64_from_wu,
    f64_to_f32,
    f64_to_l,
    f64_to_lu,
    f64_to_w,
    f64_to_wu,
)
from machine.isa.softfloat.divide import f32_div, f64_div
from machine.isa.softfloat.fused import f32_fma, f64_fma
from machine.isa.softfloat.multiply import f32_mul, f64_mul
from machine.isa.softfloat.sqrt import f32_sqrt, f64_sqrt

__all__ = [
    "box32",
    "f32_add",
    "f32_classify",
    "f32_div",
    "f32_eq",
    "f32_fma",
    "f32_from_l",
    "f32_from_lu",
    "f32_from_w",
    "f32_from_wu",
    "f32_le",
    "f32_lt",
    "f32_max",
    "f32_min",
    "f32_mul",
    "f32_sign",
    "f32_sign_not",
    "f32_sign_xor",
    "f32_sqrt",
    "f32_sub",
    "f32_to_f64",
    "f32_to_l",
    "f32_to_lu",
    "f32_to_w",
    "f32_to_wu",
    "f64_add",
    "f64_classify",
    "f64_div",
    "f64_eq",
    "f64_fma",
    "f64_from_l",
    "f64_from_lu",
    "f64_from_w",
    "f64_from_wu",
    "f64_le",
    "f64_lt",
    "f64_max",
    "f64_min",
    "f64_mul",
    "f64_sign",
    "f64_sign_not",
    "f64_sign_xor",
    "f64_sqrt",
    "f64_sub",
    "f64_to_f32",
    "f64_to_l",
    "f64_to_lu",
    "f64_to_w",
    "f64_to_wu",
    "unbox32",
]
