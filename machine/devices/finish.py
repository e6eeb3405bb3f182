"""How a guest ends the run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finish", "FinishKind"]


class FinishKind(Enum):
    """What the guest asked for."""

    PASS = "pass"
    FAIL = "fail"
    RESET = "reset"


@dataclass(frozen=True)
class Finish:
    """The guest's last word: the kind, and its code when it failed."""

    kind: FinishKind
    code: int = 0

    @classmethod
    def exit(cls, code: int) -> Finish:
        """The finish of a program that exits with ``code``: 0 passes.

        >>> Finish.exit(0).kind.value, Finish.exit(3)
        ('pass', Finish(kind=<FinishKind.FAIL: 'fail'>, code=3))
        """
        return cls(FinishKind.FAIL if code else FinishKind.PASS, code)

    @property
    def exit_status(self) -> int:
        """A process's exit status, 0 to 255: 0 only for a pass; a failure's code where it fits, else 1.

        >>> Finish(FinishKind.FAIL, 7).exit_status, Finish(FinishKind.FAIL, 256).exit_status
        (7, 1)
        """
        if self.kind is not FinishKind.FAIL:
            return 0
        return self.code if 0 < self.code < 256 else 1
