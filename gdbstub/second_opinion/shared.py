"""Which registers two machines can be compared by: those that both describe, under the same name."""

from __future__ import annotations

import re
from collections.abc import Collection

from machine.csr.file import BY_NAME
from machine.spec.registers import F_NAMES, X_NAMES

__all__ = ["FLOATS", "INTEGERS", "SHADOWED", "is_counter", "shared_names"]

INTEGERS = (*("fp" if name == "s0" else name for name in X_NAMES), "pc")
"""x0 to x31 and pc as targets name them."""
FLOATS = tuple(F_NAMES)
MACHINE = 3
COUNTERS = re.compile(r"(m?cycle|m?instret|time|m?hpmcounter\d+)h?$")
"""Time and events pass on each machine in its own way."""
SHADOWED = frozenset(name for csr in BY_NAME.values() if csr.guest for name in (csr.name, csr.guest)) | {"mstatus"}
"""With V=1 a server may show the guest's registers under the names that the guest uses, and QEMU's does; of mstatus it
then shows the guest's fields, too. They are compared when V is 0 again, unless the other machine has ``virt``."""


def is_counter(name: str) -> bool:
    """Whether the register counts time or events.

    >>> is_counter("time"), is_counter("mhpmcounter3"), is_counter("timecmp")
    (True, True, False)
    """
    return COUNTERS.match(name) is not None


def shared_names(ours: Collection[str], theirs: Collection[str], firmware: bool) -> list[str]:
    """The registers to compare besides x, pc and f: CSRs and the privilege, in our order.

    Args:
        firmware: M-mode belongs to the machine's own firmware: then its registers are nobody's affair.
    """
    known = {"priv", "virt", *(csr.name for csr in BY_NAME.values() if csr.level < MACHINE or not firmware)}
    return [name for name in ours if name in theirs and name in known and not is_counter(name)]
