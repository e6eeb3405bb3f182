"""Two-stage translation and every fault it can end in, through an engine."""

from __future__ import annotations

import pytest

from machine.isa.encode import encode
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import ADUE, CODE, GPA, HS, NOP, RWX, URWX, VS, A, D, G, Lab, R, U, V, W, X

SV39, SV48, SV57 = 8, 9, 10
VA, PAGE = 0x4000_0000, 0x8200_0000
VALUE = 0x1122_3344_5566_7788


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, VALUE)
    return made


def two_stages(lab: Lab, vs: int = SV39, g: int = SV39):
    """vsatp and hgatp tables; the G-stage maps all of DRAM's first GiB one to one by a gigapage."""
    guest = lab.table(GPA, g, identifier=7)
    guest.root = lab.page(4)
    lab.csr("hgatp", g << 60 | 7 << 44 | guest.root >> 12)
    guest.map(0x8000_0000, 0x8000_0000, URWX, level=2)
    return lab.table(VS, vs, identifier=3), guest


@pytest.mark.parametrize("scheme", [SV39, SV48, SV57])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_single_stage_translates_at_every_level(lab: Lab, scheme: int, level: int) -> None:
    size = 4096 << 9 * level
    table = lab.table(HS, scheme)
    table.map(VA, PAGE & -size, level=level)
    assert lab.load(VA + (PAGE & size - 1), Mode.HS) is None
    assert lab.a0 == VALUE


@pytest.mark.rule("H_vm_twostage")
@pytest.mark.parametrize("vs", [SV39, SV48, SV57])
@pytest.mark.parametrize("g", [SV39, SV48, SV57])
def test_two_stages_compose(lab: Lab, vs: int, g: int) -> None:
    table, guest = two_stages(lab, vs, g)
    guest.map(0x1_0000_0000, PAGE, URWX)
    table.map(VA, 0x1_0000_0000)
    assert lab.load(VA, Mode.VS) is None
    assert lab.a0 == VALUE


@pytest.mark.rule("hgatp_mode_bare_trans")
def test_bare_stages_are_identity(lab: Lab) -> None:
    assert lab.load(PAGE, Mode.VS) is None
    assert lab.a0 == VALUE


SINGLE_STAGE_FAULTS = [
    # flags of the leaf, mode, access, expected clause (None: allowed)
    (0, Mode.HS, "load", Reason.PTE_INVALID),
    (V | W | A | D, Mode.HS, "load", Reason.PTE_RESERVED),
    (RWX | 1 << 54, Mode.HS, "load", Reason.PTE_RESERVED),
    (RWX | 1 << 61, Mode.HS, "load", Reason.PTE_MEMORY_TYPE),
    (RWX | 1 << 63, Mode.HS, "load", Reason.PTE_NAPOT),
    (V, Mode.HS, "load", Reason.PTE_NO_LEAF),
    (V | A, Mode.HS, "load", Reason.PTE_RESERVED),
    (V | X | A, Mode.HS, "load", Reason.PTE_NO_READ),
    (V | R | A, Mode.HS, "load", None),
    (V | R | A, Mode.HS, "store", Reason.PTE_NO_WRITE),
    (V | R | A, Mode.HS, "fetch", Reason.PTE_NO_EXECUTE),
    (V | R | W | A, Mode.HS, "store", Reason.PTE_NOT_DIRTY),
    (V | R | W | D, Mode.HS, "store", Reason.PTE_NOT_ACCESSED),
    (V | R, Mode.HS, "load", Reason.PTE_NOT_ACCESSED),
    (V | X | R, Mode.HS, "fetch", Reason.PTE_NOT_ACCESSED),
    (URWX, Mode.HS, "load", Reason.PTE_USER),
    (URWX, Mode.HS, "fetch", Reason.PTE_USER),
    (URWX, Mode.U, "load", None),
    (RWX, Mode.U, "load", Reason.PTE_NOT_USER),
    (RWX, Mode.U, "store", Reason.PTE_NOT_USER),
    (RWX | G, Mode.HS, "load", None),
]
FIRST_STAGE = {"fetch": 12, "load": 13, "store": 15}
G_STAGE = {"fetch": 20, "load": 21, "store": 23}


