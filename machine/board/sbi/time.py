"""Timer extension (SBI, "Timer Extension")."""

from __future__ import annotations

from machine.board.sbi.abi import Call, Extension

__all__ = ["TIME"]

TIME = Extension(0x54494D45, "TIME")


@TIME.function(0)
def set_timer(call: Call) -> int:
    """The next timer interrupt, in absolute time; a time in the future clears the pending one."""
    call.hart.set_timer(call.arguments[0])
    return 0
