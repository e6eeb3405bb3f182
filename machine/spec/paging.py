"""Page-table geometry.

Privileged manual, "Sv39", "Sv48", "Sv57"; hypervisor extension, "Guest Physical Address Translation".
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    *(
        "ASID_BITS",
        "ASID_LOW",
        "BARE",
        "EVERY_SPACE",
        "FENCE_G",
        "FENCE_S",
        "FENCE_VS",
        "PAGE_SHIFT",
        "SCHEMES",
        "SV39",
    ),
    *("SV48", "SV57", "VMID_BITS", "Pte", "Scheme"),
]

PAGE_SHIFT = 12
BARE, SV39, SV48, SV57 = 0, 8, 9, 10
"""Values of the MODE field of satp, vsatp and (with the suffix x4) hgatp."""


ASID_LOW, ASID_BITS, VMID_BITS = 44, 16, 14
"""Where satp and vsatp hold the ASID and hgatp, from the same bit on, the VMID."""
FENCE_S, FENCE_VS, FENCE_G = 0, 1, 2
"""Which register's translations a fence is about: satp's (SFENCE.VMA with V=0), vsatp's of the VMID in hgatp (the same
with V=1, HFENCE.VVMA), or hgatp's (HFENCE.GVMA)."""
EVERY_SPACE = 1 << ASID_BITS
"""What stands for all ASIDs or VMIDs where one could be named."""


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
