"""The list of virtual-instruction exceptions as first proposed, row by row, beside the ratified one."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.csr.file import BY_NAME
from machine.isa.assemble import assemble
from machine.proposals import parse
from machine.proposals.virtual_instruction_2020 import NAME, Amendment, amendment
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import Lab

VI, II = Cause.VIRTUAL_INSTRUCTION, Cause.ILLEGAL_INSTRUCTION
EVERYTHING = {"hcounteren": 7, "scounteren": 7, "mcounteren": 7}
VTSR, VTW, VTVM = 1 << 22, 1 << 21, 1 << 20

ROWS = [
    # instruction, mode, CSRs, as ratified, as proposed, what amended it
    ("csrrs a0, cycle, zero", "VS", {"hcounteren": 0}, VI, VI, None),
    ("csrrs a0, cycle, zero", "VU", {"hcounteren": 0}, VI, VI, None),
    ("csrrs a0, cycle, zero", "VU", {"scounteren": 0}, VI, II, Amendment.VU_COUNTERS),
    ("csrrs a0, cycle, zero", "VS", {"mcounteren": 0}, II, II, None),
    ("csrrs a0, cycle, zero", "VU", {}, None, None, None),
    ("wfi", "VS", {}, None, VI, Amendment.VTW),
    ("wfi", "VS", {"hstatus": VTW}, VI, VI, Amendment.VTW),
    ("wfi", "VU", {}, VI, VI, Amendment.VTW),
    ("wfi", "HS", {}, None, None, None),
    ("wfi", "U", {}, II, II, None),
    ("hlv.d a0, (a1)", "VS", {}, VI, VI, None),
    ("hlv.d a0, (a1)", "VU", {}, VI, VI, None),
    ("hsv.d a0, (a1)", "VU", {}, VI, VI, None),
    ("hfence.vvma zero, zero", "VS", {}, VI, VI, None),
    ("hfence.vvma zero, zero", "VU", {}, VI, II, Amendment.VU),
    ("hfence.gvma zero, zero", "VU", {}, VI, II, Amendment.VU),
    ("hfence.vvma zero, zero", "VS", {"hstatus": VTVM}, VI, VI, None),
    ("hfence.vvma zero, zero", "U", {}, II, II, None),
    ("csrrs a0, hstatus, zero", "VS", {}, VI, VI, None),
    ("csrrs a0, hstatus, zero", "VU", {}, VI, II, Amendment.VU),
    ("csrrs a0, vsatp, zero", "VS", {}, VI, VI, None),
    ("csrrs a0, vsatp, zero", "VU", {}, VI, II, Amendment.VU),
    ("csrrw zero, hgeip, zero", "VS", {}, II, VI, Amendment.QUALIFIED),
    ("csrrs a0, sscratch, zero", "VU", {}, VI, II, Amendment.VU),
    ("csrrs a0, sscratch, zero", "VS", {}, None, None, None),
    ("csrrs a0, satp, zero", "VS", {"hstatus": VTVM}, VI, VI, None),
    ("csrrs a0, mstatus, zero", "VS", {}, II, II, None),
    ("csrrs a0, 0x5c0, zero", "VS", {}, II, II, None),
    ("sret", "VS", {"hstatus": VTSR}, VI, VI, None),
    ("sret", "VU", {}, VI, II, Amendment.VU),
    ("sfence.vma zero, zero", "VS", {"hstatus": VTVM}, VI, VI, None),
    ("sfence.vma zero, zero", "VS", {}, None, None, None),
    ("sfence.vma zero, zero", "VU", {}, VI, II, Amendment.VU),
    ("mret", "VS", {}, II, II, None),
    ("mret", "VU", {}, II, II, None),
]


def outcome(text: str, mode: str, csrs: dict[str, int], *proposals: str) -> tuple[int | None, Reason]:
    """The cause and clause of the exception that an instruction raises."""
    lab = Lab(Config(memory=64 << 20, proposals=tuple(map(parse, proposals))))
    for name, value in (EVERYTHING | csrs).items():
        lab.csr(name, value)
    lab.csr("vsepc", 0x8010_0000)
    trap = lab.execute(assemble(text, 0, lambda name: BY_NAME[name].number if name in BY_NAME else None), Mode[mode])
    return (None, Reason.NONE) if trap is None else (trap.cause, trap.reason)


@pytest.mark.parametrize(
    ("text", "mode", "csrs", "ratified", "proposed", "by"), ROWS, ids=[f"{r[0]} in {r[1]} {r[2]}" for r in ROWS]
)
def test_both_lists(
    text: str, mode: str, csrs: dict[str, int], ratified: int | None, proposed: int | None, by: Amendment | None
) -> None:
    first, second = outcome(text, mode, csrs), outcome(text, mode, csrs, NAME)
    assert (first[0], second[0]) == (ratified, proposed)
    assert amendment(Mode[mode], first[1], second[1]) is by


def test_wfi_completes_where_the_wait_is_over() -> None:
    lab = Lab(Config(memory=64 << 20, proposals=(parse(NAME),)))
    lab.csr("hideleg", 1 << 2)
    lab.csr("mie", 1 << 2)
    lab.csr("hvip", 1 << 2)
    assert lab.execute(assemble("wfi", 0), Mode.VS) is None
    lab.machine.step(0)
    assert not lab.state.waiting


def test_there_is_no_vtw() -> None:
    lab = Lab(Config(memory=64 << 20, proposals=(parse(NAME),)))
    assert lab.csr("hstatus", VTW | VTSR) & (VTW | VTSR) == VTSR
    assert Lab().csr("hstatus", VTW) & VTW
