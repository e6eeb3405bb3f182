"""What fences and their parts forget (supervisor chapter, "SFENCE.VMA"; chapter "Svinval"), and what a walk reads."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import ADUE, CODE, GPA, HS, URWX, VS, A, Lab, R, V, W
from tests.rules.lines import FAR, PAGE, SV39, VA, Program, trapped, two_stages

LOAD = "ld a0, 0(a1)"
OPERANDS = ["x0, x0", "a1, x0", "x0, a2", "a1, a2"]
BEGIN, END = "sfence.w.inval", "sfence.inval.ir"


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, 1)
    return made


def sequence(lab: Lab, invalidation: str, mode: Mode, by: Mode, **x: int) -> tuple[int, int]:
    """What a load in a mode reads before and after the sequence in the other; before it, x[a5] goes to x[a4]."""
    program = Program(lab, LOAD, "sd a5, 0(a4)", BEGIN, invalidation, END, a1=VA, **x)
    seen = []
    for number, where in ((0, mode), (1, Mode.M), (2, by), (3, by), (4, by), (0, mode)):
        assert program.run(number, where) is None, number
        seen += [lab.a0] if number == 0 else []
    return seen[0], seen[1]


@pytest.mark.rule("Svinval_sinval_vma_invalidates_same_as_sfence_vma")
@pytest.mark.rule("Svinval_sfence_w_inval_orders_before_sinval_vma")
@pytest.mark.rule("Svinval_sequence_rs1_rs2")
@pytest.mark.rule("Svinval_sequence_reads_writes_before")
@pytest.mark.rule("Svinval_sequence_reads_writes_after")
@pytest.mark.parametrize("operands", OPERANDS)
@pytest.mark.parametrize(("register", "mode"), [(HS, Mode.HS), (VS, Mode.VS)])
def test_sinval_vma(lab: Lab, operands: str, register: str, mode: Mode) -> None:
    """The store comes before the sequence, the load behind it: the load uses what was stored."""
    table = lab.table(register, SV39, identifier=5)
    slot = table.map(VA, PAGE)
    entry = lab.page() >> 12 << 10 | lab.read(slot) & 0x3FF
    assert sequence(lab, f"sinval.vma {operands}", mode, mode, a2=5, a4=slot, a5=entry) == (1, 0)


@pytest.mark.rule("Svinval_hinval_vvma_gvma")
@pytest.mark.parametrize("operands", OPERANDS)
def test_hinval_vvma(lab: Lab, operands: str) -> None:
    """The second operand is an ASID of the guest whose VMID hgatp holds."""
    first, _ = two_stages(lab)
    slot = first.map(VA, PAGE)
    entry = lab.page() >> 12 << 10 | lab.read(slot) & 0x3FF
    assert sequence(lab, f"hinval.vvma {operands}", Mode.VS, Mode.HS, a2=3, a4=slot, a5=entry) == (1, 0)


@pytest.mark.rule("Svinval_hinval_vvma_gvma")
@pytest.mark.rule("Svinval_hinval_gvma_uses_vmid")
@pytest.mark.parametrize("operands", ["x0, x0", "a3, x0", "x0, a2", "a3, a2"])
def test_hinval_gvma(lab: Lab, operands: str) -> None:
    """The first operand is a guest physical address shifted right by 2, the second a VMID: 7, and no ASID's number."""
    first, guest = two_stages(lab)
    first.map(VA, FAR)
    slot = guest.map(FAR, PAGE, URWX)
    entry = lab.page() >> 12 << 10 | lab.read(slot) & 0x3FF
    values = {"a2": 7, "a3": FAR >> 2, "a4": slot, "a5": entry}
    assert sequence(lab, f"hinval.gvma {operands}", Mode.VS, Mode.HS, **values) == (1, 0)


@pytest.mark.rule("menvcfg_adue_fence")
@pytest.mark.parametrize("before", [0, ADUE])
def test_a_change_of_adue_holds_behind_a_fence(lab: Lab, before: int) -> None:
    """The pages have no A: with ADUE the load sets it, without it faults, whatever was in force before."""
    lab.csr("menvcfg", before)
    slot = lab.table(HS, SV39).map(VA, PAGE, V | R | W)
    program = Program(lab, LOAD, "csrrw x0, menvcfg, a2", "sfence.vma x0, x0", a1=VA, a2=before ^ ADUE)
    assert (program.run(0, Mode.HS) is None) == bool(before)
    lab.write(slot, lab.read(slot) & ~A)
    assert program.run(1, Mode.M) is None
    assert program.run(2, Mode.HS) is None
    assert (program.run(0, Mode.HS) is None) == (not before)
    assert lab.read(slot) & A == (0 if before else A)


@pytest.mark.rule("sfence_vma_implicit_access")
@pytest.mark.parametrize(("register", "mode"), [(HS, Mode.HS), (VS, Mode.VS)])
def test_a_walk_follows_valid_entries_alone(lab: Lab, register: str, mode: Mode) -> None:
    """An entry that points to where no memory is: an access fault when it is valid, never read when it is not."""
    table = lab.table(register, SV39)
    table.map(VA, PAGE)
    slot = table.slot(VA, 1)
    for valid, cause in ((V, Cause.LOAD_ACCESS), (0, Cause.LOAD_PAGE_FAULT)):
        lab.write(slot, 0x4000_0000 >> 12 << 10 | valid)
        assert trapped(lab, LOAD, mode, a1=VA).cause == cause


@pytest.mark.rule("pma_vm_hw_tbl_acc")
@pytest.mark.parametrize(("register", "mode"), [(HS, Mode.HS), (VS, Mode.VS), (GPA, Mode.VS)])
def test_devices_hold_no_page_tables(lab: Lab, register: str, mode: Mode) -> None:
    lab.csr(register, SV39 << 60 | 0x1000_0000 >> 12)
    record = lab.fetch(CODE, mode)
    assert record is not None
    assert (record.cause, record.tval) == (Cause.FETCH_ACCESS, CODE)


@pytest.mark.rule("asid_hart_private")
def test_an_asid_is_the_harts_own() -> None:
    """Two harts use one ASID for different tables, in turns."""
    lab = Lab(Config(memory=64 << 20, harts=2))
    harts, spaces = lab.machine.harts, []
    for number, hart in enumerate(harts):
        for name in ("pmpaddr0", "pmpcfg0"):
            setattr(hart.state, name, lab.csr(name))
        table = lab.table(HS, SV39, identifier=9)
        target = lab.page()
        lab.write(target, 100 + number)
        table.map(VA, target)
        spaces.append(lab.csr(HS))
    Program(lab, LOAD)
    for number in (0, 1, 0, 1):
        lab.hart = harts[number]
        lab.state = lab.hart.state
        lab.state.satp = spaces[number]
        lab.hart.x[11] = VA
        lab.mode(Mode.HS)
        lab.state.pc = CODE
        lab.machine.step(number)
        assert lab.a0 == 100 + number
