"""Monitor commands as gdb's user types and reads them. What each one prints in detail is tested beside the commands."""

from __future__ import annotations

import json

import pytest

from gdbstub.scripting import GdbError, Prompt


@pytest.fixture
def trapped(hypervisor: Prompt) -> Prompt:
    """In HS-mode, at the handler's first instruction, for a guest's SRET under VTSR."""
    hypervisor.command("tbreak vs_sret_vtsr")
    hypervisor.run("continue")
    hypervisor.command("monitor catch virtual-instruction")
    hypervisor.run("continue")
    return hypervisor


WORDS = {
    "help": ("hypervisor", "walk", "inject"),
    "help walk": ("--as", "--access"),
    "mode": ("HS",),
    "csr hstatus": ("VTSR", "SPV"),
    "csr": ("hgatp", "vsatp", "mstatus"),
    "hypervisor": ("hgatp", "vsstatus", "hedeleg"),
    "traps": ("virtual-instruction", "VS -> HS", "ecall-vs"),
    "traps 1": ("virtual-instruction",),
    "why": ("H_virtinst_vs_sret_vtsr1", "VTSR", "medeleg"),
    "walk 0x40000000 --as VS": ("0x40000000", "0x804"),
    "walk 0x40000000 --as VS --access x": ("0x40000000",),
    "translate 0x40000000 --as VS": ("0x80400000",),
    "catch": ("virtual-instruction",),
    "catch trap load-guest-page-fault": ("load-guest-page-fault", "virtual-instruction"),
    "catch world-switch": ("world switches",),
    "catch none": ("Nothing is caught",),
    "interrupts": ("VSTI", "pending in", "goes to"),
    "timer": ("time",),
    "harts": ("0", "HS"),
}


@pytest.mark.parametrize("line", WORDS)
def test_a_command_says_what_is_asked(trapped: Prompt, line: str) -> None:
    said = trapped.command(f"monitor {line}")
    assert not [word for word in WORDS[line] if word not in said], said


@pytest.mark.parametrize(
    "line",
    ["mode", "csr hstatus", "hypervisor", "traps", "why", "walk 0x40000000 --as VS", "interrupts", "timer", "harts"],
)
def test_the_same_as_json(trapped: Prompt, line: str) -> None:
    assert json.loads(trapped.command(f"monitor {line} --json"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hypervsior", "hypervisor"),
        ("walk", "ADDR"),
        ("walk 12x", "12x"),
        ("walk 0x0 --as Q", "'vs'"),
        ("csr hstatsu", "hstatus"),
        ("csr hstatus many", "many"),
        ("traps minus", "minus"),
        ("inject 77", "77"),
        ("catch trap everything", "everything"),
        ("mode --wrong", "--wrong"),
    ],
)
def test_what_is_wrong_is_said_readably(trapped: Prompt, line: str, words: str) -> None:
    with pytest.raises(GdbError) as refused:
        trapped.command(f"monitor {line}")
    assert words in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_a_csr_is_written(trapped: Prompt) -> None:
    trapped.command("monitor csr vsscratch 0x77")
    assert trapped.value("$vsscratch") == str(0x77)


def test_catch_stops_at_the_handlers_first_instruction(hypervisor: Prompt) -> None:
    hypervisor.command("monitor catch virtual-instruction")
    said = hypervisor.run("continue")
    assert "virtual" in said.lower()
    assert hypervisor.stop["signal-name"] == "SIGTRAP"
    assert hypervisor.value("(unsigned long)$pc == (unsigned long)$stvec") == "1"
    assert hypervisor.value("$trap_from") == "VS"


def test_catch_world_switch_stops_on_either_side(worlds: Prompt) -> None:
    worlds.command("monitor catch world-switch")
    worlds.run("continue")
    assert (worlds.value("$virt"), worlds.command("info symbol $pc").split()[0]) == ("1", "vs_main")
    worlds.run("continue")
    assert (worlds.value("$virt"), worlds.value("$trap_cause")) == ("0", "ECALL_U")


def test_an_injected_interrupt_is_pending(trapped: Prompt) -> None:
    trapped.command("monitor inject vssi")
    assert "VSSIP" in trapped.value("$hvip")


def test_reset_begins_again(trapped: Prompt) -> None:
    assert "flush" in trapped.command("monitor reset")  # what gdb has read before, it keeps
    trapped.command("maintenance flush register-cache")
    assert trapped.command("info symbol $pc").startswith("_start")
    assert trapped.value("$trap_count") == "0"
    trapped.command("monitor catch none")
    trapped.command("tbreak hypervisor_main")
    trapped.run("continue")
    assert trapped.stop["frame"]["func"] == "hypervisor_main"
    trapped.command("monitor reset halt")
    trapped.command("maintenance flush register-cache")
    assert trapped.command("info symbol $pc").startswith("_start")
