"""A hart of the few words that floating point uses, and numbers as registers hold them."""

from __future__ import annotations

import struct
from typing import Any, NoReturn

from machine.isa.decode import BY_NAME
from machine.isa.operands import OperandValues, deposit, extract
from machine.spec.causes import Cause
from machine.trap.trap import Trap

__all__ = ["DYNAMIC", "DZ", "NV", "NX", "OF", "UF", "Bench", "double", "half", "single"]

NX, UF, OF, DZ, NV = 1, 2, 4, 8, 16
DYNAMIC = 7


class X(list[int]):
    """Integer registers: truncating, x0 always 0."""

    def __setitem__(self, number: Any, value: Any) -> None:
        super().__setitem__(number, value % (1 << 64) if number else 0)


class Block:
    fcsr = 0


class Bench:
    """A hart of the few words that floating point uses."""

    def __init__(self) -> None:
        self.x, self.f, self.state = X([0] * 32), [0] * 32, Block()
        self.memory = bytearray(64)
        self.dirty, self.off = False, False

    def load(self, address: int, size: int) -> int:
        return int.from_bytes(self.memory[address : address + size], "little")

    def store(self, address: int, size: int, value: int) -> None:
        self.memory[address : address + size] = (value % (1 << 8 * size)).to_bytes(size, "little")

    def require_fp(self) -> None:
        if self.off:
            self.illegal()

    def dirty_fp(self) -> None:
        self.dirty = True

    def illegal(self) -> NoReturn:
        raise Trap(Cause.ILLEGAL_INSTRUCTION)

    def run(self, name: str, **operands: int) -> Bench:
        """Encode and execute; rd is 1, rs1 to rs3 are 2 to 4 and rm is RNE unless said."""
        fields = {"rd": 1, "rs1": 2, "rs2": 3, "rs3": 4, "rm": 0} | operands
        instruction = BY_NAME[name]
        word = deposit(instruction.pattern, fields)
        instruction.meaning(self, OperandValues(word, extract(instruction.pattern, word)))
        return self


def half(value: float) -> int:
    """A half in its box."""
    return 0xFFFFFFFFFFFF << 16 | int.from_bytes(struct.pack("<e", value), "little")


def double(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def single(value: float) -> int:
    """A single in its box."""
    return 0xFFFFFFFF << 32 | int.from_bytes(struct.pack("<f", value), "little")
