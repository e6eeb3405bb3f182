"""Routines as functions of their own, so that the paths of an operation join at its return.

A function is made for each way in which a routine is called: which arguments can be negative. Values cross as i64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from machine.native.lower import Lowering
from machine.native.routines import Copies
from machine.native.staging import Stager
from machine.native.value import StagingError, Value, bounds

__all__ = ["Functions"]

WORD = (1 << 64) - 1
SIGNED = (-1 << 63, (1 << 63) - 1)
Ranges = list[tuple[int, int]]


@dataclass
class Function:
    """A compiled routine: its name in the code, and the ranges of what it returns."""

    name: str
    several: bool = False
    ranges: Ranges = field(default_factory=list)

    @property
    def type(self) -> str:
        """LLVM's type of the result."""
        return f"{{{', '.join(['i64'] * len(self.ranges))}}}"


class Functions:
    """Every routine that has been called, and its text.

    Attributes:
        text: of the functions, ready for the module.
        copies: of meanings, with calls that come here.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self.copies = Copies(self.call)
        self._made: dict[Any, Function] = {}

    def call(self, routine: Callable[..., Any], *arguments: Any) -> Any:
        """Stage a call: gives what the routine returns. Routines that take a hart are part of their caller."""
        known = [argument for argument in arguments if isinstance(argument, Value)]
        if not known or not all(isinstance(argument, Value | int) for argument in arguments):
            return self.copies.body(routine)(*arguments)
        stager = known[0].graph
        assert isinstance(stager, Stager)
        kinds = tuple(_signed(argument) for argument in arguments)
        function = self._made.get((routine, kinds)) or self._make(routine, kinds)
        names = stager.effect(lambda: self._emit_call(stager.code, function, arguments))
        results = tuple(stager.leaf(name, *bound) for name, bound in zip(names, function.ranges, strict=True))
        return results if function.several else results[0]

    def _emit_call(self, code: Lowering, function: Function, arguments: tuple[Any, ...]) -> list[str]:
        passed = ", ".join(f"i64 {code.value(argument, 64)}" for argument in arguments)
        whole = code.let(f"call {function.type} @{function.name}({passed})")
        parts = [code.let(f"extractvalue {function.type} {whole}, {n}") for n in range(len(function.ranges))]
        widths = [_width(bound) for bound in function.ranges]
        return [code.resize(part, 64, width, False) for part, width in zip(parts, widths, strict=True)]

    def _make(self, routine: Callable[..., Any], kinds: tuple[bool, ...]) -> Function:
        function = Function(f"r_{routine.__name__}_{''.join('s' if kind else 'u' for kind in kinds)}")
        self._made[routine, kinds] = function
        code = Lowering()
        stager = Stager(code)
        body = self.copies.body(routine)

        def path() -> None:
            arguments = [stager.leaf(f"%a{n}", *(SIGNED if signed else (0, WORD))) for n, signed in enumerate(kinds)]
            _return(code, function, body(*arguments))

        stager.run(path)
        parameters = ", ".join(f"i64 %a{n}" for n in range(len(kinds)))
        header = f"define internal {function.type} @{function.name}({parameters}) nounwind {{"
        self.text.append("\n".join([header, *code.lines, "}\n"]))
        return function


def _return(code: Lowering, function: Function, result: Any) -> None:
    function.several = isinstance(result, tuple)
    parts = [_word(part) for part in (result if isinstance(result, tuple) else (result,))]
    found = [bounds(part) for part in parts]
    known = function.ranges or found
    function.ranges = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(known, found, strict=True)]
    if any(low < 0 and high > SIGNED[1] for low, high in function.ranges):
        raise StagingError(f"{function.name} returns signed and large unsigned numbers: {function.ranges}")
    whole = "undef"
    for n, part in enumerate(parts):
        whole = code.let(f"insertvalue {function.type} {whole}, i64 {code.value(part, 64)}, {n}")
    code.do(f"ret {function.type} {whole}")


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
