"""The state in which firmware leaves a hart to the supervisor: delegation, counters, timers, protection.

The choices are OpenSBI's where it has one, with two differences: every exception that can be delegated is, because no
code runs in M-mode that could emulate or redirect it; and timers, page-table updates, memory types and cache-block
instructions are granted where the hart has them, as the device tree's ISA string promises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine.csr.access import named
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["leave_to_supervisor"]

ALL = (1 << 64) - 1
NAPOT_RWX = 0b11111
"""PMP configuration of entry 0: all of memory, open to every mode."""

GRANTED = (
    *(status.ENVCFG_STCE, status.ENVCFG_ADUE, status.ENVCFG_PBMTE),
    *(status.ENVCFG_CBZE, status.ENVCFG_CBCFE, status.ENVCFG_CBIE, status.ENVCFG_CBIE + 1),
)
"""Bits of menvcfg; legalisation drops what the hart lacks."""

FIRMWARE_CSRS = {
    "medeleg": ALL & ~(1 << Cause.ECALL_HS),  # the SBI call itself; legalisation drops what cannot be delegated
    "mideleg": ALL,
    "mcounteren": ALL,
    "menvcfg": sum(1 << bit for bit in GRANTED),
    "pmpaddr0": ALL,
    "pmpcfg0": NAPOT_RWX,
    "mstatus": status.FS_DIRTY << status.FS,
}
STATE_ENABLES = ("mstateen0", "mstateen1", "mstateen2", "mstateen3")
"""All the state there is: this firmware swaps none, and hstateen is zero after reset, as it has to be left."""
TIMERS = ("stimecmp", "vstimecmp")
"""Set to never, so that no timer is pending before someone sets one."""


def leave_to_supervisor(hart: Hart) -> None:
    """Put a hart that comes out of reset into HS-mode at its pc; all but hart 0 are stopped until HSM starts them."""
    for name, value in FIRMWARE_CSRS.items():
        named(hart, name).write(hart, value)
    if hart.config.isa.has("Smstateen"):
        for name in STATE_ENABLES:
            named(hart, name).write(hart, ALL)
    if hart.config.isa.has("Sstc"):
        for name in TIMERS:
            named(hart, name).write(hart, ALL)
    hart.state.priv = Mode.HS.privilege
    hart.state.stopped = int(hart.number != 0)
    hart.context_changed()
