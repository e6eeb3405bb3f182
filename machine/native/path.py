"""What one path of a staged meaning sees of the hart: registers, state, and the tables of generated code."""

from __future__ import annotations

from typing import Any, NoReturn

from machine.bits import u
from machine.config import Config
from machine.native.dispatch import address
from machine.native.layout import FIELD
from machine.native.staging import Stager
from machine.native.value import Value

__all__ = ["WORD", "GiveUp", "Path"]

WORD = (1 << 64) - 1


class GiveUp(Exception):
    """This path leaves the instruction to the reference engine."""


class Registers:
    """x or f, indexed by an operand that is not known or by a number."""

    def __init__(self, path: Path, offset: int) -> None:
        self._path, self._offset = path, offset

    def _place(self, number: Any) -> str:
        code = self._path.code
        index = code.value(number, 64)
        base = code.let(address("%st", self._offset))
        return code.let(f"getelementptr i64, ptr {base}, i64 {index}")

    def __getitem__(self, number: Any) -> Any:
        path = self._path
        return path.leaf(lambda: path.code.let(f"load i64, ptr {self._place(number)}"))

    def __setitem__(self, number: Any, value: Any) -> None:
        code = self._path.code
        integer = self._offset == FIELD["x"]
        self._path.writes_x |= integer
        if integer and not isinstance(number, Value) and number == 0:
            return

        def store() -> None:
            code.do(f"store i64 {code.value(value, 64)}, ptr {self._place(number)}")
            if integer and self._path.may_write_x0:
                code.do("store i64 0, ptr %st")

        self._path.stager.effect(store, write=True)


class StateFields:
    """The flat block; within a path, a field is read once."""

    def __init__(self, path: Path) -> None:
        self.__dict__["path"], self.__dict__["seen"] = path, {}

    def __getattr__(self, name: str) -> Any:
        path: Path = self.__dict__["path"]
        seen: dict[str, Any] = self.__dict__["seen"]
        if name not in seen:
            seen[name] = path.leaf(lambda: path.load_word("%st", FIELD[name]))
        return seen[name]

    def __setattr__(self, name: str, value: Any) -> None:
        path: Path = self.__dict__["path"]
        path.stager.effect(lambda: path.store_word("%st", FIELD[name], value), write=True)
        self.__dict__["seen"][name] = u(value)
        path.changed.add(name)


class Path:
    """One path's hart, without any word of the vocabulary but registers and state.

    Attributes:
        changed: fields of the state that the path has written.
        writes_x: whether it has written an x register.
        may_write_x0: whether a destination that is not known can be x0, which then stays 0.
    """

    writes_x = False
    may_write_x0 = False

    def __init__(self, stager: Stager, config: Config) -> None:
        self.stager, self.code, self.config = stager, stager.code, config
        self.x, self.f = Registers(self, FIELD["x"]), Registers(self, FIELD["f"])
        self.changed: set[str] = set()
        self.state: Any = StateFields(self)

    def __getattr__(self, name: str) -> Any:
        raise GiveUp(name)

    def give_up(self) -> NoReturn:
        """Leave the instruction to the reference engine."""
        raise GiveUp

    def leaf(self, make: Any, low: int = 0, high: int = WORD) -> Any:
        """The value that a piece of code computes."""
        return self.stager.leaf(self.stager.effect(make), low, high)

    def load_word(self, base: str, offset: int) -> str:
        """Code that reads 64 bits of a table."""
        return self.code.let(f"load i64, ptr {self.code.let(address(base, offset))}")

    def store_word(self, base: str, offset: int, value: Any) -> None:
        """Code that writes 64 bits of a table."""
        self.code.do(f"store i64 {self.code.value(value, 64)}, ptr {self.code.let(address(base, offset))}")

    def private(self, offset: int) -> Any:
        """A word of the private block."""
        return self.leaf(lambda: self.load_word("%pv", offset))
