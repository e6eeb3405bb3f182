"""A synchronous trap on its way from the meaning that raised it to trap entry."""

from __future__ import annotations

from machine.spec.causes import Cause
from machine.spec.rules import Reason

__all__ = ["Trap", "illegal", "virtual_instruction"]


class Trap(Exception):
    """What an instruction raises instead of completing. Nothing has been written when it is raised.

    Attributes:
        cause: the exception code.
        tval: what xtval receives: the faulting virtual address, or 0. `INSTRUCTION` asks for the instruction's bits.
        gpa: the faulting guest physical address in bytes (htval and mtval2 receive it shifted right by 2), or 0.
        gva: 1 when tval is a guest virtual address (hstatus.GVA, mstatus.GVA).
        tinst: `EXPLICIT` where the transformed instruction is the value of htinst or mtinst, else the value itself:
            0 or a pseudo-instruction (manual, table of special pseudoinstructions).
        offset: for a misaligned explicit access, the faulting portion's address minus the instruction's address.
        reason: the clause of the manual, a `Reason`.
        not_for_guest: the access was HS-mode's own, made for a guest: no guest handles it, whatever hedeleg says.
    """

    not_for_guest = False
    INSTRUCTION = -1
    EXPLICIT = -1

    def __init__(
        self,
        cause: int,
        tval: int = 0,
        *,
        gpa: int = 0,
        gva: int = 0,
        tinst: int = 0,
        offset: int = 0,
        reason: int = Reason.NONE,
    ) -> None:
        super().__init__(cause, tval)
        self.cause = cause
        self.tval = tval
        self.gpa = gpa
        self.gva = gva
        self.tinst = tinst
        self.offset = offset
        self.reason = reason


def illegal(reason: int) -> Trap:
    """The illegal-instruction exception; xtval receives the instruction's bits."""
    return Trap(Cause.ILLEGAL_INSTRUCTION, Trap.INSTRUCTION, reason=reason)


def virtual_instruction(reason: int) -> Trap:
    """The virtual-instruction exception; xtval is written as for an illegal instruction (rule H_virtinst_xtval)."""
    return Trap(Cause.VIRTUAL_INSTRUCTION, Trap.INSTRUCTION, reason=reason)
