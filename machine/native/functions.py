"""Routines as functions of their own, so that the paths of an operation join at its return.

A function is made for each way in which a routine is called: which arguments can be negative. Values cross as i64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from machine.native.lower import Lowering
from machine.native.path import Path
from machine.native.refusals import GAVE_UP, GIVING_UP, Refused, store_trap
from machine.native.routines import Copies
from machine.native.staging import Stager
from machine.native.value import StagingError, Value, bounds
from machine.trap.trap import Trap

__all__ = ["Functions"]

Routine = Callable[..., Any]
WORD = (1 << 64) - 1
SIGNED = (-1 << 63, (1 << 63) - 1)


RESULT = "%RESULT%"
"""Stands for the type of a result until all its paths are known."""
Ranges = list[tuple[int, int]]


@dataclass
class Function:
    """A compiled routine: its name in the code, and the ranges of what it returns."""

    name: str
    with_hart: bool = False
    several: bool = False
    ranges: Ranges = field(default_factory=list)

    @property
    def type(self) -> str:
        """LLVM's type of the result."""
        return f"{{{', '.join(['i64'] * len(self.ranges))}}}"


@dataclass(frozen=True)
class Known:
    """An argument that is part of what a function is: a number."""

    number: int


@dataclass(frozen=True)
class Passed:
    """An argument that is passed, and whether it can be negative."""

    signed: bool


class Functions:
    """Every routine that has been called, and its text.

    Args:
        more: functions that are to be routines although they are not marked.
        shortcuts: by routine, what makes of a call of it what is to be called in its place.

    Attributes:
        text: of the functions, ready for the module.
        copies: of meanings, with calls that come here.
    """

    def __init__(
        self, more: Iterable[Routine] = (), shortcuts: Mapping[Routine, Callable[[Routine], Routine]] | None = None
    ) -> None:
        self.text: list[str] = []
        self.copies = Copies(self.call, more)
        self._made: dict[Any, Function] = {}
        self._short = {routine: make(partial(self._call, routine)) for routine, make in (shortcuts or {}).items()}

    def call(self, routine: Callable[..., Any], *arguments: Any) -> Any:
        """Stage a call: gives what the routine returns. One that returns nothing is part of its caller.

        A routine that takes a hart may raise or give up: then its caller gives up.
        """
        if arguments and isinstance(arguments[0], Path):
            return self._call_with_hart(routine, arguments[0], arguments[1:])
        if not any(isinstance(argument, Value) for argument in arguments):
            return self.copies.body(routine)(*arguments)
        return self._call(self._short.get(routine, routine), *arguments)

    def _call(self, routine: Routine, *arguments: Any) -> Any:
        stager = next(argument.graph for argument in arguments if isinstance(argument, Value))
        assert isinstance(stager, Stager)
        shape = tuple(Passed(_signed(argument)) for argument in arguments)
        function = self._made.get((routine, shape)) or self._make(routine, shape)
        return self._results(stager, function, arguments)

    def _call_with_hart(self, routine: Callable[..., Any], hart: Path, arguments: tuple[Any, ...]) -> Any:
        if routine.__annotations__.get("return") == "None":
            return self.copies.body(routine)(hart, *arguments)
        shape = tuple(_shape(argument) for argument in arguments)
        function = self._made.get((routine, shape)) or self._make(routine, shape, hart)
        flat = [value for argument in arguments for value in _flat(argument) if isinstance(value, Value)]
        *results, refused = self._results(hart.stager, function, tuple(flat))
        if refused:
            raise Refused(refused)
        return tuple(results) if function.several else results[0]

    def _results(self, stager: Stager, function: Function, arguments: tuple[Any, ...]) -> Any:
        names = stager.effect(lambda: self._emit_call(stager.code, function, arguments))
        results = tuple(stager.leaf(name, *bound) for name, bound in zip(names, function.ranges, strict=True))
        return results if function.several or function.with_hart else results[0]

    def _emit_call(self, code: Lowering, function: Function, arguments: tuple[Any, ...]) -> list[str]:
        passed = ["ptr %st, ptr %pv, i64 %bud"] if function.with_hart else ["ptr %pv"]
        passed += [f"i64 {code.value(argument, 64)}" for argument in arguments]
        whole = code.let(f"call {function.type} @{function.name}({', '.join(passed)})")
        parts = [code.let(f"extractvalue {function.type} {whole}, {n}") for n in range(len(function.ranges))]
        widths = [_width(bound) for bound in function.ranges]
        return [code.resize(part, 64, width, False) for part, width in zip(parts, widths, strict=True)]

    def _make(self, routine: Callable[..., Any], shape: tuple[Any, ...], hart: Path | None = None) -> Function:
        function = Function(f"r{len(self._made)}_{routine.__name__}", with_hart=hart is not None)
        self._made[routine, shape] = function
        code = Lowering()
        stager = Stager(code)
        short = routine in self._short.values()
        body = routine if short else self.copies.body(routine)
        passed: list[str] = []

        def path() -> None:
            passed.clear()
            arguments = [_argument(stager, item, passed) for item in shape]
            if hart is None:
                _return(code, function, body(*arguments))
                return
            try:
                result = body(type(hart)(stager, hart.config), *arguments)
            except Refused as refused:
                _emit_return(code, function, [None, refused.status])
            except Trap as trap:
                _emit_return(code, function, [None, store_trap(stager, trap)])
            except GIVING_UP:
                _emit_return(code, function, [None, GAVE_UP])
            else:
                _return(code, function, result)

        stager.run(path)
        tables = ["ptr %st", "ptr %pv", "i64 %bud"] if hart else ["ptr %pv"]
        parameters = ", ".join([*tables, *(f"i64 {name}" for name in passed)])
        inlined = " alwaysinline" if short else ""
        header = f"define internal {function.type} @{function.name}({parameters}) nounwind{inlined} {{"
        lines = [line.replace(RESULT, function.type) for line in code.lines]
        self.text.append("\n".join([header, *lines, "}\n"]))
        return function


