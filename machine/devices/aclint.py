"""The core-local interruptor: software interrupts and the timer (compatible "sifive,clint0").

The layout is the SiFive CLINT's, which the RISC-V ACLINT specification splits into MSWI at 0 and MTIMER at 0x4000:
msip[hart] at 4·hart, mtimecmp[hart] at 0x4000 + 8·hart, mtime at 0xbff8.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import u
from machine.devices.device import Clock, merge

__all__ = ["Aclint"]

MTIMECMP = 0x4000
MTIME = 0xBFF8
NEVER = (1 << 64) - 1


class Aclint:
    """msip, mtimecmp and mtime for ``harts`` harts.

    Args:
        clock: the machine's time; mtime is this plus the offset that a guest's write to mtime makes.
        set_msip: called with (hart, level) when a hart's MSIP line changes.
        timer_changed: called when mtimecmp or mtime was written: `timer_pending` and `deadline` may have changed.
    """

    name = "clint"
    size = 0x10000
    widths: tuple[int, ...] = (4, 8)
    STATE = ("msip", "mtimecmp", "_offset")

    def __init__(
        self,
        harts: int,
        clock: Clock,
        set_msip: Callable[[int, bool], None],
        timer_changed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._set_msip = set_msip
        self._timer_changed = timer_changed
        self.msip = [0] * harts
        self.mtimecmp = [NEVER] * harts
        self._offset = 0

    @property
    def mtime(self) -> int:
        """The 64-bit time that guests read, in ticks of the timebase."""
        return u(self._clock.now() + self._offset)

    def timer_pending(self, hart: int) -> bool:
        """Level of the hart's MTIP line: mtime >= mtimecmp, unsigned."""
        return self.mtime >= self.mtimecmp[hart]

    def deadline(self, hart: int) -> int:
        """The clock's tick at which the hart's MTIP rises; in the past when it is pending."""
        return self.mtimecmp[hart] - self.mtime + self._clock.now()

    def read(self, offset: int, size: int) -> int:
        """A load of 4 or 8 bytes."""
        return self.peek(offset, size)

    def peek(self, offset: int, size: int) -> int:
        """A load of 4 or 8 bytes; no register here has a side effect on reading."""
        return u(self._register(offset & ~7) >> 8 * (offset & 7), 8 * size)

    def _register(self, offset: int) -> int:
        """The 64 bits at ``offset``, a multiple of 8."""
        harts = len(self.msip)
        if offset < 4 * harts:
            pair = self.msip[offset // 4 : offset // 4 + 2]
            return sum(level << 32 * place for place, level in enumerate(pair))
        if MTIMECMP <= offset < MTIMECMP + 8 * harts:
            return self.mtimecmp[(offset - MTIMECMP) // 8]
        return self.mtime if offset == MTIME else 0

    def write(self, offset: int, size: int, value: int) -> None:
        """A store of 4 or 8 bytes."""
        if offset < MTIMECMP:
            for place in range(size // 4):
                self._write_msip(offset // 4 + place, value >> 32 * place & 1)
            return
        new = merge(self._register(offset & ~7), 8 * (offset & 7), size, value)
        if offset & ~7 == MTIME:
            self._offset = new - self._clock.now()
        elif offset < MTIMECMP + 8 * len(self.mtimecmp):
            self.mtimecmp[(offset - MTIMECMP) // 8] = new
        else:
            return
        self._timer_changed()

    def _write_msip(self, hart: int, level: int) -> None:
        if hart < len(self.msip) and self.msip[hart] != level:
            self.msip[hart] = level
            self._set_msip(hart, bool(level))

    def reset(self) -> None:
        """No software interrupt, no timer set, mtime equal to the clock."""
        for hart in range(len(self.msip)):
            self._write_msip(hart, 0)
        self.mtimecmp = [NEVER] * len(self.mtimecmp)
        self._offset = 0
        self._timer_changed()
