"""Physical memory protection (privileged manual, "Physical Memory Protection"): 16 entries, grain 4 bytes."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, bits, ite, routine, u
from machine.memory.access import FETCH, STORE
from machine.spec.modes import M

__all__ = ["ENTRIES", "permits", "region", "uniform"]

ENTRIES = 16
OFF, TOR, NA4, NAPOT = 0, 1, 2, 3
R, W, X, L = 0, 1, 2, 7


def _config(h: Any, entry: int) -> int:
    register = h.state.pmpcfg0 if entry < 8 else h.state.pmpcfg2
    return bits(register, 8 * (entry % 8) + 7, 8 * (entry % 8))


def region(h: Any, entry: int) -> tuple[int, int]:
    """First byte and first byte behind the region of ``entry`` (0–15); (0, 0) when it is off."""
    address = getattr(h.state, f"pmpaddr{entry}")
    matching = bits(_config(h, entry), 4, 3)
    below = getattr(h.state, f"pmpaddr{entry - 1}") << 2 if entry else 0
    size = (address ^ (address + 1)) + 1  # NAPOT: trailing ones select the size, in units of 4 bytes
    napot = address & ~(size - 1)
    low = ite(matching == TOR, below, ite(matching == NA4, address << 2, napot << 2))
    high = ite(matching == TOR, address << 2, ite(matching == NA4, (address << 2) + 4, (napot + size) << 2))
    return ite(matching == OFF, 0, low), ite(matching == OFF, 0, high)


@routine
def permits(h: Any, address: int, size: int, kind: int, privilege: int) -> int:
    """1 when an access of ``size`` bytes at a physical address is allowed, else 0.

    The lowest-numbered entry that matches any byte decides, and must match all (rules pmp_entry_priority,
    pmp_full_match_required); entries bind M-mode only when locked; without a match M-mode may, others may not
    (rule pmp_no_entry_match).
    """
    allowed = ite(privilege == M, 1, 0)
    for entry in reversed(range(ENTRIES)):
        low, high = region(h, entry)
        config = _config(h, entry)
        touches = (low < high) & (address < high) & (address + size > low)  # TOR may name an empty region
        inside = (address >= low) & (address + size <= high)
        wanted = ite(kind == FETCH, bit(config, X), ite(kind == STORE, bit(config, W), bit(config, R)))
        binding = ite(privilege == M, bit(config, L), 1)
        verdict = ite(inside, ite(binding, wanted, 1), 0)
        allowed = ite(touches, verdict, allowed)
    return u(allowed, 1)


@routine
def uniform(h: Any, page: int) -> int:
    """1 when no region begins or ends inside the 4 KiB page at physical address ``page``, so that one check of it
    holds for every byte (and may be cached)."""
    result = 1
    for entry in range(ENTRIES):
        low, high = region(h, entry)
        cut = (low > page) & (low < page + 4096) | (high > page) & (high < page + 4096)
        result = ite(cut, 0, result)
    return result
