"""Page-table geometry.

Privileged manual, "Sv39", "Sv48", "Sv57"; hypervisor extension, "Guest Physical Address Translation".
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BARE", "PAGE_SHIFT", "SCHEMES", "SV39", "SV48", "SV57", "Pte", "Scheme"]

PAGE_SHIFT = 12
BARE, SV39, SV48, SV57 = 0, 8, 9, 10
"""Values of the MODE field of satp, vsatp and (with the suffix x4) hgatp."""


class Scheme(NamedTuple):
    """One translation scheme: its name without the suffix, MODE value and number of levels."""

    name: str
    mode: int
    levels: int

    @property
    def width(self) -> int:
        """Bits of a virtual address that the scheme translates."""
        return PAGE_SHIFT + 9 * self.levels


SCHEMES = (Scheme("Sv39", SV39, 3), Scheme("Sv48", SV48, 4), Scheme("Sv57", SV57, 5))


class Pte:
    """Bit positions of a page-table entry."""

    V, R, W, X, U, G, A, D = range(8)
    PPN = 10
    PPN_BITS = 44
    RESERVED_LOW = 54
    """Bits 63:54 belong to Svnapot, Svpbmt and the future: reserved in this machine."""
