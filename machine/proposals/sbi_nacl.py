"""SBI nested acceleration in the built-in firmware.

The extension itself is ratified (SBI 2.0); what is not, is firmware that offers it to harts which have the H extension:
the SBI advises against that. It is switched on to measure a hypervisor that uses it, or to test one. The meaning is in
`machine.board.sbi.nacl`; a machine without built-in firmware does not change.
"""

from __future__ import annotations

from machine.hart.hart import Hart
from machine.proposals.proposal import Proposal

__all__ = ["NAME", "SBI_NACL"]

NAME = "sbi-nacl"


def _install(hart: Hart) -> None:
    """The firmware asks the configuration."""


SBI_NACL = Proposal(
    NAME,
    "The built-in firmware offers SBI nested acceleration (NACL), though the harts have the H extension themselves",
    "RISC-V SBI specification 2.0, Nested Acceleration Extension; its note on firmware advises against this",
    _install,
)
