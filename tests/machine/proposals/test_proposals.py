"""What can be switched on, how it is asked for, and that a machine without any is as if there were none."""

from __future__ import annotations

import pytest

from machine.config import Config, Proposed
from machine.csr.access import registers
from machine.errors import MachineError
from machine.isa.catalogue import INSTRUCTIONS, REPLACEMENTS
from machine.isa.decode import Decoder
from machine.machine import Machine
from machine.proposals import PROPOSALS, parse
from machine.trap.interrupts import PRIORITY


def test_a_name_alone_takes_the_default() -> None:
    assert parse("vgti") == Proposed("vgti", 24, interrupt=True)
    assert parse("virtual-instruction-2020") == Proposed("virtual-instruction-2020")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vgit", "did you mean 'vgti'?"),
        ("vgti=13", "must be 24-31 or 48-63"),
        ("vgti=many", "'many' is no number"),
        ("virtual-instruction-2020=1", "takes no number"),
        ("", "Choose hnested or sbi-nacl or"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(MachineError, match=said.replace("?", r"\?")):
        parse(text)


def test_an_unknown_or_repeated_proposal_is_refused() -> None:
    with pytest.raises(MachineError, match="no proposal 'x'"):
        Machine(Config(memory=2 << 20, proposals=(Proposed("x"),)))
    with pytest.raises(MachineError, match="given twice"):
        Machine(Config(memory=2 << 20, proposals=(parse("vgti"), parse("vgti=25"))))


def test_without_any_nothing_of_them_is_there() -> None:
    machine = Machine(Config(memory=2 << 20))
    machine.reset()
    hart = machine.harts[0]
    assert not any(register.proposal for register in registers(hart))
    assert hart.config.custom_interrupts == ()
    decoder = Decoder()
    for instruction in INSTRUCTIONS:
        decoded = decoder.decode(instruction.pattern.match)
        assert decoded is None or "(" not in decoded.instruction.name
    assert hart.state.mideleg == 0x1444
    assert hart.deadlines.__name__ == "refresh"


def test_a_replaced_instruction_is_no_compiled_one() -> None:
    """Compiled handlers are found by name: a replacement must not have the ratified instruction's."""
    ratified = {instruction.name for instruction in INSTRUCTIONS}
    for replaced in REPLACEMENTS.values():
        assert not ratified & {instruction.name for instruction in replaced.values()}


@pytest.mark.parametrize("name", PROPOSALS)
def test_each_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    proposal = PROPOSALS[name]
    assert proposal.summary
    assert proposal.source
    if proposal.parameter is not None:
        assert any(proposal.parameter.default in part for part in proposal.parameter.allowed)
        assert proposal.parameter.default not in PRIORITY
