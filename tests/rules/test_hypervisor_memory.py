"""Two-stage translation, accesses as the guest, and accessed and dirty bits of both stages."""

from __future__ import annotations

import pytest

from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import ADUE, GPA, HS, URWX, A, D, G, Lab, R, Table, U, V, W, X
from tests.rules.lines import FAR, PAGE, SV39, SV48, SV57, VA, Program, do, put, trapped, two_stages

LOAD = "ld a0, 0(a1)"
VALUE = 0x8877_6655_4433_2211
GUEST_LEAF = V | R | W | X | A | D


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, VALUE)
    put(made, "hstatus.SPVP", 1)
    return made


def hardware_updates(lab: Lab, *, vs: bool = True, g: bool = True) -> None:
    """ADUE of the VS-stage and of the G-stage; henvcfg.ADUE is read-only zero unless menvcfg.ADUE is set."""
    lab.csr("menvcfg", ADUE if vs or g else 0)
    lab.csr("henvcfg", ADUE if vs else 0)


@pytest.mark.rule("hgatp_mode_sv48x4")
@pytest.mark.rule("hgatp_mode_sv57x4")
@pytest.mark.parametrize(("g", "width"), [(SV39, 41), (SV48, 50), (SV57, 59)])
@pytest.mark.parametrize("text", ["ld a0, 0(a1)", "sd a0, 0(a1)"])
def test_guest_physical_addresses_of_a_bare_first_stage(lab: Lab, g: int, width: int, text: str) -> None:
    """The highest address is translated; each bit above it is a guest-page fault."""
    guest = lab.table(GPA, g)
    guest.map(0x8000_0000, 0x8000_0000, URWX, level=2)
    top = (1 << width) - 4096
    guest.map(top, PAGE, URWX)
    assert do(lab, text, Mode.VS, a1=top, a0=VALUE) is None
    for bad in (1 << width, 1 << 63):
        record = trapped(lab, text, Mode.VS, a1=top | bad)
        assert (record.code, record.tval, record.gpa) == (21 if text[0] == "l" else 23, top | bad, top | bad)


@pytest.mark.rule("H_vm_gstagetrans")
@pytest.mark.rule("H_vm_gpatrans")
@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_bare_first_stage_goes_through_the_g_stage_alone(lab: Lab, level: int) -> None:
    guest = lab.table(GPA, SV39)
    size = 4096 << 9 * level
    base = FAR & -size
    guest.map(base, PAGE & -size, URWX, level=level)
    assert lab.load(base + (PAGE & size - 1), Mode.VS) is None
    assert lab.a0 == VALUE


@pytest.mark.rule("H_vm_gpa_g")
def test_the_g_bit_of_a_g_stage_entry_is_ignored(lab: Lab) -> None:
    first, guest = two_stages(lab)
    guest.map(FAR, PAGE, URWX | G)
    first.map(VA, FAR, GUEST_LEAF | G)
    assert lab.load(VA, Mode.VS) is None
    assert lab.a0 == VALUE


@pytest.mark.rule("hgatp_op_hfence_gvma")
@pytest.mark.rule("hfence-gvma_op")
@pytest.mark.rule("hfence-gvma_mode")
@pytest.mark.rule("hfence-vvma_hfence-gvma_op")
@pytest.mark.rule("hfence-vvma_mode")
@pytest.mark.rule("hfence-vvma_limits")
@pytest.mark.rule("hfence-vvma_asid")
@pytest.mark.rule("hfence-gvma_vmid")
@pytest.mark.parametrize("stage", ["vvma", "gvma"])
@pytest.mark.parametrize("operands", ["x0, x0", "a2, x0", "x0, a3", "a2, a3"])
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS])
def test_fences_of_either_stage(lab: Lab, stage: str, operands: str, mode: Mode) -> None:
    """After the fence that names the page, the address space or both, the guest sees the new entry."""
    other = lab.page()
    lab.write(other, 99)
    first, guest = two_stages(lab)
    guest.map(FAR, PAGE, URWX)
    first.map(VA, FAR)
    name, space = (VA, 3) if stage == "vvma" else (FAR >> 2, 7)
    program = Program(lab, LOAD, f"hfence.{stage} {operands}", a1=VA, a2=name, a3=space | 1 << 40)
    assert program.run(0, Mode.VS) is None
    if stage == "vvma":
        first.map(VA, other)
    else:
        guest.map(FAR, other, URWX)
    assert program.run(1, mode) is None
    assert program.run(0, Mode.VS) is None
    assert lab.a0 == 99


@pytest.mark.rule("hfence-vvma_tvm")
def test_no_bit_refuses_hfence_vvma_to_hs_mode(lab: Lab) -> None:
    put(lab, "mstatus.TVM", 1)
    put(lab, "hstatus.VTVM", 1)
    assert do(lab, "hfence.vvma x0, x0", Mode.HS) is None
    assert trapped(lab, "hfence.gvma x0, x0", Mode.HS).cause == Cause.ILLEGAL_INSTRUCTION
    assert do(lab, "hfence.gvma x0, x0", Mode.M) is None


@pytest.mark.rule("sfence_vma_v1")
@pytest.mark.rule("sfence_vma_v0")
@pytest.mark.parametrize("mode", [Mode.VS, Mode.HS])
def test_sfence_serves_the_world_it_runs_in(lab: Lab, mode: Mode) -> None:
    other = lab.page()
    lab.write(other, 99)
    table = two_stages(lab)[0] if mode is Mode.VS else lab.table(HS, SV39)
    table.map(VA, PAGE)
    program = Program(lab, LOAD, "sfence.vma a1, x0", a1=VA)
    assert program.run(0, mode) is None
    table.map(VA, other)
    assert program.run(1, mode) is None
    assert program.run(0, mode) is None
    assert lab.a0 == 99


