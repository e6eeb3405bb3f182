"""``monitor proposals``: what was proposed and never ratified, and what of it this machine does."""

from __future__ import annotations

from collections.abc import Iterator

from gdbstub.monitor import Json, Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.words import labelled
from machine.config import Config
from machine.proposals import PROPOSALS, Proposal

__all__ = ["proposals"]

LABEL = 28


@command("proposals")
def proposals(context: MonitorContext) -> Report:
    """Proposals that were never ratified: which there are, and which are on.

    They are switched on when the machine starts, with --proposal NAME; all are off otherwise, and a machine with
    none is as the manual has it.

    Example: monitor proposals
    """
    config = context.machine.config
    lines = [line for proposal in PROPOSALS.values() for line in _lines(config, proposal)]
    return Report([_facts(config, proposal) for proposal in PROPOSALS.values()], "\n".join(lines))


def _lines(config: Config, proposal: Proposal) -> Iterator[str]:
    on = config.proposed(proposal.name)
    switched = "off" if on is None else "on" if proposal.parameter is None else f"on, {on.number}"
    yield from labelled(f"{proposal.name} ({switched})", f"{proposal.summary}.", LABEL + 6)
    yield from labelled("", f"From {proposal.source}.", LABEL + 6)
    if proposal.parameter is not None:
        allowed = " or ".join(f"{part.start}-{part.stop - 1}" for part in proposal.parameter.allowed)
        text = f"{proposal.name}=NUMBER chooses {proposal.parameter.label}: {allowed}."
        yield from labelled("", f"{text} Default {proposal.parameter.default}.", LABEL + 6)


def _facts(config: Config, proposal: Proposal) -> Json:
    on = config.proposed(proposal.name)
    return {
        "name": proposal.name,
        "on": on is not None,
        "number": on.number if on is not None and proposal.parameter is not None else None,
        "summary": proposal.summary,
        "source": proposal.source,
    }
