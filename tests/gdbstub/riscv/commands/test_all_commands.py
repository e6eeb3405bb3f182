"""What every command owes its user: help with an example that works, a sentence for wrong arguments, JSON, a width."""

from __future__ import annotations

import re

import pytest

from gdbstub.riscv.commands import COMMANDS
from machine.isa.encode import encode
from machine.spec.modes import Mode
from tests.gdbstub.riscv.commands.conftest import GUEST_PAGE, Guest, Terminal

NAMES = [command.name for command in COMMANDS]
LONGEST = 100

WRONG = {
    "mode": ("mode VS", "unexpected extra argument (VS)"),
    "harts": ("harts 1", "unexpected extra argument (1)"),
    "csr": ("csr hsatus", "did you mean 'hstatus'?"),
    "hypervisor": ("hypervisor all", "unexpected extra argument (all)"),
    "worlds": ("worlds all", "unexpected extra argument (all)"),
    "nested describe": ("nested describe 1 one", "'one' is no VMID; write one as 1"),
    "nested forget": ("nested forget 1", "unexpected extra argument (1)"),
    "traps": ("traps ten", "'ten' is not a valid integer"),
    "why": ("why 0", "0 is not in the range x>=1"),
    "walk": ("walk here", "'here' is not a number"),
    "translate": ("translate", "Missing argument 'ADDR'"),
    "catch": ("catch word-switch", "did you mean 'world-switch'?"),
    "catch trap": ("catch trap virtual-instuction", "did you mean 'virtual-instruction'?"),
    "catch virtual-instruction": ("catch virtual-instruction 2", "unexpected extra argument (2)"),
    "catch world-switch": ("catch world-switch in", "unexpected extra argument (in)"),
    "catch lost-interrupt": ("catch lost-interrupt vsti", "unexpected extra argument (vsti)"),
    "vcpu": ("vcpu 9", "there is no hart 9; the machine has 1, from 0"),
    "ledger": ("ledger all", "'all' is not a valid integer"),
    "ledger on": ("ledger on now", "unexpected extra argument (now)"),
    "ledger off": ("ledger off now", "unexpected extra argument (now)"),
    "ledger describe": ("ledger describe 0x80000000", "Missing argument 'MASK'"),
    "catch none": ("catch none of", "unexpected extra argument (of)"),
    "interrupts": ("interrupts vsti", "unexpected extra argument (vsti)"),
    "inject": ("inject vsxi", "there is no interrupt 'vsxi'; did you mean"),
    "timer": ("timer 1", "unexpected extra argument (1)"),
    "engine": ("engine quick", "'quick' is not one of"),
    "proposals": ("proposals vgti", "unexpected extra argument (vgti)"),
    "timer latency": ("timer latency of", "'of' is not one of"),
    "catch vs-timer-pending": ("catch vs-timer-pending 7", "unexpected extra argument (7)"),
    "virtual-instructions": ("virtual-instructions of", "'of' is not one of"),
    "reset": ("reset run", "unexpected extra argument (run)"),
    "reset halt": ("reset halt now", "unexpected extra argument (now)"),
}
RIGHT = {
    **{name: name for name in NAMES},
    "walk": f"walk {GUEST_PAGE:#x} --as VS",
    "translate": f"translate {GUEST_PAGE:#x} --as VS",
    "catch trap": "catch trap ecall-vs",
    "inject": "inject vsti",
    "ledger describe": "ledger describe 0x80001000 0x80001008",
    "nested describe": "nested describe 1 16-19",
}


@pytest.fixture
def trapped(lab: Guest, monitor: Terminal) -> Terminal:
    """With a trap to talk about."""
    lab.execute(encode("hlv.d", rd=10, rs1=11), Mode.VS)
    lab.load(0x7777_7000, Mode.VS)
    return monitor


@pytest.mark.parametrize("name", NAMES)
def test_help_teaches_by_examples_that_work(trapped: Terminal, name: str) -> None:
    text = trapped.text(f"{name} --help")
    assert text.startswith(f"Usage: monitor {name}")
    assert "--json" in text
    examples = re.findall(r"Example: monitor (.*)", text)
    assert examples
    for example in examples:
        assert example.startswith(name)
        assert trapped.text(example)
    assert trapped.text(f"help {name}") == text.rstrip() + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_wrong_arguments_get_one_sentence(trapped: Terminal, name: str) -> None:
    line, said = WRONG[name]
    sentence = trapped.error(line)
    assert said in sentence
    assert f"Usage: monitor {name}" in sentence


@pytest.mark.parametrize("name", NAMES)
def test_json_is_one_line(trapped: Terminal, name: str) -> None:
    assert trapped.json(RIGHT[name]) is not None
    assert trapped.text(f"{RIGHT[name]} --json").count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_text_keeps_to_its_width(trapped: Terminal, name: str) -> None:
    for line in trapped.text(RIGHT[name]).splitlines():
        assert len(line) <= LONGEST, line


def test_help_lists_every_command(monitor: Terminal) -> None:
    listed = monitor.json("help")
    assert set(listed) == {*NAMES, "help"}
    assert all(listed.values())
