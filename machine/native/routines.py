"""A meaning whose calls of routines stay calls.

`machine.bits.routine` only marks a function; whoever calls it runs it. So that a routine becomes a function of its own
in compiled code, meanings are staged as copies that differ in one thing: each name in them that means a routine means
a call of it instead. The copies share code objects with the originals; only what their names refer to is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, update_wrapper
from types import CellType, FunctionType
from typing import Any

__all__ = ["Copies"]

Call = Callable[..., Any]
ROOT = "machine."
CACHED = type(lru_cache(lambda: None))


class Copies:
    """Copies of functions, and of what they call.

    Args:
        call: ``call(routine, *arguments, **named)`` stages the call of a routine.
        more: functions that are to be routines although they are not marked.
    """

    def __init__(self, call: Call, more: Iterable[Callable[..., Any]] = ()) -> None:
        self._call = call
        self._more = frozenset(more)
        self._copies: dict[int, Any] = {}
        self._globals: dict[int, dict[str, Any]] = {}
        self._kept: list[Any] = []

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The copy of a function; of a routine, its call."""
        result: Callable[..., Any] = self._replaced(function)
        return result

    def body(self, routine: Callable[..., Any]) -> Callable[..., Any]:
        """The copy of a routine itself, to be compiled."""
        assert isinstance(routine, FunctionType)
        return self._copy(routine)

    def _is_routine(self, function: FunctionType) -> bool:
        return getattr(function, "is_routine", False) or function in self._more

    def _replaced(self, value: Any) -> Any:
        if not _is_ours(value):
            return value
        found = self._copies.get(id(value))
        if found is None:
            self._kept.append(value)
            if not isinstance(value, FunctionType):
                found = lambda *arguments: self._replaced(value(*arguments))  # noqa: E731  a cached factory of functions
            elif self._is_routine(value):
                found = lambda *a, **named: self._call(value, *a, **named)  # noqa: E731
            else:
                found = self._copy(value)
            self._copies[id(value)] = found
        return found

    def _copy(self, function: FunctionType) -> FunctionType:
        cells = tuple(CellType() for _ in function.__closure__ or ())
        copy = FunctionType(
            function.__code__, self._names(function), function.__name__, function.__defaults__, cells or None
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        update_wrapper(copy, function)
        if not self._is_routine(function):
            self._copies[id(function)] = copy  # now, for it may refer to itself
        for new, old in zip(cells, function.__closure__ or (), strict=True):
            new.cell_contents = self._replaced(old.cell_contents)
        return copy

    def _names(self, function: FunctionType) -> dict[str, Any]:
        """The globals of the function's module with every function in them replaced when it is looked up."""
        names = function.__globals__
        found = self._globals.get(id(names))
        if found is None:
            found = self._globals[id(names)] = Names(names, self._replaced)
        return found


class Names(dict[str, Any]):
    """Globals that replace functions as they are looked up."""

    def __init__(self, names: dict[str, Any], replaced: Callable[[Any], Any]) -> None:
        super().__init__({"__builtins__": names.get("__builtins__")})
        self._names, self._replaced = names, replaced

    def __missing__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)  # the interpreter goes on to the builtins
        return self._replaced(self._names[name])


def _is_ours(value: Any) -> bool:
    """A function of the machine, or a cached one."""
    function = getattr(value, "__wrapped__", value)
    if not isinstance(function, FunctionType) or value.__class__ not in (FunctionType, CACHED):
        return False
    return function.__module__.startswith(ROOT) and function.__module__ != "machine.bits"
