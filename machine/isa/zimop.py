"""Zimop, may-be-operations (unprivileged manual, "Zimop" extension): room for extensions that a hart may lack.

None of those is implemented here, so each writes zero. Their compressed twins (Zcmop) write nothing: `machine.isa.rvc`.
"""

from __future__ import annotations

from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


@instruction("mop.r.n", "1 uimm[4] 00 uimm[3:2] 0111 uimm[1:0] rs1 100 rd 1110011", "rd,rs1,imm", extension="Zimop")
def unary(h: Hart, i: Operands) -> None:
    """One of 32 operations on rs1: zero."""
    h.x[i.rd] = 0


@instruction("mop.rr.n", "1 uimm[2] 00 uimm[1:0] 1 rs2 rs1 100 rd 1110011", "rd,rs1,rs2,imm", extension="Zimop")
def binary(h: Hart, i: Operands) -> None:
    """One of 8 operations on rs1 and rs2: zero."""
    h.x[i.rd] = 0