def access(lab: Lab, kind: str, address: int, mode: Mode):
    if kind == "fetch":
        lab.write(PAGE, NOP)
        if mode is Mode.U or mode is Mode.VU:
            return lab.fetch(address, mode)
        return lab.fetch(address, mode)
    at = CODE + 4096 if mode.privilege == 0 else CODE
    if kind == "load":
        return lab.execute(encode("ld", rd=10, rs1=11, imm=0), mode, at=at, a1=address)
    return lab.execute(encode("sd", rs1=11, rs2=10, imm=0), mode, at=at, a1=address)


@pytest.mark.parametrize(("flags", "mode", "kind", "reason"), SINGLE_STAGE_FAULTS)
def test_single_stage_permissions(lab: Lab, flags: int, mode: Mode, kind: str, reason: Reason | None) -> None:
    lab.table(HS, SV39).map(VA, PAGE, flags)
    record = access(lab, kind, VA, mode)
    if reason is None:
        assert record is None
        return
    assert record is not None
    assert (record.cause, record.tval, record.reason) == (FIRST_STAGE[kind], VA, reason)
    assert (record.source, record.target) == (mode, Mode.HS)
    assert lab.csr("htval") == 0
    assert not lab.csr("hstatus") >> status.HSTATUS_GVA & 1


def test_misaligned_superpage(lab: Lab) -> None:
    lab.table(HS, SV39).map(VA, PAGE + 4096, level=1)
    record = lab.load(VA, Mode.HS)
    assert record is not None
    assert (record.cause, record.reason) == (Cause.LOAD_PAGE_FAULT, Reason.PTE_MISALIGNED)


@pytest.mark.parametrize(("scheme", "bad"), [(SV39, 1 << 39), (SV48, 1 << 48), (SV57, 1 << 57), (SV39, 1 << 63)])
def test_non_canonical_addresses_fault(lab: Lab, scheme: int, bad: int) -> None:
    lab.table(HS, scheme)
    record = lab.load(VA | bad, Mode.HS)
    assert record is not None
    assert (record.cause, record.tval, record.reason) == (13, VA | bad, Reason.ADDRESS_NOT_CANONICAL)


@pytest.mark.rule("Svadu_hw_update_a_d_bits")
@pytest.mark.parametrize(("kind", "expected"), [("load", A), ("store", A | D)])
def test_adue_updates_instead_of_faulting(lab: Lab, kind: str, expected: int) -> None:
    slot = lab.table(HS, SV39).map(VA, PAGE, V | R | W)
    lab.set("menvcfg", ADUE)
    assert access(lab, kind, VA, Mode.HS) is None
    assert lab.read(slot) & (A | D) == expected


def test_sum_and_mxr(lab: Lab) -> None:
    table = lab.table(HS, SV39)
    table.map(VA, PAGE, URWX)
    table.map(VA + 4096, PAGE, V | X | A)
    lab.set("mstatus", 1 << status.SUM)
    assert lab.load(VA, Mode.HS) is None
    assert lab.fetch(VA, Mode.HS) is not None, "SUM never lets supervisor code run from user pages"
    assert lab.load(VA + 4096, Mode.HS) is not None
    lab.set("mstatus", 1 << status.MXR)
    assert lab.load(VA + 4096, Mode.HS) is None


@pytest.mark.rule("vsstatus_mxr_vm")
def test_vsstatus_mxr_stops_at_the_first_stage(lab: Lab) -> None:
    table, guest = two_stages(lab)
    lab.set("vsstatus", 1 << status.MXR)
    guest.map(0x1_0000_0000, PAGE, V | X | A | U)
    table.map(VA, 0x1_0000_0000, V | X | A)
    table.map(VA + 4096, PAGE, V | X | A)
    record = lab.load(VA, Mode.VS)
    assert record is not None
    assert (record.cause, record.gpa, record.reason) == (21, 0x1_0000_0000, Reason.PTE_NO_READ)
    assert lab.load(VA + 4096, Mode.VS) is None


@pytest.mark.rule("sstatus_mxr_vm")
def test_hs_level_mxr_covers_both_stages(lab: Lab) -> None:
    table, guest = two_stages(lab)
    lab.set("mstatus", 1 << status.MXR)
    guest.map(0x1_0000_0000, PAGE, V | X | A | U)
    table.map(VA, 0x1_0000_0000, V | X | A)
    assert lab.load(VA, Mode.VS) is None


