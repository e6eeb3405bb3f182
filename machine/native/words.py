"""The vocabulary of meanings on values: what `machine.hart.hart.Hart` is on numbers.

What is not compiled, or raises, gives the instruction up: nothing has been written then, so the reference engine can
run it from its start.
"""

from __future__ import annotations

from typing import Any, NoReturn

from machine.bits import u
from machine.config import Config
from machine.hart.hart import Hart
from machine.native.data import DataWords
from machine.native.guest import GuestWords
from machine.native.privileged import PrivilegedWords
from machine.native.staging import Stager
from machine.spec.rules import Reason
from machine.trap.trap import illegal

__all__ = ["StagedHart"]


class StagedHart(DataWords, GuestWords, PrivilegedWords):
    """One path's hart.

    Args:
        stager: runs the path.
        config: what is known of the machine.
        pc, following: addresses of the instruction and of the next.
    """

    def __init__(self, stager: Stager, config: Config, pc: Any = 0, following: Any = 0) -> None:
        super().__init__(stager, config)
        self.pc, self.next = pc, following
        self.target: Any = None

    def require_fp(self) -> None:
        Hart.require_fp(self)  # type: ignore[arg-type]

    def dirty_fp(self) -> None:
        Hart.dirty_fp(self)  # type: ignore[arg-type]

    def illegal(self) -> NoReturn:
        raise illegal(Reason.UNKNOWN_ENCODING)

    def fence_i(self) -> None:
        """Decoded instructions are coherent at every store."""

    def jump(self, target: Any) -> None:
        target = u(target)
        # Behind a write the target is from a trap's CSR, which is aligned.
        if not self.config.isa.has("C") and not self.stager.written and target & 3 != 0:
            self.give_up()
        self.target = target
