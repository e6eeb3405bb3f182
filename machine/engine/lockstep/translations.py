"""Cached translations of a hart for two engines: each keeps its own, and whoever forgets forgets both.

An engine that runs a slice a second time must not find what the other has cached of the slice's end.
"""

from __future__ import annotations

from typing import Any

from machine.hart.contexts import Context, Contexts

__all__ = ["Translations"]


class Translations(Contexts):
    """What the hart uses outside of slices, on behalf of the judge.

    Attributes:
        judge, subject: each engine's own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.judge, self.subject = Contexts(), Contexts()

    def select(self, state: Any) -> Context:
        return self.judge.select(state)

    def forget(self) -> None:
        self.judge.forget()
        self.subject.forget()

    def forget_code(self) -> None:
        self.judge.forget_code()
        self.subject.forget_code()

    def forget_instruction(self, address: int) -> None:
        self.judge.forget_instruction(address)
        self.subject.forget_instruction(address)

    def forget_stores(self) -> None:
        self.judge.forget_stores()
        self.subject.forget_stores()
