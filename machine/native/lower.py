"""From values to LLVM's text: each expression modulo the power of two that its user needs, as narrow as is exact.

Nothing here can fault at run time: a shift that may exceed its width is guarded, and so is a division.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from machine.native.value import StagingError, Value, bounds

__all__ = ["Block", "Lowering", "container"]

WIDTHS = (8, 16, 32, 64, 128, 256, 512)
WIDEST_DIVISION = 64
"""Wider ones would call a library routine."""


@dataclass
class Block:
    """A label whose code is still to be written, and what has been computed where it is reached."""

    label: str
    known: dict[tuple[int, int], str]


def container(*operands: Any) -> tuple[int, bool]:
    """Width and signedness of a machine integer that holds the operands exactly."""
    low = min(bounds(operand)[0] for operand in operands)
    high = max(bounds(operand)[1] for operand in operands)
    signed = low < 0
    needed = max(high.bit_length(), (~low).bit_length()) + 1 if signed else high.bit_length()
    for width in WIDTHS:
        if needed <= width:
            return width, signed
    raise StagingError(f"a value of {needed} bits")


def literal(number: int, width: int) -> str:
    return str(number & ((1 << width) - 1))


class Lowering:
    """Text of one LLVM function, growing block by block."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names = 0
        self._known: dict[tuple[int, int], str] = {}

    # --- blocks -------------------------------------------------------------------------------------------------

    def name(self, prefix: str = "%v") -> str:
        """A fresh name."""
        self._names += 1
        return f"{prefix}{self._names}"

    def do(self, line: str) -> None:
        """An instruction without a result."""
        self.lines.append("  " + line)

    def let(self, text: str) -> str:
        """An instruction with a result: gives its name."""
        name = self.name()
        self.do(f"{name} = {text}")
        return name

    def block(self) -> Block:
        """A block that is reached from here."""
        return Block(self.name("b"), dict(self._known))

    def begin(self, block: Block) -> None:
        """What follows is the code of ``block``."""
        self.lines.append(f"{block.label}:")
        self._known = dict(block.known)

    def branch(self, condition: str, then: Block, otherwise: Block, weights: str = "") -> None:
        """End the block with a branch on an i1."""
        self.do(f"br i1 {condition}, label %{then.label}, label %{otherwise.label}{weights}")

    def fork(self, condition: Value) -> tuple[Block, Block]:
        """End the block with a branch on the truth of a value."""
        truth = self.truth(condition)
        then, otherwise = self.block(), self.block()
        self.branch(truth, then, otherwise)
        return then, otherwise

    # --- values -------------------------------------------------------------------------------------------------

    def truth(self, value: Any) -> str:
        """The value's truth as an i1."""
        low, high = bounds(value)
        if low >= 0 and high <= 1:
            return self.value(value, 1)
        width, _ = container(value)
        return self.let(f"icmp ne i{width} {self.value(value, width)}, 0")

    def value(self, value: Any, width: int) -> str:
        """The value modulo 2**width, as an operand of that type."""
        if not isinstance(value, Value):
            return literal(int(value), width)
        key = (value.number, width)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = getattr(self, f"_{value.op}")(value, width)
        return found

    def resize(self, name: str, source: int, target: int, signed: bool) -> str:
        """An i<source> as an i<target>."""
        if source == target:
            return name
        if source > target:
            return self.let(f"trunc i{source} {name} to i{target}")
        return self.let(f"{'sext' if signed else 'zext'} i{source} {name} to i{target}")

    def _leaf(self, value: Value, width: int) -> str:
        exact, signed = container(value)
        return self.resize(value.args[0], exact, width, signed)

    def _modular(self, value: Value, width: int) -> str:
        a, b = value.args
        return self.let(f"{value.op} i{width} {self.value(a, width)}, {self.value(b, width)}")

    _add = _sub = _mul = _and = _or = _xor = _modular

    def _shl(self, value: Value, width: int) -> str:
        a, amount = value.args
        shifted, fits = self._amount(amount, width)
        name = self.let(f"shl i{width} {self.value(a, width)}, {shifted}")
        return self.let(f"select i1 {fits}, i{width} {name}, i{width} 0") if fits else name

    def _shr(self, value: Value, width: int) -> str:
        a, amount = value.args
        exact, signed = container(a)
        shifted, fits = self._amount(amount, exact)
        operand = self.value(a, exact)
        if not fits:
            name = self.let(f"{'ashr' if signed else 'lshr'} i{exact} {operand}, {shifted}")
        elif signed:
            shifted = self.let(f"select i1 {fits}, i{exact} {shifted}, i{exact} {exact - 1}")
            name = self.let(f"ashr i{exact} {operand}, {shifted}")
        else:
            name = self.let(f"lshr i{exact} {operand}, {shifted}")
            name = self.let(f"select i1 {fits}, i{exact} {name}, i{exact} 0")
        return self.resize(name, exact, width, signed)

    def _amount(self, amount: Any, width: int) -> tuple[str, str]:
        """A shift amount as i<width>, below width; and, where it might not be, an i1 that says whether it was."""
        if bounds(amount)[1] < width:
            return self.value(amount, width), ""
        if not isinstance(amount, Value):
            return "0", "false"
        exact, _ = container(amount)
        name = self.value(amount, exact)
        fits = self.let(f"icmp ult i{exact} {name}, {width}" if width >> exact == 0 else f"icmp eq i{exact} 0, 0")
        safe = self.let(f"select i1 {fits}, i{exact} {name}, i{exact} 0")
        return self.resize(safe, exact, width, False), fits

    def _u(self, value: Value, width: int) -> str:
        operand, kept = value.args
        if width <= kept:
            return self.value(operand, width)
        if kept in WIDTHS:
            return self.resize(self.value(operand, kept), kept, width, False)
        exact = min(width, container(value)[0])
        name = self.let(f"and i{exact} {self.value(operand, exact)}, {(1 << kept) - 1}")
        return self.resize(name, exact, width, False)

    def _s(self, value: Value, width: int) -> str:
        operand, kept = value.args
        if width <= kept:
            return self.value(operand, width)
        if kept in WIDTHS:
            return self.resize(self.value(operand, kept), kept, width, True)
        exact, _ = container(value)
        up = self.let(f"shl i{exact} {self.value(operand, exact)}, {exact - kept}")
        name = self.let(f"ashr i{exact} {up}, {exact - kept}")
        return self.resize(name, exact, width, True)

    def _bit_length(self, value: Value, width: int) -> str:
        (operand,) = value.args
        exact, _ = container(operand)
        zeros = self.let(f"call i{exact} @llvm.ctlz.i{exact}(i{exact} {self.value(operand, exact)}, i1 false)")
        return self.resize(self.let(f"sub i{exact} {exact}, {zeros}"), exact, width, False)

    def _divide(self, value: Value, width: int) -> str:
        """A zero divisor is replaced by 1, and so is −1, whose result needs no division: neither can fault."""
        a, b = value.args
        operation = value.op[1:]
        exact, signed = container(a, b)
        exact = max(exact, width) if signed else exact  # of −2**63 / −1 the result is wider
        if exact > WIDEST_DIVISION:
            raise StagingError(f"a division of {exact} bits")
        dividend, divisor = self.value(a, exact), self.value(b, exact)
        zero = self.let(f"icmp eq i{exact} {divisor}, 0")
        divisor = self.let(f"select i1 {zero}, i{exact} 1, i{exact} {divisor}")
        if not signed:
            return self.resize(self.let(f"u{operation} i{exact} {dividend}, {divisor}"), exact, width, False)
        negates = self.let(f"icmp eq i{exact} {divisor}, -1")
        divisor = self.let(f"select i1 {negates}, i{exact} 1, i{exact} {divisor}")
        name = self.let(f"s{operation} i{exact} {dividend}, {divisor}")
        negated = self.let(f"sub i{exact} 0, {dividend}") if operation == "div" else "0"
        name = self.let(f"select i1 {negates}, i{exact} {negated}, i{exact} {name}")
        return self.resize(name, exact, width, True)

    _tdiv = _trem = _divide

    def _ite(self, value: Value, width: int) -> str:
        condition, a, b = value.args
        truth = self.truth(condition)
        return self.let(f"select i1 {truth}, i{width} {self.value(a, width)}, i{width} {self.value(b, width)}")

    def _compare(self, value: Value, width: int) -> str:
        a, b = value.args
        exact, signed = container(a, b)
        relation = "eq" if value.op == "eq" else "slt" if signed else "ult"
        name = self.let(f"icmp {relation} i{exact} {self.value(a, exact)}, {self.value(b, exact)}")
        return self.resize(name, 1, width, False)

    _eq = _lt = _compare

    def _not(self, value: Value, width: int) -> str:
        name = self.let(f"xor i1 {self.value(value.args[0], 1)}, true")
        return self.resize(name, 1, width, False)
