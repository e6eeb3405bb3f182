"""Integers that are not known while a meaning is staged: expressions with a known range.

A `Value` stands for an exact integer, as its meaning does; its range [low, high] is proved from what it was made of,
and decides how wide it must be computed and whether signed. Equal expressions of one `Graph` are one object. An
expression whose range leaves one number is that number, a plain ``int``.
"""

from __future__ import annotations

from typing import Any, NoReturn

from machine.bits import Symbolic

__all__ = ["Graph", "StagingError", "Value"]

WIDEST_SHIFT = 512


class StagingError(Exception):
    """A meaning does what cannot be compiled: a mistake in the meaning, found while code is generated."""


class Value(Symbolic):
    """One expression. Attributes: the graph that it belongs to, its ordinal there, operation, operands, range."""

    __slots__ = ("args", "graph", "high", "low", "number", "op")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, graph: Graph, op: str, args: tuple[Any, ...], low: int, high: int) -> None:
        self.graph, self.op, self.args, self.low, self.high = graph, op, args, low, high
        self.number = len(graph.nodes)

    def word(self, name: str, *operands: Any) -> Any:
        return getattr(self.graph, name)(*operands)

    def __bool__(self) -> bool:
        return self.graph.decide(self)

    def __int__(self) -> NoReturn:
        raise StagingError("int() of a value that is not known while its meaning is staged")

    __index__ = __int__

    def __add__(self, other: Any) -> Any:
        return self.graph.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return self.graph.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return self.graph.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.graph.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return self.graph.mul(self, other)

    __rmul__ = __mul__

    def __and__(self, other: Any) -> Any:
        return self.graph.bitwise_and(self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self.graph.bitwise("or", self, other)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return self.graph.bitwise("xor", self, other)

    __rxor__ = __xor__

    def __lshift__(self, other: Any) -> Any:
        return self.graph.shl(self, other)

    def __rlshift__(self, other: Any) -> Any:
        return self.graph.shl(other, self)

    def __rshift__(self, other: Any) -> Any:
        return self.graph.shr(self, other)

    def __rrshift__(self, other: Any) -> Any:
        return self.graph.shr(other, self)

    def __neg__(self) -> Any:
        return self.graph.sub(0, self)

    def __invert__(self) -> Any:
        return self.graph.bitwise("xor", self, -1)

    def __eq__(self, other: object) -> Any:
        return self.graph.equal(self, other)

    def __ne__(self, other: object) -> Any:
        return self.graph.unequal(self, other)

    def __lt__(self, other: Any) -> Any:
        return self.graph.less(self, other)

    def __gt__(self, other: Any) -> Any:
        return self.graph.less(other, self)

    def __ge__(self, other: Any) -> Any:
        return self.graph.negated(self.graph.less(self, other))

    def __le__(self, other: Any) -> Any:
        return self.graph.negated(self.graph.less(other, self))


def bounds(operand: Any) -> tuple[int, int]:
    """The range of a value or a plain number."""
    if isinstance(operand, Value):
        return operand.low, operand.high
    return int(operand), int(operand)


def plain(operand: Any) -> Any:
    """Numbers as ``int`` proper: no bool, no IntEnum."""
    return operand if isinstance(operand, Value) else int(operand)


class Graph:
    """The expressions of one function that is being staged."""

    def __init__(self) -> None:
        self.nodes: dict[Any, Value] = {}

    def decide(self, condition: Value) -> bool:
        """What ``if`` on a value does: `machine.native.staging` takes both ways, one after the other."""
        raise StagingError("a meaning branches on a value outside of staging")

    def leaf(self, name: str, low: int, high: int) -> Value:
        """A value that some code computes under ``name``."""
        return self._node("leaf", (name,), low, high)

    def _node(self, op: str, args: tuple[Any, ...], low: int, high: int) -> Value:
        key = (op, *[(a.number,) if isinstance(a, Value) else a for a in args])
        found = self.nodes.get(key)
        if found is None:
            found = self.nodes[key] = Value(self, op, args, low, high)
        return found

    def _make(self, op: str, args: tuple[Any, ...], low: int, high: int) -> Any:
        return low if low == high else self._node(op, tuple(plain(a) for a in args), low, high)

    # --- arithmetic ---------------------------------------------------------------------------------------------

    def add(self, a: Any, b: Any) -> Any:
        (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
        return self._make("add", (a, b), a_low + b_low, a_high + b_high)

    def sub(self, a: Any, b: Any) -> Any:
        (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
        return self._make("sub", (a, b), a_low - b_high, a_high - b_low)

    def mul(self, a: Any, b: Any) -> Any:
        products = [x * y for x in bounds(a) for y in bounds(b)]
        return self._make("mul", (a, b), min(products), max(products))

    def shl(self, a: Any, amount: Any) -> Any:
        fewest, most = self._shift(amount)
        corners = [x << n for x in bounds(a) for n in (fewest, most)]
        return self._make("shl", (a, amount), min(corners), max(corners))

    def shr(self, a: Any, amount: Any) -> Any:
        corners = [x >> n for x in bounds(a) for n in self._shift(amount)]
        return self._make("shr", (a, amount), min(corners), max(corners))

    def _shift(self, amount: Any) -> tuple[int, int]:
        fewest, most = bounds(amount)
        if fewest < 0 or most > WIDEST_SHIFT:
            raise StagingError(f"a shift by {fewest} to {most} bits: narrow the amount with u()")
        return fewest, most

    def tdiv(self, a: Any, b: Any) -> Any:
        low, high = bounds(a)
        if low >= 0 and bounds(b)[0] >= 0:
            return self._make("tdiv", (a, b), 0, high)
        largest = max(abs(low), abs(high))
        return self._make("tdiv", (a, b), -largest, largest)

    def trem(self, a: Any, b: Any) -> Any:
        (low, high), divisors = bounds(a), bounds(b)
        largest = max(abs(n) for n in divisors) - 1
        return self._make("trem", (a, b), max(low, -largest) if low < 0 else 0, min(high, largest) if high > 0 else 0)

    # --- bits ---------------------------------------------------------------------------------------------------

    def bitwise_and(self, a: Any, b: Any) -> Any:
        for value, mask in ((a, b), (b, a)):
            low, high = bounds(value)
            if not isinstance(mask, Value) and int(mask) & (int(mask) + 1) == 0 and low >= 0 and high <= int(mask):
                return value
        highs = [high for low, high in (bounds(a), bounds(b)) if low >= 0]
        if highs:
            return self._make("and", (a, b), 0, min(highs))
        reach = self._reach(a, b)
        return self._make("and", (a, b), -reach, -1)

    def bitwise(self, op: str, a: Any, b: Any) -> Any:
        """ "or" and "xor"."""
        for value, other in ((a, b), (b, a)):
            if not isinstance(other, Value) and int(other) == 0:
                return value
        reach = self._reach(a, b)
        signed = bounds(a)[0] < 0 or bounds(b)[0] < 0
        return self._make(op, (a, b), -reach if signed else 0, reach - 1)

    def _reach(self, a: Any, b: Any) -> int:
        """The power of two that no operand's magnitude exceeds."""
        return 1 << max(n.bit_length() if n >= 0 else (~n).bit_length() for n in (*bounds(a), *bounds(b)))

    def u(self, a: Any, width: int) -> Any:
        low, high = bounds(a)
        return a if low >= 0 and high >> width == 0 else self._make("u", (a, width), 0, (1 << width) - 1)

    def s(self, a: Any, width: int) -> Any:
        low, high = bounds(a)
        least = -1 << (width - 1)
        return a if least <= low and high < -least else self._make("s", (a, width), least, -least - 1)

    def bit_length(self, a: Any) -> Any:
        low, high = bounds(a)
        if low < 0:
            raise StagingError("bit_length of a value that may be negative")
        return self._make("bit_length", (a,), low.bit_length(), high.bit_length())

    # --- decisions ----------------------------------------------------------------------------------------------

    def ite(self, condition: Any, a: Any, b: Any) -> Any:
        if not isinstance(condition, Value):
            return a if condition else b
        if a is b:
            return a
        (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
        return self._make("ite", (condition, a, b), min(a_low, b_low), max(a_high, b_high))

    def equal(self, a: Any, b: Any) -> Any:
        (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
        if a_high < b_low or b_high < a_low:
            return False
        return self._make("eq", (a, b), 0, 1)

    def unequal(self, a: Any, b: Any) -> Any:
        return self.negated(self.equal(a, b))

    def less(self, a: Any, b: Any) -> Any:
        (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
        if a_high < b_low:
            return True
        if a_low >= b_high:
            return False
        return self._make("lt", (a, b), 0, 1)

    def negated(self, condition: Any) -> Any:
        """1 − condition, of a comparison."""
        return self._make("not", (condition,), 0, 1) if isinstance(condition, Value) else not condition