def test_guest_sum_is_vsstatus_sum(lab: Lab) -> None:
    table, _ = two_stages(lab)
    table.map(VA, PAGE, URWX)
    lab.set("mstatus", 1 << status.SUM)
    record = lab.load(VA, Mode.VS)
    assert record is not None
    assert record.reason == Reason.PTE_USER
    lab.set("vsstatus", 1 << status.SUM)
    assert lab.load(VA, Mode.VS) is None


G_FAULTS = [
    (0, "load", Reason.PTE_INVALID),
    (RWX, "load", Reason.PTE_NOT_USER_G),
    (RWX, "fetch", Reason.PTE_NOT_USER_G),
    (V | U | X | A, "load", Reason.PTE_NO_READ),
    (V | U | R | A, "store", Reason.PTE_NO_WRITE),
    (V | U | R | A, "fetch", Reason.PTE_NO_EXECUTE),
    (V | U | R | W | A, "store", Reason.PTE_NOT_DIRTY),
    (V | U | R | W | X, "load", Reason.PTE_NOT_ACCESSED),
    (V | W | U | A | D, "store", Reason.PTE_RESERVED),
]


@pytest.mark.rule("H_guest_page_fault")
@pytest.mark.rule("H_vm_gpapriv")
@pytest.mark.parametrize(("flags", "kind", "reason"), G_FAULTS)
@pytest.mark.parametrize("mode", [Mode.VS, Mode.VU])
def test_g_stage_faults(lab: Lab, flags: int, kind: str, reason: Reason, mode: Mode) -> None:
    table, guest = two_stages(lab)
    gpa = 0x1_0000_0000
    guest.map(gpa, PAGE, flags)
    table.map(VA, gpa, URWX if mode is Mode.VU else RWX)
    record = access(lab, kind, VA + 8, mode)
    assert record is not None
    assert (record.cause, record.tval, record.gpa, record.reason) == (G_STAGE[kind], VA + 8, gpa + 8, reason)
    assert (record.source, record.target) == (mode, Mode.HS)
    assert lab.csr("htval") == gpa + 8 >> 2
    assert lab.csr("hstatus") >> status.HSTATUS_GVA & 1 == 1
    assert lab.csr("hstatus") >> status.HSTATUS_SPV & 1 == 1
    expected = {"fetch": 0, "load": 0x3503, "store": 0xA03023}[kind]
    assert lab.csr("htinst") == expected


@pytest.mark.rule("H_trap_xtinst_guestpage")
@pytest.mark.parametrize("kind", ["fetch", "load", "store"])
def test_fault_on_a_vs_level_table_is_an_implicit_read(lab: Lab, kind: str) -> None:
    """The original access type names the exception; htinst has the read pseudoinstruction, htval the PTE's GPA."""
    table, guest = two_stages(lab)
    table.map(VA, PAGE)
    leaf = table.slot(VA)
    hidden = 0x1_0000_0000  # move the last-level table to a guest physical page that is not mapped
    lab.write(table.slot(VA, 1), hidden >> 12 << 10 | V)
    assert guest is not None
    record = access(lab, kind, VA, Mode.VS)
    assert record is not None
    assert (record.cause, record.tval, record.gpa) == (G_STAGE[kind], VA, hidden | leaf & 4095)
    assert lab.csr("htinst") == 0x3000


@pytest.mark.rule("H_trap_xtinst_guestpage_rw")
def test_fault_on_updating_a_vs_level_pte_is_an_implicit_write(lab: Lab) -> None:
    table, guest = two_stages(lab)
    lab.set("menvcfg", ADUE)
    lab.set("henvcfg", ADUE)
    lab.set("menvcfg", ADUE)
    table.map(VA, PAGE, V | R | W)
    leaf = table.slot(VA)
    guest.map(0x1_0000_0000, leaf & -4096, V | U | R | A)
    lab.write(table.slot(VA, 1), 0x1_0000_0000 >> 12 << 10 | V)
    record = lab.load(VA, Mode.VS)
    assert record is not None
    assert (record.cause, record.gpa) == (21, 0x1_0000_0000 | leaf & 4095)
    assert lab.csr("htinst") == 0x3020


