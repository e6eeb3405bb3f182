"""Which pending interrupt is taken next.

Privileged manual, "Machine Interrupt (mip and mie) Registers" (priority) and rule hsint_priority: interrupts to a
more privileged mode first, then MEI MSI MTI SEI SSI STI SGEI VSEI VSSI VSTI LCOFI; a proposal's own come last.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bit, ite, routine
from machine.spec import status
from machine.spec.causes import Interrupt
from machine.spec.modes import M, S

__all__ = ["NO_INTERRUPT", "PRIORITY", "select"]

NO_INTERRUPT = -1
PRIORITY = (
    *(Interrupt.MEI, Interrupt.MSI, Interrupt.MTI),
    *(Interrupt.SEI, Interrupt.SSI, Interrupt.STI, Interrupt.SGEI),
    *(Interrupt.VSEI, Interrupt.VSSI, Interrupt.VSTI),
    Interrupt.LCOFI,
)


@routine
def select(h: Any, pending: int) -> int:
    """The code of the interrupt that the hart takes now, or `NO_INTERRUPT`; ``pending`` is mip's whole value."""
    state = h.state
    candidates = pending & state.mie
    if candidates == 0:
        return NO_INTERRUPT
    to_m = candidates & ~state.mideleg
    to_hs = candidates & state.mideleg & ~state.hideleg
    to_vs = candidates & state.mideleg & state.hideleg
    privilege, virtual = state.priv, state.virt
    m_enabled = (privilege != M) | (bit(state.mstatus, status.MIE) == 1)
    hs_enabled = (privilege != M) & ((virtual == 1) | (privilege != S) | (bit(state.mstatus, status.SIE) == 1))
    vs_enabled = (virtual == 1) & ((privilege != S) | (bit(state.vsstatus, status.SIE) == 1))
    takeable = ite(vs_enabled, to_vs, 0)
    takeable = ite(hs_enabled & (to_hs != 0), to_hs, takeable)
    takeable = ite(m_enabled & (to_m != 0), to_m, takeable)
    code = NO_INTERRUPT
    for interrupt in reversed((*PRIORITY, *h.config.custom_interrupts)):
        code = ite(bit(takeable, interrupt) == 1, int(interrupt), code)
    return code
