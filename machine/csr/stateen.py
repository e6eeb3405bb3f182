"""State enables: which state of extensions less privileged modes may use (chapter "Smstateen/Ssstateen").

mstateen decides below M-mode, hstateen with V=1, sstateen in U-mode and VU-mode. No extension here has state that
U-mode could use and a bit controls (Zfinx, Zcmt, custom state), so sstateen0-3 are read-only zero
(stateen_unimplemented_state_roz). Of the bits of mstateen0 and hstateen0 those exist whose state does.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bit
from machine.csr.field import flag, needs
from machine.csr.file import csr
from machine.csr.register import Constant, Csr
from machine.spec.rules import Reason
from machine.trap.trap import illegal, virtual_instruction

__all__ = ["CONTEXT", "CSRIND", "ENVCFG", "SE", "StateControlled"]

SE, ENVCFG, CSRIND, CONTEXT = 63, 62, 60, 57
"""Bits of mstateen0 and hstateen0; bit 63 exists in each of the four, for the state enables below it."""
COUNT = 4


class StateControlled(Csr):
    """A register that a bit of the state enables keeps from less privileged modes (stateen_illegal_state_access).

    Class attributes:
        enable: the bit; hstateen's is for what V=1 could access otherwise.
        group: the number of the state-enable register.
    """

    enable: int
    group: int = 0

    def gate_below_m(self, h: Any, write: bool) -> None:
        if h.config.isa.has("Smstateen") and bit(getattr(h.state, f"mstateen{self.group}"), self.enable) == 0:
            raise illegal(Reason.MSTATEEN)

    def gate_virtual(self, h: Any, write: bool) -> None:
        if h.config.isa.has("Ssstateen") and bit(getattr(h.state, f"hstateen{self.group}"), self.enable) == 0:
            raise virtual_instruction(Reason.V_HSTATEEN)


class Mstateen(Csr):
    """For the modes below M; zero after reset (stateen_op, mstateen_zero_initialization).

    What is zero here is read-only zero in hstateen (mstateen_lower_priv_roz): clearing a bit clears it there for good,
    so that hstateen's stored value is always the one in effect.
    """

    extension = "Smstateen"
    group: int

    def written(self, h: Any) -> None:
        below = f"hstateen{self.group}"
        setattr(h.state, below, getattr(h.state, below) & getattr(h.state, self.storage))


class Hstateen(StateControlled):
    """For VS-mode and VU-mode (hstateen_encoding); mstateen's bit 63 guards it (mstateen_bit_63_op)."""

    extension = "Ssstateen"
    enable = SE

    def legalise(self, h: Any, old: int, new: int) -> int:
        value = super().legalise(h, old, new)
        if not h.config.isa.has("Smstateen"):
            return value
        allowed: int = getattr(h.state, f"mstateen{self.group}")
        return value & allowed


class Sstateen(StateControlled, Constant):
    """For U-mode and VU-mode. It has no VS twin: hstateen's bit 63 guards it with V=1 (hstateen_bit_63_op)."""

    extension = "Ssstateen"
    enable = SE


STATE_0 = (
    flag(ENVCFG, name="ENVCFG"),
    flag(CSRIND, legal=needs("Sscsrind"), name="CSRIND"),
    flag(CONTEXT, legal=needs("Sdtrig"), name="CONTEXT"),
)
"""What mstateen0 and hstateen0 have beside bit 63, and the others lack."""


def declare(n: int) -> None:
    """mstateen, hstateen and sstateen number ``n``."""
    fields = (flag(SE, name=f"SE{n}"), *(STATE_0 if n == 0 else ()))
    for base, number, more in ((Mstateen, 0x30C, fields), (Hstateen, 0x60C, fields), (Sstateen, 0x10C, ())):
        body = {"__doc__": base.__doc__, "group": n, "more_fields": more}
        csr(type(f"{base.__name__}{n}", (base,), body, number=number + n))


for _n in range(COUNT):
    declare(_n)