@pytest.mark.rule("hgatp_mode_sv39x4")
@pytest.mark.parametrize(("g", "bits"), [(SV39, 41), (SV48, 50)])
def test_wide_guest_physical_addresses_fault(lab: Lab, g: int, bits: int) -> None:
    table, _ = two_stages(lab, SV57, g)
    table.map(VA, 1 << bits)
    record = lab.load(VA, Mode.VS)
    assert record is not None
    assert (record.cause, record.gpa, record.reason) == (21, 1 << bits, Reason.GPA_TOO_WIDE)


@pytest.mark.rule("hgatp_mode_x4")
def test_the_root_table_has_two_more_index_bits(lab: Lab) -> None:
    table, guest = two_stages(lab)
    gpa = 3 << 39 | 0x12000
    guest.map(gpa, PAGE, URWX)
    table.map(VA, gpa)
    assert lab.load(VA, Mode.VS) is None
    assert lab.a0 == VALUE


@pytest.mark.rule("H_straddle")
@pytest.mark.rule("H_tinst_addr_offset")
def test_misaligned_access_names_the_faulting_page(lab: Lab) -> None:
    table, guest = two_stages(lab)
    table.map(VA, PAGE)
    table.map(VA + 4096, 0x1_0000_0000)
    assert guest is not None
    record = lab.load(VA + 4093, Mode.VS)
    assert record is not None
    assert (record.cause, record.tval, record.gpa) == (21, VA + 4096, 0x1_0000_0000)
    assert lab.csr("htinst") >> 15 & 31 == 3


def test_misaligned_store_across_a_fault_writes_nothing(lab: Lab) -> None:
    table = lab.table(HS, SV39)
    table.map(VA, PAGE)
    assert lab.store(VA + 4092, Mode.HS, value=(1 << 64) - 1) is not None
    assert lab.read(PAGE + 4088) == 0


def test_fetch_across_a_page_names_the_second(lab: Lab) -> None:
    lab.table(HS, SV39).map(VA, PAGE)
    lab.machine.ram.write(PAGE - lab.machine.ram.base + 4094, 2, NOP & 0xFFFF)
    record = lab.fetch(VA + 4094, Mode.HS)
    assert record is not None
    assert (record.cause, record.pc, record.tval) == (12, VA + 4094, VA + 4096)


@pytest.mark.rule("hlsv_u_op")
def test_hlvx_needs_execute_in_both_stages(lab: Lab) -> None:
    table, guest = two_stages(lab)
    lab.set("hstatus", 1 << status.HSTATUS_SPVP)
    guest.map(0x1_0000_0000, PAGE, V | X | U | A)
    table.map(VA, 0x1_0000_0000, V | X | A)
    table.map(VA + 4096, PAGE, V | R | A)
    hlvx, hlv = encode("hlvx.wu", rd=10, rs1=11), encode("hlv.wu", rd=10, rs1=11)
    lab.csr("satp", 0)
    assert lab.execute(hlvx, Mode.HS, a1=VA) is None
    assert lab.a0 == VALUE & 0xFFFF_FFFF
    record = lab.execute(hlvx, Mode.HS, a1=VA + 4096)
    assert record is not None
    assert (record.cause, record.reason) == (Cause.LOAD_PAGE_FAULT, Reason.PTE_NO_EXECUTE)
    assert lab.csr("hstatus") >> status.HSTATUS_GVA & 1 == 1
    assert lab.csr("hstatus") >> status.HSTATUS_SPV & 1 == 0
    lab.set("hstatus", 1 << status.HSTATUS_SPVP)
    assert lab.execute(hlv, Mode.HS, a1=VA) is not None, "no read permission"


@pytest.mark.rule("hlsv_priv")
def test_spvp_chooses_vs_or_vu(lab: Lab) -> None:
    table, _ = two_stages(lab)
    table.map(VA, PAGE, RWX)
    hlv = encode("hlv.d", rd=10, rs1=11)
    record = lab.execute(hlv, Mode.HS, a1=VA)
    assert record is not None
    assert record.reason == Reason.PTE_NOT_USER
    lab.set("hstatus", 1 << status.HSTATUS_SPVP)
    assert lab.execute(hlv, Mode.HS, a1=VA) is None


