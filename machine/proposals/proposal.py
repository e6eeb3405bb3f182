"""What every proposal says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machine.config import Proposed
from machine.errors import MachineError
from machine.hart.hart import Hart

__all__ = ["Parameter", "Proposal"]


@dataclass(frozen=True)
class Parameter:
    """The number that stands behind a proposal's name: ``vgti=24``.

    Attributes:
        label: what it is, for help.
        default: where none is given.
        allowed: what it may be.
        interrupt: whether it is the code of an interrupt that the proposal adds.
    """

    label: str
    default: int
    allowed: tuple[range, ...]
    interrupt: bool = False

    def read(self, name: str, text: str) -> int:
        """The number of a text. Raises MachineError."""
        wanted = " or ".join(f"{part.start}-{part.stop - 1}" for part in self.allowed)
        try:
            value = int(text, 0)
        except ValueError:
            raise MachineError(
                f"--proposal {name}={text}: {text!r} is no number; give {self.label}, {wanted}"
            ) from None
        if not any(value in part for part in self.allowed):
            raise MachineError(f"--proposal {name}={text}: {self.label} must be {wanted}")
        return value


@dataclass(frozen=True)
class Proposal:
    """One proposal.

    Attributes:
        name: as ``--proposal`` takes it.
        summary: what it changes, in one sentence.
        source: where and when it was proposed.
        install: switches it on in a hart that has just been made.
        parameter: what can be chosen, or None.
    """

    name: str
    summary: str
    source: str
    install: Callable[[Hart], None]
    parameter: Parameter | None = None

    def switched_on(self, number: str | None) -> Proposed:
        """For `Config.proposals`, with its parameter as text or None. Raises MachineError."""
        if self.parameter is None:
            if number is not None:
                raise MachineError(f"--proposal {self.name}={number}: it takes no number; write {self.name}")
            return Proposed(self.name)
        value = self.parameter.default if number is None else self.parameter.read(self.name, number)
        return Proposed(self.name, value, self.parameter.interrupt)
