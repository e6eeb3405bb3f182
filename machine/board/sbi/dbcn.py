"""Debug console (SBI, "Debug Console Extension")."""

from __future__ import annotations

from machine.bits import u
from machine.board.sbi.abi import Call, Extension, SbiError, SbiFailure

__all__ = ["DBCN"]

DBCN = Extension(0x4442434E, "DBCN")


def _buffer(call: Call) -> tuple[int, int]:
    """Address and size of the caller's buffer. Raises SbiFailure(INVALID_PARAM) unless all of it is main memory."""
    size, low, high = call.arguments[:3]
    if high or not call.platform.has_memory(low, size):
        raise SbiFailure(SbiError.INVALID_PARAM)
    return low, size


@DBCN.function(0)
def console_write(call: Call) -> int:
    """Show the buffer; the console takes all of it."""
    address, size = _buffer(call)
    call.platform.console_write(call.platform.read_memory(address, size))
    return size


@DBCN.function(1)
def console_read(call: Call) -> int:
    """Fill the buffer with what was typed, possibly nothing."""
    address, size = _buffer(call)
    data = call.platform.console_read(size)
    call.platform.write_memory(address, data)
    return len(data)


@DBCN.function(2)
def console_write_byte(call: Call) -> int:
    """Show one byte."""
    call.platform.console_write(bytes([u(call.arguments[0], 8)]))
    return 0