@pytest.mark.rule("mstatus_mprv_hypervisor")
def test_mprv_with_mpv_is_a_guests_access(lab: Lab) -> None:
    table, guest = two_stages(lab)
    guest.map(0x1_0000_0000, PAGE, URWX)
    table.map(VA, 0x1_0000_0000)
    lab.csr("medeleg", 0)
    lab.set("mstatus", 1 << status.MPRV | 1 << status.MPV | 1 << status.MPP)
    assert lab.load(VA, Mode.M) is None
    assert lab.a0 == VALUE
    record = lab.load(VA + 4096, Mode.M)
    assert record is not None
    assert (record.cause, record.target) == (13, Mode.M)
    assert lab.csr("mstatus") >> status.GVA & 1 == 1


class TestAccessFaults:
    """PMP and absent memory, in the access and in its walk (rule pmp_check_pagetable_access)."""

    def test_nothing_there(self, lab: Lab) -> None:
        record = lab.load(0x4000_0000, Mode.HS)
        assert record is not None
        assert (record.cause, record.tval, record.reason) == (5, 0x4000_0000, Reason.NO_MEMORY)

    def test_page_table_outside_memory(self, lab: Lab) -> None:
        table = lab.table(HS, SV39)
        lab.write(table.root + 8 * 5, 0x4000_0000 >> 12 << 10 | V)
        record = lab.store(5 << 30, Mode.HS)
        assert record is not None
        assert (record.cause, record.tval, record.reason) == (7, 5 << 30, Reason.NO_MEMORY)

    @pytest.mark.rule("pmp_no_entry_match")
    def test_supervisor_without_an_entry(self, lab: Lab) -> None:
        lab.csr("pmpaddr0", CODE + 4096 >> 2)
        lab.csr("pmpcfg0", 0x0F)  # TOR, RWX below the page behind the code
        assert lab.load(PAGE, Mode.M) is None
        record = lab.load(PAGE, Mode.HS)
        assert record is not None
        assert (record.cause, record.reason) == (5, Reason.PMP_DENIED)

    @pytest.mark.rule("pmp_check_pagetable_access")
    def test_a_walk_is_stopped_by_pmp(self, lab: Lab) -> None:
        table = lab.table(HS, SV39)
        table.map(VA, PAGE)
        leaf = table.slot(VA) & -4096
        lab.csr("pmpaddr1", (1 << 54) - 1)
        lab.csr("pmpaddr0", leaf >> 2 | 511)
        lab.csr("pmpcfg0", 0x1F18)  # entry 0: NAPOT 4 KiB without permission, entry 1: everything
        record = lab.store(VA, Mode.HS)
        assert record is not None
        assert (record.cause, record.tval, record.reason) == (7, VA, Reason.PMP_DENIED)

    @pytest.mark.rule("pmp_mmode_locking")
    def test_a_locked_entry_binds_m_mode(self, lab: Lab) -> None:
        lab.csr("pmpaddr1", (1 << 54) - 1)
        lab.csr("pmpaddr0", PAGE >> 2 | 511)
        lab.csr("pmpcfg0", 0x1F98)
        record = lab.load(PAGE, Mode.M)
        assert record is not None
        assert (record.cause, record.target) == (5, Mode.M)
        assert lab.load(PAGE + 4096, Mode.M) is None

    @pytest.mark.rule("pmp_full_match_required")
    def test_a_partial_match_fails(self, lab: Lab) -> None:
        lab.csr("pmpaddr1", (1 << 54) - 1)
        lab.csr("pmpaddr0", PAGE >> 2)
        lab.csr("pmpcfg0", 0x1F17)  # entry 0: NA4 with every permission
        assert lab.load(PAGE, Mode.HS, size=4) is None
        assert lab.load(PAGE, Mode.HS, size=8) is not None


def test_an_unmapped_atomic_is_a_store_fault(lab: Lab) -> None:
    lab.table(HS, SV39)
    record = lab.execute(encode("amoadd.d", rd=10, rs1=11, rs2=12), Mode.HS, a1=VA)
    assert record is not None
    assert record.cause == Cause.STORE_PAGE_FAULT


def test_misaligned_atomics_trap(lab: Lab) -> None:
    record = lab.execute(encode("amoadd.d", rd=10, rs1=11, rs2=12), Mode.HS, a1=PAGE + 4)
    assert record is not None
    assert (record.cause, record.tval) == (Cause.STORE_MISALIGNED, PAGE + 4)
    record = lab.execute(encode("lr.d", rd=10, rs1=11), Mode.HS, a1=PAGE + 4)
    assert record is not None
    assert record.cause == Cause.LOAD_MISALIGNED
