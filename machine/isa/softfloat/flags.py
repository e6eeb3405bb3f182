"""Rounding modes and exception flags, as fcsr encodes them (rules dyn_round_enc, fcsr_fflags_op)."""

from __future__ import annotations

__all__ = ["DZ", "NV", "NX", "OF", "RDN", "RMM", "RNE", "RTZ", "RUP", "UF"]

RNE, RTZ, RDN, RUP, RMM = range(5)
"""To nearest with ties to even, toward zero, down, up, to nearest with ties away from zero."""

NX, UF, OF, DZ, NV = 1, 2, 4, 8, 16
"""Inexact, underflow, overflow, division by zero, invalid operation."""
