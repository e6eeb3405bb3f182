"""The TUI window "hypervisor" (GDB manual, "TUI Windows In Python"), in the layout of the same name."""

from __future__ import annotations

from typing import Any

import gdb

from .picture import TRAPS, Picture, cut, picture_lines
from .server import ask
from .values import paint, place

__all__ = ["LAYOUT", "NAME", "HypervisorWindow", "add_window"]

NAME = "hypervisor"
LAYOUT = "tui new-layout hypervisor hypervisor 1 src 2 status 0 cmd 1"


class HypervisorWindow:
    """One window while it is open: takes a picture of the machine before each prompt.

    Args:
        tui: gdb's window: ``width``, ``height``, ``title``, ``write``, ``erase``, ``is_valid``.
    """

    def __init__(self, tui: Any) -> None:
        self._tui = tui
        self._tui.title = NAME
        self._lines: list[str] = []
        self._first = 0
        self._now: Picture | None = None
        self._before: Picture | None = None
        self._stopped = False
        gdb.events.stop.connect(self._on_stop)
        gdb.events.before_prompt.connect(self.refresh)

    def close(self) -> None:
        """gdb has closed the window."""
        gdb.events.stop.disconnect(self._on_stop)
        gdb.events.before_prompt.disconnect(self.refresh)

    def render(self) -> None:
        """gdb wants it drawn, maybe in another size."""
        if not self._lines:
            self._look()
        self._draw()

    def vscroll(self, count: int) -> None:
        """Scroll by lines."""
        self._first = max(0, min(self._first + count, len(self._lines) - 1))
        self._draw()

    def hscroll(self, count: int) -> None:
        """Lines are cut, not scrolled."""

    def refresh(self) -> None:
        """Before each prompt: something may have run, or been written."""
        self._look()
        self._draw()

    def _on_stop(self, event: Any) -> None:
        self._stopped = True

    def _look(self) -> None:
        try:
            taken = Picture(ask("mode"), ask("hypervisor")["registers"], ask(f"traps {TRAPS}"))
        except (gdb.error, gdb.GdbError) as error:
            self._now, self._lines = None, [str(error)]
            return
        if self._stopped or self._now is None:
            self._before, self._stopped = self._now, False
        self._now = taken
        self._lines = picture_lines(taken, self._before, place, paint())

    def _draw(self) -> None:
        if not self._tui.is_valid():
            return
        shown = self._lines[self._first : self._first + self._tui.height]
        self._tui.erase()
        self._tui.write("\n".join(cut(line, self._tui.width - 1) for line in shown))


def add_window() -> None:
    """Tell gdb of the window and its layout; a gdb without the TUI goes without."""
    if not hasattr(gdb, "register_window_type"):
        return
    gdb.register_window_type(NAME, HypervisorWindow)
    gdb.execute(LAYOUT, to_string=True)