def _shape(argument: Any) -> Any:
    """What is static of an argument: of a tuple, what is of its parts."""
    if isinstance(argument, Value):
        return Passed(_signed(argument))
    if isinstance(argument, tuple):
        return (type(argument), *map(_shape, argument))
    return Known(int(argument))


def _flat(argument: Any) -> list[Any]:
    return [part for item in argument for part in _flat(item)] if isinstance(argument, tuple) else [argument]


def _argument(stager: Stager, shape: Any, passed: list[str]) -> Any:
    """The argument inside the function; ``passed`` collects the names of parameters."""
    if isinstance(shape, Known):
        return shape.number
    if isinstance(shape, Passed):
        passed.append(f"%a{len(passed)}")
        return stager.leaf(passed[-1], *(SIGNED if shape.signed else (0, WORD)))
    kind, *parts = shape
    items = [_argument(stager, part, passed) for part in parts]
    return kind(*items) if hasattr(kind, "_fields") else tuple(items)


def _return(code: Lowering, function: Function, result: Any) -> None:
    function.several = isinstance(result, tuple)
    parts = [_word(part) for part in (result if isinstance(result, tuple) else (result,))]
    _emit_return(code, function, [*parts, 0] if function.with_hart else parts)


def _emit_return(code: Lowering, function: Function, parts: list[Any]) -> None:
    found = [(0, 0) if part is None else bounds(part) for part in parts]
    if function.ranges and len(function.ranges) != len(found):
        raise StagingError(f"{function.name} returns tuples of different lengths")
    known = function.ranges or found
    function.ranges = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(known, found, strict=True)]
    if any(low < 0 and high > SIGNED[1] for low, high in function.ranges):
        raise StagingError(f"{function.name} returns signed and large unsigned numbers: {function.ranges}")
    whole = "undef"
    for n, part in enumerate(parts):
        whole = code.let(f"insertvalue {RESULT} {whole}, i64 {code.value(0 if part is None else part, 64)}, {n}")
    code.do(f"ret {RESULT} {whole}")


def _word(part: Any) -> Any:
    """The part, if 64 bits are proved to hold it, else its low 64 bits: what a routine returns is a register's worth.

    A packed floating-point number is one whose range is wider than what it is.
    """
    low, high = bounds(part)
    if low < SIGNED[0] or high > WORD or (low < 0 and high > SIGNED[1]):
        return part.graph.u(part, 64)
    return part


def _signed(argument: Any) -> bool:
    low, high = bounds(argument)
    if low < SIGNED[0] or high > WORD or (low < 0 and high > SIGNED[1]):
        raise StagingError(f"an argument of a routine in {low} to {high} does not fit 64 bits")
    return low < 0


def _width(bound: tuple[int, int]) -> int:
    """The container of a leaf with this range."""
    low, high = bound
    needed = max(high.bit_length(), (~low).bit_length()) + 1 if low < 0 else high.bit_length()
    return next(width for width in (8, 16, 32, 64) if needed <= width)
