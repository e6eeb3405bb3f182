"""What was proposed for RISC-V hypervisors and never ratified: one file each, off unless asked for.

A proposal replaces meanings (`machine.isa.catalogue.replaces`), puts a rule in the place of the manual's, or adds a
register of its own that `exists` only where it is on. A machine without it is the machine as if the file were absent.
"""

from __future__ import annotations

import difflib

from machine.config import Config, Proposed
from machine.errors import MachineError
from machine.hart.hart import Hart
from machine.proposals.hnested import HNESTED
from machine.proposals.proposal import Parameter, Proposal
from machine.proposals.sbi_nacl import SBI_NACL
from machine.proposals.vgti import VGTI
from machine.proposals.virtual_instruction_2020 import VIRTUAL_INSTRUCTION_2020

__all__ = ["PROPOSALS", "VIRTUAL_INSTRUCTION_2020", "Parameter", "Proposal", "install", "parse"]

PROPOSALS = {proposal.name: proposal for proposal in (HNESTED, SBI_NACL, VGTI, VIRTUAL_INSTRUCTION_2020)}
"""All there are, by name."""


def parse(text: str) -> Proposed:
    """Read ``NAME`` or ``NAME=NUMBER`` as ``--proposal`` takes it.

    Raises:
        MachineError: no proposal has the name, or its number is none that it can have.

    >>> parse("vgti").number, parse("vgti=48").number
    (24, 48)
    """
    name, given, number = text.strip().partition("=")
    found = PROPOSALS.get(name)
    if found is None:
        close = difflib.get_close_matches(name, PROPOSALS, n=1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        raise MachineError(f"--proposal {text!r}: there is none of this name{guess} Choose {' or '.join(PROPOSALS)}")
    return found.switched_on(number if given else None)


def install(config: Config, harts: list[Hart]) -> None:
    """Switch on, in harts just made, what the configuration names.

    Raises:
        MachineError: it names a proposal that does not exist, or one twice.
    """
    names = [proposed.name for proposed in config.proposals]
    for name in names:
        if name not in PROPOSALS:
            raise MachineError(f"there is no proposal {name!r}; choose {' or '.join(PROPOSALS)}")
        if names.count(name) > 1:
            raise MachineError(f"--proposal {name} is given twice; give it once")
        for hart in harts:
            PROPOSALS[name].install(hart)
