"""Every register of a hart, by number, and the description that tells gdb of them."""

from __future__ import annotations

from errno import EINVAL

from gdbstub.errors import TargetError
from gdbstub.riscv import csr_registers, general_registers, hypervisor_registers
from gdbstub.riscv.cell import Cell
from gdbstub.xml.target_description import Feature, Type, build
from machine.hart.hart import Hart

__all__ = ["Registers"]

Part = tuple[str, list[Cell], list[Type]]


class Registers:
    """The registers that the harts of one machine have: all harts have the same."""

    def __init__(self, hart: Hart) -> None:
        parts = _parts(hart)
        self._cells = {cell.register.number: cell for _, cells, _ in parts for cell in cells}
        features = [Feature(name, [cell.register for cell in cells], types) for name, cells, types in parts]
        self.description = build("riscv:rv64", features)

    @property
    def numbers(self) -> list[int]:
        """Numbers of all registers."""
        return list(self._cells)

    def cell(self, number: int) -> Cell:
        """A register. Raises TargetError when there is none of that number."""
        try:
            return self._cells[number]
        except KeyError:
            raise TargetError(EINVAL, f"there is no register {number}: target.xml lists those there are") from None

    def read(self, hart: Hart, number: int) -> bytes:
        """A register's value, little-endian."""
        cell = self._cells.get(number) or self.cell(number)
        return cell.read(hart).to_bytes(cell.size, "little")

    def write(self, hart: Hart, number: int, value: bytes) -> None:
        """Write a register. Raises TargetError for one that is read-only or a value that it cannot be made to hold."""
        self.cell(number).write(hart, int.from_bytes(value, "little"))


def _parts(hart: Hart) -> list[Part]:
    """The features, in the order in which gdb shows their registers."""
    floating = hart.config.isa.has("F")
    fcsr = csr_registers.cells(hart, floating_point=True), csr_registers.types(hart, floating_point=True)
    fpu: list[Part] = [("org.gnu.gdb.riscv.fpu", [*general_registers.fpu(), *fcsr[0]], fcsr[1])] if floating else []
    return [
        ("org.gnu.gdb.riscv.cpu", general_registers.cpu(), []),
        *fpu,
        ("org.gnu.gdb.riscv.csr", csr_registers.cells(hart), csr_registers.types(hart)),
        ("org.gnu.gdb.riscv.virtual", general_registers.virtual(), []),
        ("org.hartbreak.hypervisor", hypervisor_registers.cells(hart), [*hypervisor_registers.types()]),
    ]
