"""A spinner with the speed, for a run that takes long and a person who watches.

It shows itself only while the guest is silent, and goes before the guest's next byte: both share the terminal.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["Progress"]

PATIENCE = 2.0  # seconds of silence until it shows itself
REFRESHES = 4  # per second: each takes time from the guest


class Progress:
    """Call `tick` between slices and `hide` before each output."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr.isatty()
        self._status: Status | None = None
        self._started = self._quiet_since = time.monotonic()

    def tick(self, instructions: int) -> None:
        """So many instructions are done."""
        now = time.monotonic()
        if not self._wanted or now - self._quiet_since < PATIENCE:
            return
        mips = instructions / (now - self._started) / 1e6
        text = f"{instructions / 1e6:,.1f} million instructions, {mips:.2f} MIPS; Ctrl-C ends the run"
        if self._status is None:
            self._show(text)
        else:
            self._status.update(text)

    def _show(self, text: str) -> None:
        from rich.console import Console

        self._status = Console(stderr=True).status(text, refresh_per_second=REFRESHES)
        self._status.start()

    def hide(self) -> None:
        """Give the terminal back."""
        self._quiet_since = time.monotonic()
        if self._status is not None:
            self._status.stop()
            self._status = None
