"""Zifencei, the instruction-fetch fence (unprivileged manual, "Zifencei" extension)."""

from __future__ import annotations

from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


@instruction("fence.i", "imm[11:0] rs1 001 rd 0001111", "", extension="Zifencei")
def fence_i(h: Hart, i: Operands) -> None:
    """Make stores visible to instruction fetches; reserved fields are ignored, as the manual asks."""
    h.fence_i()
