"""One line of the interrupt ledger: the life of one pending bit, from who set it to what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from machine.csr.file import BY_NUMBER
from machine.isa.disassemble import disassemble
from machine.observe.trace import fetch
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["Author", "Entry", "Fate", "instruction_author"]


class Fate(Enum):
    """What became of a pending bit; the value says it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    CLEARED = "cleared by the guest, which did not take it"
    WITHDRAWN = "withdrawn before anyone saw it"
    FLUSHED = "taken from the bitmap"
    OVERWRITTEN = "lost: overwritten from a stale copy"
    UNANNOUNCED = "lost: its mask bit was taken before it was set"
    RESURRECTED = "raised again from a stale copy: nobody asked for it"

    @property
    def wrong(self) -> bool:
        """Whether it is a mistake of the software: an interrupt lost, or one too many."""
        return self in (Fate.OVERWRITTEN, Fate.UNANNOUNCED, Fate.RESURRECTED)


@dataclass(frozen=True)
class Author:
    """Who changed a bit.

    Attributes:
        kind: hypervisor, guest, timer, device, injection or debugger.
        hart, pc, mode: of the instruction that did it; None where none did.
        text: the instruction, or what else there is to say.
    """

    kind: str
    hart: int | None = None
    pc: int | None = None
    mode: Mode | None = None
    text: str = ""


@dataclass
class Entry:
    """One pending bit.

    Attributes:
        number: ordinal in the ledger, from 1.
        cycle: the machine's, when it was set.
        hart: of the vCPU.
        vmid: of the guest that hgatp named.
        interrupt: VSSI, VSTI or VSEI.
        where: ``hvip``, ``timer`` (vstimecmp), ``line`` (guest external), ``bitmap`` (software's own).
        author: who set it.
        order: of all events that the ledger has seen, when it was asked for.
        ended, ended_by: the cycle of its fate, and who decided it.
    """

    number: int
    cycle: int
    hart: int
    vmid: int
    interrupt: Interrupt
    where: str
    author: Author
    order: int
    fate: Fate = Fate.PENDING
    ended: int | None = None
    ended_by: Author | None = None


def instruction_author(hart: Hart, kind: str = "") -> Author:
    """The instruction that ``hart`` is executing."""
    word = fetch(hart, hart.pc)
    text = disassemble(word, hart.pc, _csr_name) if word is not None else ""
    return Author(kind or ("guest" if hart.mode.virtual else "hypervisor"), hart.number, hart.pc, hart.mode, text)


def _csr_name(number: int) -> str | None:
    return BY_NUMBER[number].name if number in BY_NUMBER else None
