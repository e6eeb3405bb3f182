"""Ends a slice before anything outside the hart happens: an access to a device, a mailbox, or the environment.

Such an instruction has effects that cannot be taken back. The gate stops the hart before it, in both engines; then
the judge alone runs it, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from machine.hart.physical import PhysicalPort
from machine.hart.watch import Watched
from machine.memory.access import FETCH, LOAD

if TYPE_CHECKING:
    from machine.hart.hart import Hart
    from machine.trap.trap import Trap

__all__ = ["OUTSIDE", "gated"]

OUTSIDE = "outside"
"""`Hart.stop_reason` of a hart that stands before such an instruction."""
RETIRED = 4
"""The bit of mcountinhibit that stops minstret."""


class GatedPort(PhysicalPort):
    """Physical memory whose devices and mailboxes may not be reached."""

    def refusal(self, address: int, size: int, kind: int, privilege: int) -> int:
        """Every access that is not cached asks this before it does anything; those to devices are never cached."""
        hart = self.hart
        if kind != FETCH:
            outside = not hart.ram.contains(address, size) and hart.bus.answers(address, size)
            rings = kind != LOAD and hart.guard.has_mailbox(address - hart.ram.base, size)
            if outside or rings:
                raise Watched(OUTSIDE)
        return super().refusal(address, size, kind, privilege)


def _environment(hart: Hart, trap: Trap) -> bool:
    """In place of whoever serves traps to M-mode. The trap has not been entered, but its cycle is uncounted."""
    if not hart.state.mcountinhibit & RETIRED:
        hart.state.minstret += 1
    raise Watched(OUTSIDE)


@contextmanager
def gated(hart: Hart) -> Iterator[None]:
    """While this lasts, nothing outside the hart can be reached."""
    physical, environment = hart.physical, hart.environment
    hart.physical = GatedPort(hart)
    hart.environment = None if environment is None else _environment
    try:
        yield
    finally:
        hart.physical, hart.environment = physical, environment
        physical.forget()
