"""The legacy calls that small kernels still use (SBI, "Legacy Extensions").

Each is an extension of its own, the function ID is ignored, and the result replaces a0 alone. The legacy calls that
pass a hart mask by virtual address (4 to 7) are not offered; their replacements are.
"""

from __future__ import annotations

from machine.bits import u
from machine.board.sbi.abi import Call, Extension, Function
from machine.devices.finish import Finish

__all__ = ["LEGACY"]


class LegacyExtension(Extension):
    """One call; every function ID means it."""

    legacy = True

    def lookup(self, fid: int) -> Function:
        """The call."""
        return self.functions[0]


SET_TIMER = LegacyExtension(0x00, "legacy set timer")
PUTCHAR = LegacyExtension(0x01, "legacy console putchar")
GETCHAR = LegacyExtension(0x02, "legacy console getchar")
CLEAR_IPI = LegacyExtension(0x03, "legacy clear IPI")
SHUTDOWN = LegacyExtension(0x08, "legacy shutdown")

LEGACY = (SET_TIMER, PUTCHAR, GETCHAR, CLEAR_IPI, SHUTDOWN)


@SET_TIMER.function(0)
def set_timer(call: Call) -> int:
    """The next timer interrupt, in absolute time."""
    call.hart.set_timer(call.arguments[0])
    return 0


@PUTCHAR.function(0)
def console_putchar(call: Call) -> int:
    """Show one byte."""
    call.platform.console_write(bytes([u(call.arguments[0], 8)]))
    return 0


@GETCHAR.function(0)
def console_getchar(call: Call) -> int:
    """One byte that was typed, or −1."""
    data = call.platform.console_read(1)
    return data[0] if data else -1


@CLEAR_IPI.function(0)
def clear_ipi(call: Call) -> int:
    """Clear the calling hart's software interrupt: 1 when one was pending."""
    pending = call.hart.ssip
    call.hart.set_ssip(False)
    return int(pending)


@SHUTDOWN.function(0)
def shutdown(call: Call) -> None:
    """End the run."""
    call.platform.finish(Finish.exit(0))
