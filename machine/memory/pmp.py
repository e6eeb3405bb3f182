"""Physical memory protection (privileged manual, "Physical Memory Protection", "Smepmp"): 16 entries, grain 4 bytes."""

from __future__ import annotations

from typing import Any

from machine.bits import bit, bits, ite, routine, u
from machine.memory.access import FETCH, LOAD, STORE
from machine.spec import status
from machine.spec.modes import M

__all__ = ["ENTRIES", "grants", "permits", "region", "uniform"]

ENTRIES = 16
OFF, TOR, NA4, NAPOT = 0, 1, 2, 3
R, W, X, L = 0, 1, 2, 7

LOCKDOWN = {
    # LRWX: what M-mode may, and what S-mode and U-mode may (rule mml_truth_table).
    "0000": ("", ""),
    "0001": ("", "X"),
    "0010": ("RW", "R"),
    "0011": ("RW", "RW"),
    "0100": ("", "R"),
    "0101": ("", "RX"),
    "0110": ("", "RW"),
    "0111": ("", "RWX"),
    "1000": ("", ""),
    "1001": ("X", ""),
    "1010": ("X", "X"),
    "1011": ("RX", "X"),
    "1100": ("R", ""),
    "1101": ("RX", ""),
    "1110": ("RW", ""),
    "1111": ("R", "R"),
}
"""The meaning of an entry's four bits while mseccfg.MML=1."""


def _rows(column: int, letter: str) -> int:
    """Bit n says whether row n of `LOCKDOWN` has the letter."""
    return sum(1 << int(row, 2) for row, may in LOCKDOWN.items() if letter in may[column])


MACHINE_MAY, OTHERS_MAY = ({LOAD: _rows(n, "R"), STORE: _rows(n, "W"), FETCH: _rows(n, "X")} for n in (0, 1))


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
    (rule pmp_no_entry_match). mseccfg.MML gives the entries' bits other meanings, and keeps M-mode from executing what
    none matches; MMWP keeps it from all of that (rules mseccfg_mml_exec_code, mseccfg_mmwp_op_warl).
    """
    lockdown, allowlist = bit(h.state.mseccfg, status.MSECCFG_MML), bit(h.state.mseccfg, status.MSECCFG_MMWP)
    unmatched = ite((allowlist == 1) | (lockdown == 1) & (kind == FETCH), 0, 1)
    allowed = ite(privilege == M, unmatched, 0)
    for entry in reversed(range(ENTRIES)):
        low, high = region(h, entry)
        config = _config(h, entry)
        touches = (low < high) & (address < high) & (address + size > low)  # TOR may name an empty region
        inside = (address >= low) & (address + size <= high)
        allowed = ite(touches, ite(inside, grants(config, kind, privilege, lockdown), 0), allowed)
    return u(allowed, 1)


def grants(config: int, kind: int, privilege: int, lockdown: int) -> int:
    """1 when an entry of configuration ``config`` allows an access that it matches, else 0; ``lockdown`` is MML."""
    wanted = _of_kind(kind, bit(config, R), bit(config, W), bit(config, X))
    binding = ite(privilege == M, bit(config, L), 1)
    row = bit(config, L) << 3 | bit(config, R) << 2 | bit(config, W) << 1 | bit(config, X)
    machine, others = (_of_kind(kind, may[LOAD], may[STORE], may[FETCH]) for may in (MACHINE_MAY, OTHERS_MAY))
    locked_down = bit(ite(privilege == M, machine, others), row)
    return ite(lockdown, locked_down, ite(binding, wanted, 1))


def _of_kind(kind: int, load: int, store: int, fetch: int) -> int:
    return ite(kind == FETCH, fetch, ite(kind == STORE, store, load))


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