UPDATES = [
    # ADUE of the VS-stage, of the G-stage (menvcfg), access, VS leaf after, G leaf after, fault
    (False, False, "ld a0, 0(a1)", 0, 0, 13),
    (False, True, "ld a0, 0(a1)", 0, 0, 13),
    (True, True, "ld a0, 0(a1)", A, A, 0),
    (True, True, "sd a0, 0(a1)", A | D, A | D, 0),
    (True, True, "amoor.d a0, x0, (a1)", A | D, A | D, 0),
    (True, True, "lr.d a0, (a1)", A, A, 0),
]


@pytest.mark.rule("henvcfg_adue_op")
@pytest.mark.rule("menvcfg_adue_op")
@pytest.mark.rule("Svadu_disabled_hw_update_falls_back_to_svade")
@pytest.mark.parametrize(("vs", "g", "text", "vs_after", "g_after", "cause"), UPDATES)
def test_accessed_and_dirty_bits(
    lab: Lab, vs: bool, g: bool, text: str, vs_after: int, g_after: int, cause: int
) -> None:
    first, guest = two_stages(lab)
    hardware_updates(lab, vs=vs, g=g)
    slot_g = guest.map(FAR, PAGE, V | R | W | U)
    slot_vs = first.map(VA, FAR, V | R | W)
    record = do(lab, text, Mode.VS, a1=VA)
    assert (0 if record is None else record.cause) == cause
    assert (lab.read(slot_vs) & (A | D), lab.read(slot_g) & (A | D)) == (vs_after, g_after)


def hidden_leaf(lab: Lab, first: Table, guest: Table, flags: int) -> int:
    """Reach the VS-stage's leaf table through a page of the G-stage of its own; gives that page's PTE's address."""
    slot = guest.map(FAR, first.slot(VA) & -4096, flags)
    lab.write(first.slot(VA, 1), FAR >> 12 << 10 | V)
    return slot


@pytest.mark.rule("H_vm_gpapriv")
@pytest.mark.parametrize(("leaf", "after"), [(V | R | W | A | D, A), (V | R | W, A | D)])
def test_setting_a_bit_in_a_guests_table_writes_its_page(lab: Lab, leaf: int, after: int) -> None:
    """Reading a VS-level PTE sets A at the G-stage; setting A in that PTE sets D there, though the access is a load."""
    first, guest = two_stages(lab)
    hardware_updates(lab)
    slot = first.map(VA, PAGE, leaf)
    outer = hidden_leaf(lab, first, guest, V | R | W | U)
    assert lab.load(VA, Mode.VS) is None
    assert lab.read(outer) & (A | D) == after
    assert lab.read(slot) & A


@pytest.mark.rule("H_trap_xtinst_guestpage_rw")
@pytest.mark.rule("H_vm_gpapriv")
@pytest.mark.parametrize("text", ["ld a0, 0(a1)", "sd a0, 0(a1)"])
@pytest.mark.parametrize("g_adue", [True, False])
def test_a_guests_table_that_may_not_be_written(lab: Lab, text: str, g_adue: bool) -> None:
    """The G-stage's W=0 (or D=0 without updates) refuses setting A: the access's fault, a write's tinst."""
    first, guest = two_stages(lab)
    hardware_updates(lab)
    slot = first.map(VA, PAGE, V | R | W)
    hidden_leaf(lab, first, guest, V | R | U | A if g_adue else V | R | W | U | A)
    if not g_adue:
        lab.state.menvcfg &= ~ADUE  # what software cannot do: henvcfg.ADUE alone
    record = trapped(lab, text, Mode.VS, a1=VA)
    assert record.cause == (21 if text[0] == "l" else 23)
    assert (record.tinst, record.gpa) == (0x3020, FAR | slot & 4095)
    assert lab.read(slot) & (A | D) == 0


@pytest.mark.rule("vs_stage_speculative_a_bit")
def test_nothing_is_accessed_ahead_of_time(lab: Lab) -> None:
    first, _ = two_stages(lab)
    hardware_updates(lab)
    slot = first.map(VA, PAGE, V | R | W)
    assert lab.load(PAGE, Mode.HS) is None
    assert lab.read(slot) & A == 0
    assert do(lab, "hlv.b a0, (a1)", Mode.HS, a1=VA) is None
    assert lab.read(slot) & (A | D) == A


@pytest.mark.rule("H_vm_gstagetrans")
@pytest.mark.rule("H_trap_xtinst_guestpage")
@pytest.mark.parametrize(("text", "cause"), [(LOAD, 21), ("sd a0, 0(a1)", 23), ("hlvx.hu a0, (a1)", 21)])
def test_a_guests_table_beyond_the_g_stages_width(lab: Lab, text: str, cause: int) -> None:
    """vsatp's 44-bit PPN can name addresses that Sv39x4 does not translate."""
    first, _ = two_stages(lab)
    lab.write(first.root + 8 * (VA >> 30), 1 << 41 - 12 << 10 | V)
    record = trapped(lab, text, Mode.HS if text[0] == "h" else Mode.VS, a1=VA)
    assert (record.cause, record.tval, record.gpa, record.tinst) == (cause, VA, 1 << 41, 0x3000)
    assert record.reason == Reason.GPA_TOO_WIDE


@pytest.mark.rule("hgatp_mode_bare_trans")
@pytest.mark.parametrize("address", [1 << 56, 1 << 63])
def test_bare_stages_leave_wide_addresses_to_memory(lab: Lab, address: int) -> None:
    record = trapped(lab, LOAD, Mode.VS, a1=address)
    assert (record.cause, record.tval, record.gva, record.gpa) == (Cause.LOAD_ACCESS, address, 1, 0)
