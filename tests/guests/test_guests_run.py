"""The shipped guests on the machine: each ends as its README says, the hypervisor meets each rule it is there for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.config import Config, parse_isa
from machine.devices.finish import Finish, FinishKind
from machine.hart.trapping import TrapRecord
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.programs import boot_of

SHIPPED = Path(__file__).resolve().parents[2] / "gdbstub" / "guests"
PATIENCE = 3_000_000  # cycles; the hypervisor needs about half a million

# What extensions add to the list behind cause 22 has its rows in tests/rules/virtual_instructions.py.
VIRTUAL_INSTRUCTION_RULES = [
    pytest.param(reason, id=reason.rule, marks=pytest.mark.rule(reason.rule))
    for reason in Reason
    if Reason.NONE < reason <= Reason.VS_STIMECMP_TM
]


@dataclass
class Outcome:
    """What a guest printed, how it ended, and the traps that it took."""

    text: str
    finish: Finish | None
    traps: list[TrapRecord]


def run(name: str, config: Config, budget: int = PATIENCE) -> Outcome:
    printed = bytearray()
    traps: list[TrapRecord] = []
    machine = Machine(config, printed.extend)
    boot_of(load_image(SHIPPED / f"{name}.elf")).install(machine)
    for hart in machine.harts:
        hart.trap_observers.append(lambda hart, trap: traps.append(trap))
    machine.reset()
    ended = machine.run(budget)
    assert ended.reason in (ExitReason.SHUTDOWN, ExitReason.BUDGET)
    return Outcome(printed.decode(), machine.finish, traps)


@pytest.fixture(scope="module")
def hypervisor(semantic_engine: str) -> Outcome:
    return run("hypervisor", Config())


@pytest.mark.parametrize(
    ("name", "harts", "text", "finish"),
    [
        ("hello", 1, "hello from M-mode\n", Finish.exit(0)),
        ("fail", 1, "this program fails with code 7\n", Finish.exit(7)),
        ("htif", 1, "htif console speaking\nwritten by the host's write call\n", Finish.exit(3)),
        ("two_harts", 2, "two harts have counted\n", Finish.exit(0)),
        ("worlds", 1, "M\nHS\nVS\nVU\nM: back from VU\n", Finish.exit(0)),
    ],
)
def test_a_small_guest_prints_and_ends_as_described(name: str, harts: int, text: str, finish: Finish) -> None:
    outcome = run(name, Config(harts=harts))
    assert (outcome.text, outcome.finish) == (text, finish)


@pytest.mark.parametrize("name", ["switch", "switch_wrong_vmid"])
def test_two_vms_take_turns_and_neither_sees_the_planted_bug(name: str) -> None:
    outcome = run(name, Config())
    assert outcome.text == "vm 1: done after 8 turns, 0 wrong\nvm 2: done after 8 turns, 0 wrong\n"
    assert outcome.finish == Finish.exit(0)


def test_the_endless_guest_runs_on() -> None:
    outcome = run("loop", Config(), budget=10_000)
    assert (outcome.text, outcome.finish, outcome.traps) == ("", None, [])


def test_the_hypervisor_passes_every_check_it_makes(hypervisor: Outcome) -> None:
    assert "FAIL" not in hypervisor.text
    assert hypervisor.text.endswith(" checks passed, 0 failed\n")
    assert hypervisor.finish == Finish(FinishKind.PASS)


@pytest.mark.parametrize("reason", VIRTUAL_INSTRUCTION_RULES)
def test_the_hypervisor_provokes_every_virtual_instruction_rule(hypervisor: Outcome, reason: Reason) -> None:
    met = [trap for trap in hypervisor.traps if trap.reason is reason]
    assert met, f"nothing in the guest raises {reason.rule}"
    assert {trap.code for trap in met} == {Cause.VIRTUAL_INSTRUCTION}
    assert {trap.target for trap in met} == {Mode.HS}


def test_both_stages_fault_and_both_kinds_of_call_are_made(hypervisor: Outcome) -> None:
    taken = Counter((trap.code, trap.target) for trap in hypervisor.traps if not trap.interrupt)
    for own in (Cause.FETCH_PAGE_FAULT, Cause.LOAD_PAGE_FAULT, Cause.STORE_PAGE_FAULT, Cause.ECALL_U):
        assert taken[own, Mode.VS], own
    for refused in (
        Cause.FETCH_GUEST_PAGE_FAULT,
        Cause.LOAD_GUEST_PAGE_FAULT,
        Cause.STORE_GUEST_PAGE_FAULT,
        Cause.ECALL_VS,
    ):
        assert taken[refused, Mode.HS], refused


@pytest.mark.parametrize(
    "check",
    [
        "timer interrupt by stimecmp (vstimecmp)",
        "injected software interrupt (hvip.VSSIP)",
        "injected external interrupt (hvip.VSEIP)",
        "preempted while it was spinning",
        "G-stage page exchanged, hfence.gvma: the new page shows",
    ],
)
def test_vm_9_reports(hypervisor: Outcome, check: str) -> None:
    assert f"vm9 guest: {check} -> ok\n" in hypervisor.text


@pytest.mark.reference_only
def test_without_sstc_the_timer_comes_by_sbi_and_hvip() -> None:
    outcome = run("hypervisor", Config(isa=parse_isa("rv64gch_svadu")))
    assert "vm9 guest: timer interrupt by SBI TIME and hvip.VSTIP -> ok\n" in outcome.text
    assert outcome.text.endswith(" checks passed, 0 failed\n")
