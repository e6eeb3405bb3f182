"""Indirect access: a register selects what the alias registers stand for (chapter "Smcsrind/Sscsrind").

No extension here has anything to select, so every access to an alias register that its mode may make at all is to a
value that is not implemented: an illegal instruction, as the manual recommends, and so M-mode can emulate it
(sireg_access_on_illegal_siselect). The usual rule, that HS-mode's right makes the guest's access a virtual
instruction, does not hold for them (sscsrind_virtual_inst_fault). A debugger reads them as zero.
"""

from __future__ import annotations

from typing import Any

from machine.csr.field import Field
from machine.csr.file import csr
from machine.csr.register import Csr
from machine.csr.stateen import CSRIND, StateControlled
from machine.spec.modes import M
from machine.spec.rules import Reason
from machine.trap.trap import illegal

__all__ = ["Alias", "Select"]


class Select(Csr):
    """Which register the alias registers mean: the least range there may be (siselect_min_range)."""

    VALUE = Field(11, 0)


@csr
class Miselect(Select, number=0x350):
    """For mireg (miselect_op, miselect_WARL)."""

    extension = "Smcsrind"


@csr
class Siselect(Select, StateControlled, number=0x150, guest="vsiselect"):
    """For sireg (siselect_min_range, sscsrind_csrs_access_control)."""

    extension = "Sscsrind"
    enable = CSRIND


@csr
class Vsiselect(Select, StateControlled, number=0x250):
    """For vsireg, and for the guest's sireg (vsiselect_min_range)."""

    extension = "Sscsrind"
    enable = CSRIND


class Alias(Csr):
    """Stands for nothing: reads zero for a debugger, and is refused to every instruction."""

    def gate(self, h: Any, write: bool) -> None:
        if h.state.priv == M:
            raise illegal(Reason.SELECT_ABSENT)

    def gate_native(self, h: Any, write: bool) -> None:
        raise illegal(Reason.SELECT_ABSENT)

    def read(self, h: Any) -> int:
        return 0

    def write(self, h: Any, value: int) -> None:
        """Ignored."""

    def reset(self, h: Any) -> None:
        """Nothing: there is no state."""


class MachineAlias(Alias):
    """Through miselect (mireg_access_behaviour)."""

    extension = "Smcsrind"


class SupervisorAlias(Alias, StateControlled):
    """Through siselect; with V=1 through vsiselect, once hstateen0 allows it."""

    extension = "Sscsrind"
    enable = CSRIND

    def gate_virtual(self, h: Any, write: bool) -> None:
        super().gate_virtual(h, write)
        raise illegal(Reason.SELECT_ABSENT)


class GuestAlias(Alias, StateControlled):
    """Through vsiselect, not for the guest itself (vsireg_access_behaviour)."""

    extension = "Sscsrind"
    enable = CSRIND


def declare(number: int, name: str) -> None:
    """The alias registers number ``number`` (1 to 6); the fourth is one further, for miph lies before it."""
    at = number if number < 4 else number + 1
    csr(type(f"M{name}", (MachineAlias,), {"__doc__": MachineAlias.__doc__}, number=0x350 + at))
    body = {"__doc__": SupervisorAlias.__doc__}
    csr(type(f"S{name}", (SupervisorAlias,), body, number=0x150 + at, guest=f"vs{name}"))
    csr(type(f"Vs{name}", (GuestAlias,), {"__doc__": GuestAlias.__doc__}, number=0x250 + at))


for _n in range(1, 7):
    declare(_n, "ireg" if _n == 1 else f"ireg{_n}")
