"""Zicbom and Zicboz, cache-block management and zeroing (unprivileged manual, "CMO" extensions).

There is no cache: what is written is in memory at once. Management therefore checks what it would need and changes
nothing, and flushing for invalidating, which envcfg.CBIE=1 asks for, makes no difference.
"""

from __future__ import annotations

from machine.bits import u
from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands
from machine.spec.modes import M, U
from machine.spec.rules import Reason
from machine.spec.status import ENVCFG_CBCFE, ENVCFG_CBIE, ENVCFG_CBZE
from machine.trap.trap import illegal, virtual_instruction

__all__: list[str] = []


def require_enabled(h: Hart, low: int, width: int, refused: Reason, refused_virtual: Reason) -> None:
    """Raise unless the field of ``width`` bits at ``low`` of menvcfg, henvcfg and senvcfg lets the mode go on.

    menvcfg decides for all modes below M; then henvcfg for V=1, and senvcfg for U-mode and VU-mode.
    """
    if h.state.priv == M:
        return
    if u(h.state.menvcfg >> low, width) == 0:
        raise illegal(refused)
    if h.state.virt != 0:
        if u(h.state.henvcfg >> low, width) == 0:
            raise virtual_instruction(refused_virtual)
        if h.state.priv == U and u(h.state.senvcfg >> low, width) == 0:
            raise virtual_instruction(refused_virtual)
    elif h.state.priv == U and u(h.state.senvcfg >> low, width) == 0:
        raise illegal(refused)


def management(name: str, number: int, low: int, width: int, refused: Reason, refused_virtual: Reason) -> None:
    @instruction(name, f"{number:012b} rs1 010 00000 0001111", "(rs1)", extension="Zicbom")
    def meaning(h: Hart, i: Operands) -> None:
        """Write back or discard the cache block that holds the address."""
        require_enabled(h, low, width, refused, refused_virtual)
        h.manage_block(h.x[i.rs1])


management("cbo.inval", 0, ENVCFG_CBIE, 2, Reason.CBIE, Reason.V_CBIE)
management("cbo.clean", 1, ENVCFG_CBCFE, 1, Reason.CBCFE, Reason.V_CBCFE)
management("cbo.flush", 2, ENVCFG_CBCFE, 1, Reason.CBCFE, Reason.V_CBCFE)


@instruction("cbo.zero", "000000000100 rs1 010 00000 0001111", "(rs1)", extension="Zicboz")
def zero(h: Hart, i: Operands) -> None:
    """Write zeros to the cache block that holds the address."""
    require_enabled(h, ENVCFG_CBZE, 1, Reason.CBZE, Reason.V_CBZE)
    h.zero_block(h.x[i.rs1])
