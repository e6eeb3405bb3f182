"""Page-table geometry.

Privileged manual, "Sv39", "Sv48", "Sv57"; hypervisor extension, "Guest Physical Address Translation".
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    *("ASID_BITS", "ASID_LOW", "BARE", "EVERY_SPACE", "FENCE_G", "FENCE_S", "FENCE_VS", "MEMORY_TYPES"),
    *("NAPOT_BITS", "NAPOT_PPN", "PAGE_SHIFT", "SCHEMES", "SV39", "SV48", "SV57", "VMID_BITS", "Pte", "Scheme"),
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


NAPOT_BITS = 4
"""Svnapot: log 2 of the pages in a contiguous range of 64 KiB, the one size that there is."""
NAPOT_PPN = 1 << NAPOT_BITS - 1
"""What the lowest `NAPOT_BITS` bits of the PPN hold to say so."""
MEMORY_TYPES = ("PMA", "NC", "IO")
"""Svpbmt: what the field PBMT asks for by value; 3 is reserved."""


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
    RESERVED_LOW, RESERVED_BITS = 54, 7
    """Bits 60:54 belong to the future."""
    PBMT, PBMT_BITS = 61, 2
    """Svpbmt's memory type: `MEMORY_TYPES`, else reserved."""
    N = 63
    """Svnapot's: the entry is one of several that map a contiguous range."""
