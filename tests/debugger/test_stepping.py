"""Steps: over instructions, lines and functions, and from one world into another."""

from __future__ import annotations

import pytest

from gdbstub.scripting import Prompt


def pc(session: Prompt) -> int:
    return int(session.value("(unsigned long)$pc"))


def modes(session: Prompt, *commands: str) -> list[str]:
    """The mode before and after each command that runs."""
    seen = [session.value("$hart_mode")]
    for command in commands:
        session.run(command)
        seen.append(session.value("$hart_mode"))
    return seen


def test_stepi_moves_one_instruction_of_two_or_four_bytes(loop: Prompt) -> None:
    loop.command("tbreak *tick")
    loop.run("continue")
    lengths = []
    for _ in range(4):
        following = loop.command("x/2i $pc").splitlines()[1].split()[0].rstrip(":")
        before = pc(loop)
        loop.run("stepi")
        assert pc(loop) == int(following, 16)
        lengths.append(pc(loop) - before)
    assert set(lengths) <= {2, 4}
    assert 2 in lengths  # the guests are compiled with compressed instructions


def test_stepi_with_a_count(loop: Prompt) -> None:
    before = int(loop.value("$minstret"))
    loop.run("stepi 10")
    assert int(loop.value("$minstret")) == before + 10


def test_step_enters_and_finish_gives_the_result(loop: Prompt) -> None:
    assert "tick (step" in loop.run("step") + loop.run("step")
    said = loop.run("finish")
    assert "Run till exit" in said
    assert "Value returned is" in said
    assert loop.stop["gdb-result-var"].startswith("$")
    assert loop.value("counter") == "1"


def test_next_does_not_enter(loop: Prompt) -> None:
    for _ in range(4):
        loop.run("next")
        assert loop.stop["frame"]["func"] == "main"
    assert int(loop.value("counter")) > 0


def test_until_leaves_a_range_of_instructions(hypervisor: Prompt) -> None:
    """`until` and `next` inside a loop are steps through a range, which the machine does by itself."""
    hypervisor.command("tbreak check_ipi")
    hypervisor.run("continue")
    hypervisor.run("until host_check")
    assert hypervisor.stop["frame"]["func"] == "host_check"
    hypervisor.run("finish")
    assert hypervisor.stop["frame"]["func"] == "check_ipi"


def test_advance_and_backtrace(hypervisor: Prompt) -> None:
    hypervisor.run("advance vm_enter")
    said = hypervisor.command("backtrace")
    assert "schedule" in said
    assert "hypervisor_main" in said


def test_stepi_over_a_trapping_instruction_lands_in_its_handler(hypervisor: Prompt) -> None:
    """VTSR makes the guest's SRET a virtual-instruction exception, which HS-mode handles."""
    hypervisor.command("tbreak vs_sret_vtsr")
    hypervisor.run("continue")
    assert hypervisor.value("$hart_mode") == "VS"
    while "sret" not in hypervisor.command("x/i $pc"):
        hypervisor.run("stepi")
    place = pc(hypervisor)
    assert modes(hypervisor, "stepi") == ["VS", "HS"]
    assert pc(hypervisor) == int(hypervisor.value("(unsigned long)$stvec"))
    assert int(hypervisor.value("(unsigned long)$sepc")) == place
    assert hypervisor.value("$vi_reason") == "H_virtinst_vs_sret_vtsr1"


def test_stepi_over_an_ecall_lands_in_the_handler(worlds: Prompt) -> None:
    """No exception is delegated: the ecall of VU-mode goes to M-mode."""
    worlds.command("tbreak vu_main")
    worlds.run("continue")
    while "ecall" not in worlds.command("x/i $pc"):
        worlds.run("nexti")
    assert modes(worlds, "stepi") == ["VU", "M"]
    assert pc(worlds) == int(worlds.value("(unsigned long)$mtvec"))
    assert worlds.value("$trap_cause") == "ECALL_U"


@pytest.mark.parametrize(
    ("function", "instruction", "before", "after", "target"),
    [
        ("main", "mret", "M", "HS", "hs_main"),
        ("hs_main", "sret", "HS", "VS", "vs_main"),
        ("vs_main", "sret", "VS", "VU", "vu_main"),
    ],
)
def test_stepi_over_a_return_lands_in_the_other_world(
    worlds: Prompt, function: str, instruction: str, before: str, after: str, target: str
) -> None:
    listing = worlds.command(f"disassemble {function}").splitlines()
    address = next(line.split()[0] for line in listing if line.rstrip().endswith(instruction))
    worlds.command(f"tbreak *{address}")
    worlds.run("continue")
    assert modes(worlds, "stepi") == [before, after]
    assert worlds.command("info symbol $pc").startswith(f"{target} in section")


def test_a_step_over_the_guests_exit_and_entry_comes_back(worlds: Prompt) -> None:
    """Line steps in a world that is left and entered again stay in it."""
    worlds.command("tbreak vs_main")
    worlds.run("continue")
    assert modes(worlds, "next", "next") == ["VS", "VS", "VS"]
