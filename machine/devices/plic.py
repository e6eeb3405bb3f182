"""The platform-level interrupt controller (RISC-V PLIC specification 1.0; layout of SiFive's, as on QEMU's virt).

Sources are 1 to `SOURCES`. Context 2·hart is the hart's M-mode, context 2·hart + 1 its S-mode. Where QEMU differs from
the PLIC specification the specification decides: a claim is not affected by the threshold, and a request that a
gateway has forwarded stays pending when its line falls.
"""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import bit, u

__all__ = ["Plic"]

SOURCES = 96
MAX_PRIORITY = 7
PENDING = 0x1000
ENABLE = 0x2000
ENABLE_STRIDE = 0x80
CONTEXT = 0x20_0000
CONTEXT_STRIDE = 0x1000
WORDS = SOURCES // 32 + 1
VALID_SOURCES = (1 << SOURCES + 1) - 2


class Plic:
    """Priorities, pending and enable bits, thresholds, claim and complete.

    Args:
        contexts: how many contexts, two per hart.
        set_line: called with (context, level) when a context's external interrupt line changes.

    Sets of sources are integers: bit ``n`` is source ``n``.
    """

    name = "plic"
    size = 0x60_0000
    widths: tuple[int, ...] = (4,)
    STATE = ("priority", "levels", "pending", "in_service", "enabled", "threshold", "lines")

    def __init__(self, contexts: int, set_line: Callable[[int, bool], None]) -> None:
        self._set_line = set_line
        self._power_on(contexts)

    def _power_on(self, contexts: int) -> None:
        self.priority = [0] * (SOURCES + 1)
        self.levels = 0
        self.pending = 0
        self.in_service = 0
        self.enabled = [0] * contexts
        self.threshold = [0] * contexts
        self.lines = [False] * contexts

    def set_source(self, source: int, level: bool) -> None:
        """A device's line changed; its gateway forwards one request until that is completed."""
        mask = 1 << source
        self.levels = self.levels | mask if level else self.levels & ~mask
        self._forward()

    def _forward(self) -> None:
        self.pending |= self.levels & ~self.in_service
        for context in range(len(self.lines)):
            self._update(context)

    def _update(self, context: int) -> None:
        source = self._best(context)
        level = self.priority[source] > self.threshold[context]
        if level != self.lines[context]:
            self.lines[context] = level
            self._set_line(context, level)

    def _best(self, context: int) -> int:
        """The pending, enabled source of highest priority above 0, the lowest number among equals; 0 when none."""
        candidates = self.pending & self.enabled[context]
        if not candidates:
            return 0
        sources = (source for source in range(1, SOURCES + 1) if bit(candidates, source))
        best = max(sources, key=lambda source: (self.priority[source], -source))
        return best if self.priority[best] else 0

    def _claim(self, context: int) -> int:
        source = self._best(context)
        if source:
            self.pending &= ~(1 << source)
            self.in_service |= 1 << source
            self._forward()
        return source

    def _complete(self, context: int, source: int) -> None:
        # The specification has a completion ignored unless the source is enabled for this context.
        if 1 <= source <= SOURCES and bit(self.enabled[context], source):
            self.in_service &= ~(1 << source)
            self._forward()

    def read(self, offset: int, size: int) -> int:
        """A load of 4 bytes; loading a claim register claims."""
        context, register = divmod(offset - CONTEXT, CONTEXT_STRIDE)
        if register == 4 and 0 <= context < len(self.lines):
            return self._claim(context)
        return self.peek(offset, size)

    def peek(self, offset: int, size: int) -> int:
        """What a load returns; a claim register shows what it would claim."""
        if offset >= CONTEXT:
            return self._peek_context(*divmod(offset - CONTEXT, CONTEXT_STRIDE))
        if offset >= ENABLE:
            context, at = divmod(offset - ENABLE, ENABLE_STRIDE)
            return u(self.enabled[context] >> 8 * at, 32) if context < len(self.enabled) else 0
        if offset >= PENDING:
            return u(self.pending >> 8 * (offset - PENDING), 32)
        return self.priority[offset // 4] if offset // 4 <= SOURCES else 0

    def _peek_context(self, context: int, register: int) -> int:
        if context >= len(self.lines) or register not in (0, 4):
            return 0
        return self.threshold[context] if register == 0 else self._best(context)

    def write(self, offset: int, size: int, value: int) -> None:
        """A store of 4 bytes; storing to a claim register completes. Pending bits ignore stores."""
        if offset >= CONTEXT:
            self._write_context(*divmod(offset - CONTEXT, CONTEXT_STRIDE), value)
        elif offset >= ENABLE:
            self._write_enable(*divmod(offset - ENABLE, ENABLE_STRIDE), value)
        elif 4 <= offset <= 4 * SOURCES:
            self.priority[offset // 4] = value & MAX_PRIORITY
            self._forward()

    def _write_context(self, context: int, register: int, value: int) -> None:
        if context >= len(self.lines):
            return
        if register == 0:
            self.threshold[context] = value & MAX_PRIORITY
            self._update(context)
        elif register == 4:
            self._complete(context, value)

    def _write_enable(self, context: int, at: int, value: int) -> None:
        if context < len(self.enabled) and at < 4 * WORDS:
            old = self.enabled[context] & ~(0xFFFF_FFFF << 8 * at)
            self.enabled[context] = (old | value << 8 * at) & VALID_SOURCES
            self._update(context)

    def reset(self) -> None:
        """Everything 0, the lines to the harts lowered; devices that reset lower their own."""
        raised = [context for context, level in enumerate(self.lines) if level]
        self._power_on(len(self.lines))
        for context in raised:
            self._set_line(context, False)
