"""Control and status registers: declared by the mode that owns them, legalised in one place each.

Importing the package declares every register; `machine.csr.file` lists them, `machine.csr.access` says who may access
which.
"""

from __future__ import annotations

from machine.csr import (
    counters,
    envcfg,
    events,
    h_mode,
    indirect,
    interrupts,
    m_mode,
    pmp,
    s_mode,
    stateen,
    timers,
    u_mode,
    vs_mode,
)

__all__ = [
    "counters",
    "envcfg",
    "events",
    "h_mode",
    "indirect",
    "interrupts",
    "m_mode",
    "pmp",
    "s_mode",
    "stateen",
    "timers",
    "u_mode",
    "vs_mode",
]
