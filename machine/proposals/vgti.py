"""A guest timer interrupt for the hypervisor (VGTI): vstimecmp rings while its guest does not run.

The debate around Sstc: with V=0 and the vCPU still bound, a VSTIP that rises waits for the guest to be resumed. Is it
enough that the hypervisor polls hip.VSTIP on its way back, or is an interrupt to HS-level needed, as SGEI is one for
guest external interrupts? Nobody wrote the alternative down to the bit, so this model is ours:

- CSR hvgti, number 0x6C0 (of the numbers for custom hypervisor CSRs), with VGTIE (bit 0), VGTIP (bit 1) and CAUSE
  (bits 13:8, read-only). Other modes reach it as any hypervisor CSR.
- VGTIP becomes 1 when vstimecmp's comparison rises while V=0: by time, or because the hypervisor has written a moment
  that is past. hvip.VSTIP, which the hypervisor itself writes, does not count. Writing 0 clears it; it cannot be set.
- While VGTIE and VGTIP are 1, interrupt CAUSE is pending and enabled for HS-level, behind all standard interrupts;
  VGTIE and VGTIP are that bit of mie and of mip. It is always delegated past M-mode, never to VS-mode.

CAUSE is 24: codes 24 to 31 and 48 to 63 are for custom use ("Major identities" of the AIA manual); 13 is LCOFI.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bit
from machine.config import Config
from machine.csr.field import Field, flag
from machine.csr.file import csr
from machine.csr.register import Csr
from machine.hart.hart import Hart
from machine.hart.vstip import VstipEdge
from machine.proposals.proposal import Parameter, Proposal

__all__ = ["NAME", "VGTI"]

NAME = "vgti"


def _cause(config: Config) -> int:
    proposed = config.proposed(NAME)
    assert proposed is not None
    return proposed.number


@csr
class Hvgti(Csr, number=0x6C0):
    """Guest timer interrupt of the proposal vgti: enable, pending, and the interrupt's code."""

    CAUSE = Field(13, 8, writable=False)
    VGTIP = flag(1)
    VGTIE = flag(0)

    proposal = NAME

    def read(self, h: Any) -> int:
        cause = _cause(h.config)
        return cause << self.CAUSE.low | bit(h.state.lines, cause) << 1 | bit(h.state.mie, cause)

    def write(self, h: Any, value: int) -> None:
        cause = _cause(h.config)
        held = bit(h.state.lines, cause) & self.VGTIP.get(value)
        h.state.lines = h.state.lines & ~(1 << cause) | held << cause
        h.state.mie = h.state.mie & ~(1 << cause) | self.VGTIE.get(value) << cause
        h.reconsider_interrupts()

    def reset(self, h: Any) -> None:
        """Nothing is pending or enabled; the delegation, which nobody can change, is made."""
        h.state.mideleg = h.state.mideleg | 1 << _cause(h.config)


def _changed(hart: Hart, edge: VstipEdge) -> None:
    if edge.level and edge.timer and hart.state.virt == 0:
        hart.state.lines |= 1 << _cause(hart.config)


def install(hart: Hart) -> None:
    """Watch the guest's timer."""
    hart.vstip.listen(_changed)


VGTI = Proposal(
    NAME,
    "A guest timer interrupt to HS-level when vstimecmp rings while V=0; enabled in CSR hvgti (0x6C0)",
    "the discussion of Sstc on tech-privileged; the model is this machine's own, see machine/proposals/vgti.py",
    install,
    Parameter("the interrupt's code", 24, (range(24, 32), range(48, 64)), interrupt=True),
)
