"""Trap causes (privileged manual, "Machine Cause Register"; hypervisor extension, table hcauses)."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["INTERRUPT_BIT", "Cause", "Interrupt", "cause_name"]

INTERRUPT_BIT = 63
"""Position of the Interrupt bit in a cause register."""


class Cause(IntEnum):
    """Synchronous exceptions."""

    FETCH_MISALIGNED = 0
    FETCH_ACCESS = 1
    ILLEGAL_INSTRUCTION = 2
    BREAKPOINT = 3
    LOAD_MISALIGNED = 4
    LOAD_ACCESS = 5
    STORE_MISALIGNED = 6
    STORE_ACCESS = 7
    ECALL_U = 8
    ECALL_HS = 9
    ECALL_VS = 10
    ECALL_M = 11
    FETCH_PAGE_FAULT = 12
    LOAD_PAGE_FAULT = 13
    STORE_PAGE_FAULT = 15
    DOUBLE_TRAP = 16
    FETCH_GUEST_PAGE_FAULT = 20
    LOAD_GUEST_PAGE_FAULT = 21
    VIRTUAL_INSTRUCTION = 22
    STORE_GUEST_PAGE_FAULT = 23


class Interrupt(IntEnum):
    """Interrupt codes: bit numbers of mip, mie and their relatives."""

    SSI = 1
    VSSI = 2
    MSI = 3
    STI = 5
    VSTI = 6
    MTI = 7
    SEI = 9
    VSEI = 10
    MEI = 11
    SGEI = 12
    LCOFI = 13


def cause_name(value: int) -> str:
    """Readable name of a cause register's value.

    >>> cause_name(22), cause_name(1 << 63 | 6), cause_name(30)
    ('virtual-instruction', 'interrupt VSTI', 'exception 30')
    """
    code = value & ((1 << INTERRUPT_BIT) - 1)
    kind: type[IntEnum] = Interrupt if value >> INTERRUPT_BIT else Cause
    if code not in set(kind):
        return f"{'interrupt' if kind is Interrupt else 'exception'} {code}"
    name = kind(code).name
    return f"interrupt {name}" if kind is Interrupt else name.lower().replace("_", "-")
