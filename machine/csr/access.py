"""The one rule of access: allowed, illegal-instruction or virtual-instruction, and the clause that says so.

An access is HS-qualified when HS-mode would be allowed it, assuming mstatus.TVM=0. While V=1, what is HS-qualified
and yet not allowed raises virtual-instruction; everything else that is refused raises illegal-instruction
(H_cause_virtual_instruction). The CSR's number and whether it is written are static; the mode is a value.
"""

from __future__ import annotations

from typing import Any

import machine.csr  # noqa: F401  fills the file
from machine.csr.file import BY_NAME, BY_NUMBER
from machine.csr.register import Csr
from machine.spec.modes import M, U
from machine.spec.rules import Reason
from machine.trap.trap import illegal, virtual_instruction

__all__ = ["check", "named", "read", "read_for_update", "registers", "reset_all", "resolve", "write"]

U_LEVEL, S_LEVEL, H_LEVEL, M_LEVEL = range(4)


def check(h: Any, number: int, write: bool) -> None:
    """Raise illegal-instruction or virtual-instruction unless the current mode may access CSR ``number``."""
    register = BY_NUMBER.get(number)
    if register is None or not register.exists(h):
        raise illegal(Reason.CSR_ABSENT)
    if write and register.read_only:
        raise illegal(Reason.CSR_READ_ONLY)
    register.gate(h, write)
    if h.state.priv == M:
        return
    if register.level == M_LEVEL:
        raise illegal(Reason.CSR_PRIVILEGE)
    if h.state.virt == 1:
        check_virtual(h, register, write)
    else:
        check_native(h, register, write)


def check_native(h: Any, register: Csr, write: bool) -> None:
    """HS-mode may access levels up to H, U-mode level U only (Zicsr_access, H_vscsrs_acc_m_hs, H_vscsrs_acc_u)."""
    if register.level > U_LEVEL and h.state.priv == U:
        raise illegal(Reason.CSR_PRIVILEGE)
    register.gate_below_m(h, write)
    register.gate_native(h, write)


def check_virtual(h: Any, register: Csr, write: bool) -> None:
    """First what HS-mode would be refused too, then what only V=1 is (H_vscsrs_acc_vs and the H_virtinst rules)."""
    register.gate_below_m(h, write)
    if register.level == H_LEVEL:
        raise virtual_instruction(Reason.V_HYPERVISOR_CSR)
    if register.level == S_LEVEL and h.state.priv == U:
        raise virtual_instruction(Reason.VU_SUPERVISOR_CSR)
    register.gate_virtual(h, write)


def resolve(h: Any, number: int) -> Csr:
    """The register that an instruction means by ``number``: while V=1 the VS CSR, where there is one (H_vscsrs_sub)."""
    register = BY_NUMBER[number]
    if register.guest and h.state.virt == 1:
        return BY_NAME[register.guest]
    return register


def read(h: Any, number: int) -> int:
    """The value that an instruction reads; after `check`."""
    return resolve(h, number).read(h)


def read_for_update(h: Any, number: int) -> int:
    """The value that CSRRS and CSRRC modify; after `check`. Their rd receives `read`, which can differ for mip."""
    return resolve(h, number).read_for_update(h)


def write(h: Any, number: int, value: int) -> None:
    """Legalise and write on behalf of an instruction; after `check`."""
    resolve(h, number).instruction_write(h, value)


def named(h: Any, name: str) -> Csr:
    """The register that a debugger means by ``name``, in every mode: sepc is HS-mode's and vsepc the guest's.

    Raises:
        LookupError: the hart has no CSR of this name.
    """
    if name not in BY_NAME or not BY_NAME[name].exists(h):
        raise LookupError(f"the machine has no CSR named {name!r}; names are the manual's, such as hstatus")
    return BY_NAME[name]


def registers(h: Any) -> list[Csr]:
    """Every register that the hart has, by number."""
    return [BY_NUMBER[number] for number in sorted(BY_NUMBER) if BY_NUMBER[number].exists(h)]


def reset_all(h: Any) -> None:
    """Give every register its value after reset ("Reset"); mhartid and the interrupt lines are kept."""
    for register in registers(h):
        register.reset(h)
