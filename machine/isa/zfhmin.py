"""Zfhmin, half precision as a format of storage: moves and conversions (Volume I, chapter "Zfh", section "Zfhmin")."""

from __future__ import annotations

from dataclasses import replace

from machine.bits import s
from machine.isa.fp import DOUBLE, SINGLE
from machine.isa.fp import HALF as HALF_OF_ZFH
from machine.isa.fp_families import convert, load, move_from_integer, move_to_integer, store
from machine.isa.softfloat import f16_to_f32, f16_to_f64, f32_to_f16, f64_to_f16

__all__: list[str] = []

HALF = replace(HALF_OF_ZFH, extension="Zfhmin")


def signed_half(value: int) -> int:
    """16 bits as an x register holds them."""
    return s(value, 16)


load(HALF, "flh", "001", 2)
store(HALF, "fsh", "001", 2)

move_to_integer(HALF, "fmv.x.h", signed_half)
move_from_integer(HALF, "fmv.h.x")

convert(SINGLE, HALF, "00010", f16_to_f32, "Zfhmin")
convert(HALF, SINGLE, "00000", f32_to_f16, "Zfhmin")
convert(DOUBLE, HALF, "00010", f16_to_f64, "Zfhmin+D")
convert(HALF, DOUBLE, "00001", f64_to_f16, "Zfhmin+D")
