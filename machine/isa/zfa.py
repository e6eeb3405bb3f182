"""Zfa, additional floating-point instructions (Volume I, chapter "Zfa", version 1.0).

FMVH and FMVP are RV32's and those of quad precision, which the machine has not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

from machine.bits import ite
from machine.isa.catalogue import instruction
from machine.isa.fp import DOUBLE, HALF, SINGLE, Precision, accrue, rounding_mode, signed_word, write_float
from machine.isa.fp_families import Result, compare, select
from machine.isa.softfloat import (
    f16_integral,
    f16_integral_exact,
    f16_le_quiet,
    f16_lt_quiet,
    f16_maximum,
    f16_minimum,
    f32_integral,
    f32_integral_exact,
    f32_le_quiet,
    f32_lt_quiet,
    f32_maximum,
    f32_minimum,
    f64_integral,
    f64_integral_exact,
    f64_le_quiet,
    f64_lt_quiet,
    f64_maximum,
    f64_minimum,
    f64_to_f16,
    f64_to_f32,
    f64_to_w_modular,
)
from machine.isa.softfloat.flags import RNE
from machine.isa.softfloat.format import F16, F32, F64, Format
from machine.isa.vocabulary import Hart, Operands
from machine.spec.fli import FLI_NAMES

__all__: list[str] = []

OF_HALF, OF_SINGLE = replace(HALF, extension="Zfa+Zfh"), replace(SINGLE, extension="Zfa")
OF_DOUBLE = replace(DOUBLE, extension="Zfa+D")


def constants(fmt: Format, narrow: Callable[[int, int], Result]) -> list[int]:
    """The patterns of `FLI_NAMES` in a format; ``narrow`` rounds a double to it, so that in half 2^16 becomes ∞."""
    special = {"min": 1 << fmt.fraction_bits, "inf": fmt.infinity, "nan": fmt.nan}
    doubles = {name: struct.pack("<d", float.fromhex(name)) for name in FLI_NAMES if name not in special}
    narrowed = {name: narrow(int.from_bytes(double, "little"), RNE)[0] for name, double in doubles.items()}
    return [(special | narrowed)[name] for name in FLI_NAMES]


def load_constant(p: Precision, patterns: list[int]) -> None:
    @instruction(f"fli.{p.suffix}", f"11110 {p.code} 00001 rs1 000 rd 1010011", "fd,constant", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Load one of 32 constants; no flags."""
        h.require_fp()
        pattern = patterns[0]
        for number, candidate in enumerate(patterns):
            pattern = ite(i.rs1 == number, candidate, pattern)
        write_float(h, p, i.rd, (pattern, 0))


def round_to_integral(p: Precision, name: str, rs2: str, operation: Callable[[int, int], Result]) -> None:
    @instruction(f"{name}.{p.suffix}", f"01000 {p.code} {rs2} rs1 rm rd 1010011", "fd,fs1,rm", p.extension)
    def meaning(h: Hart, i: Operands) -> None:
        """Round to an integer that stays a floating-point number; froundnx says when it is another one."""
        rm = rounding_mode(h, i)
        write_float(h, p, i.rd, operation(p.read(h.f[i.rs1]), rm))


@instruction("fcvtmod.w.d", "11000 01 01000 rs1 001 rd 1010011", "rd,fs1,rtz", "Zfa+D")
def convert_modular(h: Hart, i: Operands) -> None:
    """Round to zero and keep the low 32 bits, sign-extended; flags as of fcvt.w.d, and 0 for what is no number."""
    h.require_fp()
    value, flags = f64_to_w_modular(h.f[i.rs1])
    h.x[i.rd] = signed_word(value)
    accrue(h, flags)


load_constant(OF_HALF, constants(F16, f64_to_f16))
load_constant(OF_SINGLE, constants(F32, f64_to_f32))
load_constant(OF_DOUBLE, constants(F64, lambda double, rm: (double, 0)))

select(OF_HALF, "fminm", "010", f16_minimum)
select(OF_HALF, "fmaxm", "011", f16_maximum)
select(OF_SINGLE, "fminm", "010", f32_minimum)
select(OF_SINGLE, "fmaxm", "011", f32_maximum)
select(OF_DOUBLE, "fminm", "010", f64_minimum)
select(OF_DOUBLE, "fmaxm", "011", f64_maximum)

round_to_integral(OF_HALF, "fround", "00100", f16_integral)
round_to_integral(OF_HALF, "froundnx", "00101", f16_integral_exact)
round_to_integral(OF_SINGLE, "fround", "00100", f32_integral)
round_to_integral(OF_SINGLE, "froundnx", "00101", f32_integral_exact)
round_to_integral(OF_DOUBLE, "fround", "00100", f64_integral)
round_to_integral(OF_DOUBLE, "froundnx", "00101", f64_integral_exact)

compare(OF_HALF, "fleq", "100", f16_le_quiet)
compare(OF_HALF, "fltq", "101", f16_lt_quiet)
compare(OF_SINGLE, "fleq", "100", f32_le_quiet)
compare(OF_SINGLE, "fltq", "101", f32_lt_quiet)
compare(OF_DOUBLE, "fleq", "100", f64_le_quiet)
compare(OF_DOUBLE, "fltq", "101", f64_lt_quiet)
