"""The host of a guest hypervisor: the shipped hypervisor, unmodified, in VS-mode meets every one of its own checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.devices.finish import Finish
from machine.hart.hart import Hart
from machine.hart.trapping import TrapRecord
from machine.machine import Machine
from machine.proposals import parse
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.startup.boot import Boot

SHIPPED = Path(__file__).resolve().parents[2] / "gdbstub" / "guests"
PATIENCE = 12_000_000  # cycles; it needs three and a half million
VMID_HYPERVISOR, VMID_GUESTS = 1, range(16, 20)  # scripts/guests/nested/layout.h


class Nested:
    """One run: what was printed, how it ended, and each trap out of V=1 with the VMID that it came from."""

    def __init__(self, config: Config) -> None:
        printed = bytearray()
        self.traps: list[tuple[int, TrapRecord]] = []
        machine = Machine(config, printed.extend)
        Boot(load_image(SHIPPED / "nested.elf"), builtin=True).install(machine)
        machine.harts[0].trap_observers.append(self._trapped)
        machine.reset()
        machine.run(PATIENCE)
        self.finish, self.text = machine.finish, printed.decode()

    def _trapped(self, hart: Hart, trap: TrapRecord) -> None:
        if trap.source.virtual:
            self.traps.append((hart.state.hgatp >> 44 & 0x3FFF, trap))


@pytest.fixture(scope="module")
def nested(semantic_engine: str) -> Nested:
    return Nested(Config())


@pytest.fixture(scope="module")
def accelerated(semantic_engine: str) -> Nested:
    return Nested(Config(proposals=(parse("hnested"),)))


def test_the_guest_hypervisor_meets_all_its_checks(nested: Nested) -> None:
    summary = re.search(r"hypervisor: (\d+) checks passed, (\d+) failed", nested.text)
    assert summary is not None, nested.text[-2000:]
    assert int(summary[1]) >= 155
    assert summary[2] == "0"
    assert nested.finish == Finish.exit(0)


def test_levels_are_told_apart_by_vmid(nested: Nested) -> None:
    assert {vmid for vmid, _ in nested.traps} == {VMID_HYPERVISOR, *list(VMID_GUESTS)[:2]}


def test_the_guest_hypervisor_traps_for_its_registers_and_its_guests_do_not_reach_it_directly(nested: Nested) -> None:
    of_hypervisor = [trap for vmid, trap in nested.traps if vmid == VMID_HYPERVISOR and trap.target is Mode.HS]
    assert {Cause.VIRTUAL_INSTRUCTION, Cause.ECALL_VS} <= {Cause(trap.code) for trap in of_hypervisor}
    assert not [trap for vmid, trap in nested.traps if vmid == VMID_HYPERVISOR and trap.target is Mode.VS]


def test_it_counts_as_the_machine_does(nested: Nested) -> None:
    counted = re.search(r"nested by trap-and-emulate: (\d+) traps into the host", nested.text)
    to_host = [trap for _, trap in nested.traps if trap.target is Mode.HS]
    assert counted is not None
    assert int(counted[1]) == len(to_host) - 1  # the last is the store to the finisher, which it reports instead


CSR_INSTRUCTION = 0x73


def of_csrs(traps: list[tuple[int, TrapRecord]]) -> list[TrapRecord]:
    """The guest hypervisor's traps at CSR instructions."""
    mine = [trap for vmid, trap in traps if vmid == VMID_HYPERVISOR and trap.code == Cause.VIRTUAL_INSTRUCTION]
    return [trap for trap in mine if trap.instruction & 0x7F == CSR_INSTRUCTION and trap.instruction >> 12 & 3]


def test_with_hnested_the_same_hypervisor_sees_the_same_without_its_csr_traps(
    nested: Nested, accelerated: Nested
) -> None:
    assert len(of_csrs(nested.traps)) > 2000
    assert not of_csrs(accelerated.traps)
    assert accelerated.finish == Finish.exit(0)
    ours, theirs = (
        [line for line in run.text.splitlines() if not line.startswith("nested")] for run in (nested, accelerated)
    )
    assert ours == theirs
