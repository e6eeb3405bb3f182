"""The registers that gdb needs to know of any RISC-V hart: x, pc, f, and the privilege.

GDB manual, "RISC-V Features". Numbers are gdb's own: x from 0, pc 32, f from 33.
"""

from __future__ import annotations

from gdbstub.riscv.cell import Cell, Read, Write
from gdbstub.riscv.worlds import enter
from gdbstub.xml.target_description import Register
from machine.hart.hart import Hart
from machine.spec.registers import F_NAMES, X_NAMES

__all__ = ["EXPEDITED", "GENERAL", "PC", "PRIV", "cpu", "fpu", "read_general", "virtual"]

PC = 32
FIRST_F = 33
PRIV = 4161
GENERAL = tuple(range(33))
RA, SP, FP = 1, 2, 8
EXPEDITED = (PC, RA, SP, FP)
"""What gdb asks for after every stop, to show the frame."""

POINTERS = {"ra": "code_ptr", "sp": "data_ptr", "gp": "data_ptr", "tp": "data_ptr", "fp": "data_ptr"}


def cpu() -> list[Cell]:
    """x0 to x31 by their ABI names, and pc."""
    names = ("fp" if name == "s0" else name for name in X_NAMES)
    cells = [
        Cell(Register(name, number, 64, POINTERS.get(name, "int")), _read_x(number), _write_x(number))
        for number, name in enumerate(names)
    ]
    return [*cells, Cell(Register("pc", PC, 64, "code_ptr"), lambda hart: hart.state.pc, _write_pc)]


def read_general(hart: Hart) -> bytes:
    """The values of `GENERAL`, 8 bytes each, little-endian: x as it lies in the flat block, and pc."""
    pc: int = hart.state.pc
    return bytes(hart.x) + pc.to_bytes(8, "little")


def fpu() -> list[Cell]:
    """f0 to f31 by their ABI names; the bits, so that a boxed single shows as a NaN double."""
    return [
        Cell(Register(name, FIRST_F + number, 64, "ieee_double", group="float"), _read_f(number), _write_f(number))
        for number, name in enumerate(F_NAMES)
    ]


def virtual() -> list[Cell]:
    """The privilege without V: gdb prints a larger number as invalid. V is ``virt`` in our own feature."""
    register = Register("priv", PRIV, 64, save_restore=False)
    return [Cell(register, lambda hart: hart.state.priv, lambda hart, value: enter(hart, value, hart.state.virt))]


def _read_x(number: int) -> Read:
    return lambda hart: hart.x[number]


def _write_x(number: int) -> Write:
    def write(hart: Hart, value: int) -> None:
        if number:  # x0 stays 0, and a G packet writes it too
            hart.x[number] = value

    return write


def _read_f(number: int) -> Read:
    return lambda hart: hart.f[number]


def _write_f(number: int) -> Write:
    def write(hart: Hart, value: int) -> None:
        hart.f[number] = value

    return write


def _write_pc(hart: Hart, value: int) -> None:
    """Aligned as instructions are; a hart that waits for an interrupt goes on at the new place."""
    hart.state.pc = value & (~1 if hart.config.isa.has("C") else ~3)
    hart.state.waiting = 0
