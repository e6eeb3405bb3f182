"""Names of the general registers (RISC-V calling convention, "Register Convention") and of rounding modes."""

from __future__ import annotations

__all__ = ["F_NAMES", "ROUNDING_NAMES", "X_NAMES"]

X_NAMES: tuple[str, ...] = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"),
    *("a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"),
    *("s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11"),
    *("t3", "t4", "t5", "t6"),
)
"""ABI names of x0 to x31; gdb's target descriptions call x8 ``fp``, disassemblers ``s0``."""

F_NAMES: tuple[str, ...] = (
    *("ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1"),
    *("fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7"),
    *("fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11"),
    *("ft8", "ft9", "ft10", "ft11"),
)
"""ABI names of f0 to f31."""

ROUNDING_NAMES: tuple[str, ...] = ("rne", "rtz", "rdn", "rup", "rmm", "reserved5", "reserved6", "dyn")
"""Assembler names of an instruction's rm field, by value."""
