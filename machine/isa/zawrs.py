"""Zawrs, waiting on a reservation set (unprivileged manual, "Zawrs" extension).

A hart may end such a wait at any time for any reason. Ours do so at once: each loop around one looks again, which
takes the waiting hart's turn and no more, and no wait lasts so long that mstatus.TW or hstatus.VTW could object.
"""

from __future__ import annotations

from machine.isa.catalogue import instruction
from machine.isa.vocabulary import Hart, Operands

__all__: list[str] = []


@instruction("wrs.nto", "000000001101 00000 000 00000 1110011", extension="Zawrs")
def wait(h: Hart, i: Operands) -> None:
    """Wait until the reservation is lost."""


@instruction("wrs.sto", "000000011101 00000 000 00000 1110011", extension="Zawrs")
def wait_shortly(h: Hart, i: Operands) -> None:
    """The same for a short time at most."""
