"""The test finisher: one register whose store ends the run (compatible "sifive,test0", as on QEMU's virt board)."""

from __future__ import annotations

from collections.abc import Callable

from machine.bits import bits
from machine.devices.finish import Finish, FinishKind

__all__ = ["Finisher"]

KINDS = {0x5555: FinishKind.PASS, 0x3333: FinishKind.FAIL, 0x7777: FinishKind.RESET}


class Finisher:
    """Low 16 bits: pass, fail or reset; upper 16 bits: the code of a failure. Other values do nothing; it reads 0."""

    name = "finisher"
    size = 0x1000
    widths: tuple[int, ...] = (2, 4)

    def __init__(self, on_finish: Callable[[Finish], None]) -> None:
        self._on_finish = on_finish

    def read(self, offset: int, size: int) -> int:
        """Always 0."""
        return 0

    def peek(self, offset: int, size: int) -> int:
        """Always 0."""
        return 0

    def write(self, offset: int, size: int, value: int) -> None:
        """End the run when ``value`` at offset 0 asks for it."""
        kind = KINDS.get(bits(value, 15, 0))
        if offset == 0 and kind is not None:
            self._on_finish(Finish(kind, bits(value, 31, 16) if kind is FinishKind.FAIL else 0))

    def reset(self) -> None:
        """There is no state."""
