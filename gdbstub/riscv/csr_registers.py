"""Control and status registers: numbers, types and accessors, all from the declarations in `machine.csr`.

A CSR's name means that register in every mode: sepc is HS-mode's own and vsepc the guest's. Reading has no side effect
and asks no permission; writing legalises as a program's write does.

gdb lets its user assign to flags only values of the register's own size: ``set $hstatus = 0x80ul``, or ``|=``, ``&=``;
a plain ``0x80`` is an "Invalid cast" there. A field with a register of its own (`hypervisor_registers`) takes any
number.
"""

from __future__ import annotations

from gdbstub.riscv.cell import Cell, Write, read_only
from gdbstub.xml.target_description import EnumType, FlagsType, Register, Type
from machine.csr.access import registers
from machine.csr.field import Field
from machine.csr.register import Constant, Csr
from machine.csr.shapes import Epc, Tvec
from machine.hart.hart import Hart

__all__ = ["FIRST_CSR", "FLOATING_POINT", "cells", "types"]

FIRST_CSR = 65
"""gdb's number of CSR 0."""
FLOATING_POINT = frozenset({"fflags", "frm", "fcsr"})
"""CSRs that gdb has in its fpu feature, as registers of 32 bits."""
CODE_POINTERS = (Epc, Tvec)
GROUPS = ("user", "supervisor", "hypervisor", "machine")
WIDE = 32
"""A register that is one field of more bits than this is shown as a number."""


def declared(hart: Hart, *, floating_point: bool) -> list[Csr]:
    """The hart's registers of one of the two features."""
    return [csr for csr in registers(hart) if (csr.name in FLOATING_POINT) == floating_point]


def cells(hart: Hart, *, floating_point: bool = False) -> list[Cell]:
    """Every CSR that the hart has; or only those that belong to gdb's fpu feature."""
    return [_cell(csr) for csr in declared(hart, floating_point=floating_point)]


def types(hart: Hart, *, floating_point: bool = False) -> list[Type]:
    """The types of `cells`: enums first, each used by the fields that have its names."""
    csrs = [csr for csr in declared(hart, floating_point=floating_point) if _is_flags(csr)]
    enums = {
        _enum_id(f): EnumType(_enum_id(f), _bits(csr) // 8, f.values) for csr in csrs for f in csr.fields if f.values
    }
    return [
        *enums.values(),
        *(FlagsType(_flags_id(csr), _bits(csr) // 8, [_described(f) for f in reversed(csr.fields)]) for csr in csrs),
    ]


def _cell(csr: Csr) -> Cell:
    register = Register(csr.name, FIRST_CSR + csr.number, _bits(csr), _type(csr), GROUPS[csr.level], save_restore=False)
    return Cell(register, csr.read, _write(csr))


def _write(csr: Csr) -> Write:
    if csr.read_only:
        return read_only(csr.name, "the manual makes it read-only")
    if isinstance(csr, Constant):
        return read_only(csr.name, f"in this machine it always reads {csr.initial}")
    return csr.write


def _type(csr: Csr) -> str:
    if isinstance(csr, CODE_POINTERS):
        return "code_ptr"
    return _flags_id(csr) if _is_flags(csr) else f"uint{_bits(csr)}"


def _is_flags(csr: Csr) -> bool:
    plain = not csr.fields or (len(csr.fields) == 1 and csr.fields[0].width > WIDE)
    return not plain and not isinstance(csr, CODE_POINTERS)


def _bits(csr: Csr) -> int:
    return 32 if csr.name in FLOATING_POINT else 64


def _described(field: Field) -> tuple[str, int, int, str]:
    return field.name, field.low, field.high, _enum_id(field) if field.values else ""


def _flags_id(csr: Csr) -> str:
    return f"{csr.name}_fields"


def _enum_id(field: Field) -> str:
    """One enum for all fields that name their values alike: its id is made of the names."""
    return "_or_".join(name for name, _ in field.values)
