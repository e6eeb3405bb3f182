"""The terminal's two directions, shared by everything on the board that talks to one: UART, HTIF and SBI.

A guest uses one of the three; each of them sees every byte that is typed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

__all__ = ["Console"]


class Console:
    """Bytes to and from the terminal.

    Args:
        transmit: shows bytes.
        uart: receives bytes as the serial line does.

    Attributes:
        recorder: called with bytes that come, first of all.
        listener: called when bytes have come, for a device that waits for them in the middle of a request.
    """

    STATE = ("_typed",)

    def __init__(self, transmit: Callable[[bytes], None], uart: Callable[[bytes], None]) -> None:
        self._transmit = transmit
        self._uart = uart
        self._typed: deque[int] = deque()
        self.recorder: Callable[[bytes], None] = lambda data: None
        self.listener: Callable[[], None] = lambda: None

    def receive(self, data: bytes) -> None:
        """Bytes were typed. To be called between runs of the machine, not during one."""
        self.recorder(data)
        self._typed.extend(data)
        self._uart(data)
        self.listener()

    def write(self, data: bytes) -> None:
        """Show bytes."""
        self._transmit(data)

    def read(self) -> int | None:
        """The next byte that was typed, or None when there is none yet."""
        return self._typed.popleft() if self._typed else None

    def read_all(self, limit: int) -> bytes:
        """Up to ``limit`` bytes that were typed."""
        return bytes(self._typed.popleft() for _ in range(min(limit, len(self._typed))))

    def reset(self) -> None:
        """What was typed before is gone."""
        self._typed.clear()
