"""Svinval, fine-grained invalidation of cached translations (privileged manual, "Svinval").

Each invalidation does at once what the fence of the same operands does, which is more than it must: the two fences
that begin and end a sequence have nothing left to order.
"""

from __future__ import annotations

from machine.isa.catalogue import instruction
from machine.isa.hypervisor import hfence_gvma, hfence_vvma
from machine.isa.privileged import require_supervisor, sfence_vma
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []

instruction("sinval.vma", "0001011 rs2 rs1 000 00000 1110011", "rs1,rs2", "Svinval")(sfence_vma)
instruction("hinval.vvma", "0010011 rs2 rs1 000 00000 1110011", "rs1,rs2", "Svinval")(hfence_vvma)
instruction("hinval.gvma", "0110011 rs2 rs1 000 00000 1110011", "rs1,rs2", "Svinval")(hfence_gvma)


@instruction("sfence.w.inval", "0001100 00000 00000 000 00000 1110011", extension="Svinval")
def before_invalidations(h: Hart, i: Operands) -> None:
    """Order earlier stores before invalidations that follow; neither TVM nor VTVM matters."""
    require_supervisor(h)


@instruction("sfence.inval.ir", "0001100 00001 00000 000 00000 1110011", extension="Svinval")
def behind_invalidations(h: Hart, i: Operands) -> None:
    """Order invalidations before translations that follow; neither TVM nor VTVM matters."""
    require_supervisor(h)
