"""Where a debugger wants to be told: breakpoints by address of the instruction, watchpoints by data address."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ACCESS", "READ", "WRITE", "WatchHit", "Watched", "Watches", "Watchpoint"]

READ, WRITE = 1, 2
ACCESS = READ | WRITE


@dataclass(frozen=True)
class Watchpoint:
    """``length`` bytes at virtual ``address``, watched for `READ`, `WRITE` or `ACCESS`."""

    address: int
    length: int
    kinds: int


@dataclass(frozen=True)
class WatchHit:
    """An access that would touch a watchpoint."""

    watchpoint: Watchpoint
    address: int
    write: bool


class Watched(Exception):
    """Ends an instruction before an access; nothing has been read or written.

    Args:
        hit: why: a `WatchHit`, or a load that whoever embeds the machine must answer.
    """

    def __init__(self, hit: object) -> None:
        super().__init__(hit)
        self.hit = hit


@dataclass
class Watches:
    """Breakpoints and watchpoints of a machine; all harts share one.

    Attributes:
        suspended: while set nothing hits a watchpoint: for the step that leaves one. Pages stay uncached.
    """

    breakpoints: set[int] = field(default_factory=set)
    watchpoints: set[Watchpoint] = field(default_factory=set)
    suspended: bool = False

    def covers_page(self, page: int) -> bool:
        """Whether a watchpoint touches the virtual page number: then its translations are not cached."""
        return any(w.address >> 12 <= page <= (w.address + w.length - 1) >> 12 for w in self.watchpoints)

    def hit(self, address: int, size: int, write: bool) -> WatchHit | None:
        """The watchpoint that an access of ``size`` bytes touches, if any."""
        if self.suspended:
            return None
        kind = WRITE if write else READ
        for w in self.watchpoints:
            if w.kinds & kind and address < w.address + w.length and w.address < address + size:
                return WatchHit(w, address, write)
        return None
