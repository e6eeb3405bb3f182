"""Pointer masking (chapter "Pointer Masking Extensions"): Smmpm, Smnpm, Ssnpm."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.hart.watch import READ, Watchpoint
from machine.run_exit import ExitReason
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import GPA, HS, NOP, RWX, URWX, VS, Lab, U
from tests.rules.lines import CODE, ONES, PAGE, SV39, SV48, SV57, VA, Program, do, field, put, trapped

LOAD, STORE = "ld a0, 0(a1)", "sd a2, 0(a1)"
VALUE = 0x0102_0304_0506_0708
PMLEN = {2: 7, 3: 16}
"""Bits that are ignored, by the value of PMM."""
CONTROL = {
    Mode.M: "mseccfg.PMM",
    Mode.HS: "menvcfg.PMM",
    Mode.U: "senvcfg.PMM",
    Mode.VS: "henvcfg.PMM",
    Mode.VU: "senvcfg.PMM",
}
"""What decides about a mode: the register of the next higher one."""
ALSO = {"senvcfg.PMM": {Mode.U, Mode.VU}}
MODES = list(CONTROL)
BELOW_M = [mode for mode in MODES if mode is not Mode.M]


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, VALUE)
    for name in ("mstatus", "vsstatus"):
        made.set(name, status.FS_DIRTY << status.FS)
    return made


def tag(address: int, pmlen: int, bits: int = 0x5A5A) -> int:
    """The address with other bits in its upper ``pmlen``."""
    keep = 64 - pmlen
    return address & (1 << keep) - 1 | (bits & (1 << pmlen) - 1) << keep


def paged(lab: Lab, mode: Mode, scheme: int, *addresses: int) -> None:
    """Map pages of `PAGE` at these addresses for a mode below M."""
    table = lab.table(VS if mode.virtual else HS, scheme)
    for address in addresses:
        table.map(address, PAGE, URWX if mode.privilege == 0 else RWX)


@pytest.mark.rule("pm_ignore_upper_bits")
@pytest.mark.rule("pm_ignore_pa")
@pytest.mark.rule("pm_all_priv_modes")
@pytest.mark.rule("pm_csr_hw_apply")
@pytest.mark.rule("pmlen_supported_values")
@pytest.mark.rule("pm_rv64_only")
@pytest.mark.rule("mseccfg_pmm_presence_op")
@pytest.mark.rule("menvcfg_pmm_op")
@pytest.mark.rule("henvcfg_pmm_op")
@pytest.mark.rule("senvcfg_pmm_Ssnpm")
@pytest.mark.parametrize("pmm", PMLEN)
@pytest.mark.parametrize("mode", MODES)
def test_a_physical_address_gets_zeros(lab: Lab, mode: Mode, pmm: int) -> None:
    """In M-mode, and where satp or vsatp is Bare; what is left is what stval receives."""
    put(lab, CONTROL[mode], pmm)
    for bits in (1, 0x40, ONES):
        assert do(lab, LOAD, mode, a1=tag(PAGE, PMLEN[pmm], bits)) is None
        assert lab.a0 == VALUE
    far = PAGE | 1 << 63 - PMLEN[pmm]
    record = trapped(lab, LOAD, mode, a1=tag(far, PMLEN[pmm]))
    assert (record.cause, record.tval) == (Cause.LOAD_ACCESS, far)
    put(lab, CONTROL[mode], 0)
    record = trapped(lab, LOAD, mode, a1=tag(PAGE, PMLEN[pmm]))
    assert (record.cause, record.tval) == (Cause.LOAD_ACCESS, tag(PAGE, PMLEN[pmm]))


@pytest.mark.rule("pm_ignore_va")
@pytest.mark.rule("pm_ignore_upper_bits")
@pytest.mark.rule("pm_csr_hw_apply")
@pytest.mark.rule("pm_deterministic_effect")
@pytest.mark.rule("pm_mode_only_dependency")
@pytest.mark.parametrize("pmm", PMLEN)
@pytest.mark.parametrize("scheme", [SV39, SV48, SV57])
@pytest.mark.parametrize("mode", BELOW_M)
def test_a_virtual_address_gets_copies_of_the_bit_below(lab: Lab, mode: Mode, scheme: int, pmm: int) -> None:
    """In both halves of the address space, and of any scheme: PMLEN alone says which bits."""
    put(lab, CONTROL[mode], pmm)
    low, high = VA, ONES ^ 0x3FFF_FFFF
    paged(lab, mode, scheme, low, high)
    for address in (low, high):
        for bits in (0, 0x55, 0x2A, ONES):
            assert do(lab, LOAD, mode, a1=tag(address, PMLEN[pmm], bits)) is None
            assert lab.a0 == VALUE
        record = trapped(lab, STORE, mode, a1=tag(address, PMLEN[pmm]) + 0x5000)
        assert (record.cause, record.tval) == (Cause.STORE_PAGE_FAULT, address + 0x5000)


@pytest.mark.rule("pm_deterministic_effect")
def test_more_bits_than_the_scheme_leaves_unused(lab: Lab) -> None:
    """PMLEN=16 in Sv57: bits 56 to 48 would be part of the page's number."""
    paged(lab, Mode.HS, SV57, VA)
    assert trapped(lab, LOAD, Mode.HS, a1=VA | 1 << 50).cause == Cause.LOAD_PAGE_FAULT
    put(lab, "menvcfg.PMM", 3)
    assert do(lab, LOAD, Mode.HS, a1=VA | 1 << 50) is None
    put(lab, "menvcfg.PMM", 2)
    assert trapped(lab, LOAD, Mode.HS, a1=VA | 1 << 50).tval == VA | 1 << 50


@pytest.mark.rule("pm_per_mode_control")
@pytest.mark.rule("pm_auto_apply_active_mode")
@pytest.mark.rule("pm_config_next_higher")
@pytest.mark.rule("ssnpm_definition")
@pytest.mark.rule("smnpm_definition")
@pytest.mark.rule("smmpm_definition")
@pytest.mark.rule("pmlen_mode_depend")
@pytest.mark.parametrize("register", sorted({*CONTROL.values()}))
def test_each_mode_has_its_own_setting(lab: Lab, register: str) -> None:
    put(lab, register, 3)
    for mode in MODES:
        record = do(lab, LOAD, mode, a1=tag(PAGE, 16))
        assert (record is None) == (CONTROL[mode] == register), mode.label


@pytest.mark.rule("pm_auto_apply_active_mode")
def test_settings_of_several_modes_at_once(lab: Lab) -> None:
    settings = {"mseccfg.PMM": 2, "menvcfg.PMM": 3, "henvcfg.PMM": 0, "senvcfg.PMM": 2}
    for register, pmm in settings.items():
        put(lab, register, pmm)
    for mode in MODES:
        for pmlen in PMLEN.values():
            works = PMLEN.get(settings[CONTROL[mode]], 0) >= pmlen
            assert (do(lab, LOAD, mode, a1=PAGE | 1 << 64 - pmlen) is None) == works


EXPLICIT = [
    *("ld a0, 0(a1)", "lb a0, 0(a1)", "sd a2, 0(a1)", "sh a2, 0(a1)", "fld f1, 0(a1)", "fsd f1, 0(a1)"),
    *("lr.d a0, (a1)", "sc.d a0, a2, (a1)", "amoadd.d a0, a2, (a1)", "amoswap.w a0, a2, (a1)"),
    *("amocas.d a0, a2, (a1)", "cbo.zero (a1)", "cbo.flush (a1)", "cbo.clean (a1)", "cbo.inval (a1)"),
]


@pytest.mark.rule("pm_apply_explicit")
@pytest.mark.rule("pm_cpu_only")
@pytest.mark.parametrize("text", EXPLICIT)
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS, Mode.VU])
def test_every_explicit_access_is_masked(lab: Lab, text: str, mode: Mode) -> None:
    for register in ("menvcfg", "henvcfg", "senvcfg"):
        lab.set(register, 0xF0)
    record = trapped(lab, text, mode, a1=tag(PAGE, 7), a2=5)
    assert record.tval == tag(PAGE, 7)
    assert record.cause in (Cause.LOAD_ACCESS, Cause.STORE_ACCESS)
    put(lab, CONTROL[mode], 2)
    assert do(lab, text, mode, a1=tag(PAGE, 7), a2=5) is None
    if text == "cbo.zero (a1)":
        assert lab.read(PAGE) == 0
    if text == "sd a2, 0(a1)":
        assert lab.read(PAGE) == 5
    if text.startswith("amoadd"):
        assert (lab.a0, lab.read(PAGE)) == (VALUE, VALUE + 5)


@pytest.mark.rule("pm_apply_explicit")
def test_a_reservation_is_of_the_memory_itself(lab: Lab) -> None:
    put(lab, "menvcfg.PMM", 3)
    program = Program(lab, "lr.d a0, (a1)", "sc.d a0, a2, (a3)", a1=tag(PAGE, 16, 1), a2=9, a3=tag(PAGE, 16, 2))
    assert program.run(0, Mode.HS) is None
    assert program.run(1, Mode.HS) is None
    assert (lab.a0, lab.read(PAGE)) == (0, 9)


@pytest.mark.rule("pm_not_apply_implicit")
@pytest.mark.parametrize("mode", MODES)
def test_a_fetch_is_not(lab: Lab, mode: Mode) -> None:
    put(lab, CONTROL[mode], 2)
    lab.write(PAGE, NOP)
    at = tag(PAGE, 7)
    record = lab.fetch(at, mode)
    assert record is not None
    assert (record.cause, record.tval) == (Cause.FETCH_ACCESS, at)


@pytest.mark.rule("pm_not_apply_implicit")
def test_guest_physical_addresses_of_tables_are_not(lab: Lab) -> None:
    """A pointer of the VS-stage with bits that henvcfg.PMM would take away."""
    guest = lab.table(GPA, SV57)
    guest.map(0x8000_0000, 0x8000_0000, RWX | U, level=2)
    first = lab.table(VS, SV57)
    first.map(VA, PAGE)
    put(lab, "henvcfg.PMM", 3)
    assert do(lab, LOAD, Mode.VS, a1=VA) is None
    slot = first.slot(VA, 1)
    lab.write(slot, lab.read(slot) | 1 << 50 - 12 + 10)
    record = trapped(lab, LOAD, Mode.VS, a1=VA)
    assert (record.cause, record.gpa >> 50) == (Cause.LOAD_GUEST_PAGE_FAULT, 1)


@pytest.mark.rule("pm_mprv_spvp")
@pytest.mark.parametrize("mode", [Mode.U, Mode.HS, Mode.VS, Mode.VU])
def test_mprv_brings_the_mode_s_setting(lab: Lab, mode: Mode) -> None:
    mprv = 1 << status.MPRV | mode.privilege << status.MPP | mode.virtual << status.MPV
    lab.csr("mstatus", mprv)
    put(lab, "mseccfg.PMM", 2)
    assert trapped(lab, LOAD, Mode.M, a1=tag(PAGE, 7)).cause == Cause.LOAD_ACCESS
    lab.csr("mstatus", mprv)
    put(lab, CONTROL[mode], 2)
    put(lab, "mseccfg.PMM", 0)
    assert do(lab, LOAD, Mode.M, a1=tag(PAGE, 7)) is None
    paged(lab, mode, SV57, VA)
    assert do(lab, LOAD, Mode.M, a1=tag(VA, 7)) is None


@pytest.mark.rule("pm_mxr_exception")
@pytest.mark.parametrize("text", [LOAD, STORE, "amoadd.d a0, a2, (a1)"])
@pytest.mark.parametrize("mode", MODES)
def test_mxr_ends_it_below_m_mode(lab: Lab, mode: Mode, text: str) -> None:
    """Also where nothing is translated; vsstatus.MXR counts for V=1 only, mstatus.MXR for every mode below M."""
    put(lab, CONTROL[mode], 2)
    for register, ends in (("mstatus", mode is not Mode.M), ("vsstatus", mode.virtual)):
        lab.set(register, 1 << status.MXR)
        assert (do(lab, text, mode, a1=tag(PAGE, 7), a2=1) is not None) == bool(ends)
        lab.csr(register, lab.csr(register) & ~(1 << status.MXR))
        assert do(lab, text, mode, a1=tag(PAGE, 7), a2=1) is None


HLV = ["hlv.d a0, (a1)", "hsv.d a2, (a1)"]


@pytest.mark.rule("pm_mprv_spvp")
@pytest.mark.parametrize("text", HLV)
@pytest.mark.parametrize("spvp", [0, 1])
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS, Mode.U])
def test_hypervisor_accesses(lab: Lab, mode: Mode, spvp: int, text: str) -> None:
    """As VS-mode henvcfg decides; as VU-mode senvcfg, but for HLV and HSV of U-mode hstatus.HUPMM."""
    put(lab, "hstatus.HU", 1)
    put(lab, "hstatus.SPVP", spvp)
    decides = "henvcfg.PMM" if spvp else "hstatus.HUPMM" if mode is Mode.U else "senvcfg.PMM"
    for register in ("henvcfg.PMM", "senvcfg.PMM", "hstatus.HUPMM", "menvcfg.PMM", "mseccfg.PMM"):
        put(lab, register, 2)
        record = do(lab, text, mode, a1=tag(PAGE, 7), a2=VALUE)
        assert (record is None) == (register == decides), register
        put(lab, register, 0)
    put(lab, decides, 2)
    lab.set("vsstatus", 1 << status.MXR)
    assert trapped(lab, text, mode, a1=tag(PAGE, 7), a2=VALUE).tval == tag(PAGE, 7)


@pytest.mark.rule("pm_not_apply_implicit")
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS, Mode.U])
def test_hlvx_is_never_masked(lab: Lab, mode: Mode) -> None:
    put(lab, "hstatus.HU", 1)
    for register in ("henvcfg.PMM", "senvcfg.PMM", "hstatus.HUPMM", "menvcfg.PMM", "mseccfg.PMM"):
        put(lab, register, 3)
    for spvp in (0, 1):
        put(lab, "hstatus.SPVP", spvp)
        record = trapped(lab, "hlvx.wu a0, (a1)", mode, a1=tag(PAGE, 7))
        assert (record.cause, record.tval) == (Cause.LOAD_ACCESS, tag(PAGE, 7))


@pytest.mark.rule("pm_ignore_pa")
def test_a_guest_physical_address_gets_zeros(lab: Lab) -> None:
    """Also the two bits that Sv57x4 has beyond Sv57's, where vsatp is Bare."""
    guest = lab.table(GPA, SV57)
    guest.map(0x8000_0000, 0x8000_0000, RWX | U, level=2)
    assert trapped(lab, LOAD, Mode.VS, a1=PAGE | 1 << 57).cause == Cause.LOAD_GUEST_PAGE_FAULT
    put(lab, "henvcfg.PMM", 2)
    assert do(lab, LOAD, Mode.VS, a1=PAGE | 3 << 57) is None
    record = trapped(lab, LOAD, Mode.VS, a1=PAGE | 7 << 56)
    assert (record.tval, record.gpa) == (PAGE | 1 << 56, PAGE | 1 << 56)


@pytest.mark.rule("pm_misaligned_equivalence")
@pytest.mark.parametrize("text", [LOAD, "sd a2, 0(a1)"])
def test_each_part_of_a_misaligned_access_is_masked(lab: Lab, text: str) -> None:
    """From the last bytes below the hole of Sv48 to the first above it, which PMLEN=16 makes neighbours."""
    table = lab.table(HS, SV48)
    top, bottom = 0x7FFF_FFFF_F000, ONES ^ 0x7FFF_FFFF_FFFF
    other = lab.page()
    table.map(top, PAGE)
    table.map(bottom, other)
    lab.write(PAGE + 0xFF8, 0x1111_1111_2222_2222)
    lab.write(other, 0x3333_3333_4444_4444)
    assert trapped(lab, text, Mode.HS, a1=top + 0xFFC).tval == 1 << 47
    put(lab, "menvcfg.PMM", 3)
    assert do(lab, text, Mode.HS, a1=tag(top + 0xFFC, 16), a2=0x5555_5555_6666_6666) is None
    if text == LOAD:
        assert lab.a0 == 0x4444_4444_1111_1111
    else:
        assert (lab.read(PAGE + 0xFF8) >> 32, lab.read(other) & 0xFFFF_FFFF) == (0x6666_6666, 0x5555_5555)
    lab.write(table.slot(bottom), 0)
    record = trapped(lab, text, Mode.HS, a1=tag(top + 0xFFC, 16))
    assert record.tval == bottom


@pytest.mark.rule("pm_no_csr_sw")
@pytest.mark.rule("pm_warl_unaffected")
@pytest.mark.parametrize("name", ["sepc", "stvec", "sscratch", "stval", "mepc", "mtval", "vstvec", "htval"])
def test_registers_take_any_address(lab: Lab, name: str) -> None:
    for register in ("mseccfg.PMM", "menvcfg.PMM"):
        put(lab, register, 3)
    value = tag(PAGE, 16)
    assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=value) is None
    assert do(lab, f"csrrs a0, {name}, x0", Mode.M) is None
    assert lab.a0 == value


@pytest.mark.rule("pm_no_trap_vector_mask")
@pytest.mark.parametrize(("mode", "name"), [(Mode.HS, "stvec"), (Mode.M, "mtvec"), (Mode.VS, "vstvec")])
def test_a_handler_s_address_is_not_masked(lab: Lab, mode: Mode, name: str) -> None:
    put(lab, CONTROL[mode], 2)
    lab.csr("hedeleg", ONES)
    lab.csr(name, tag(PAGE, 7))
    trapped(lab, "ebreak", mode)
    assert lab.state.pc == tag(PAGE, 7)


@pytest.mark.rule("pm_debug_trigger")
@pytest.mark.parametrize("cached", [False, True])
def test_watchpoints_are_at_the_address_that_remains(lab: Lab, cached: bool) -> None:
    """Whether or not the page was accessed before under the same name."""
    put(lab, "menvcfg.PMM", 3)
    program = Program(lab, LOAD, a1=tag(PAGE, 16))
    if cached:
        for _ in range(3):
            assert program.run(0, Mode.HS) is None
    lab.machine.watches.watchpoints.add(Watchpoint(PAGE, 8, READ))
    lab.hart.forget_translations()
    lab.mode(Mode.HS)
    lab.state.pc = CODE
    for _ in range(2):
        assert lab.machine.step(0).reason is ExitReason.WATCHPOINT
        assert lab.state.pc == CODE
    lab.hart.x[11] = tag(PAGE + 64, 16)
    assert lab.machine.step(0).reason is ExitReason.BUDGET
    assert lab.state.pc == CODE + 4


@pytest.mark.rule("senvcfg_pmm_immediate")
@pytest.mark.rule("pm_auto_apply_active_mode")
@pytest.mark.parametrize("mode", MODES)
def test_a_change_holds_at_once(lab: Lab, mode: Mode) -> None:
    """Without a fence, by CSR instructions, for pages that were accessed before."""
    name = CONTROL[mode].partition(".")[0]
    program = Program(lab, LOAD, f"csrrw x0, {name}, a2", a1=tag(PAGE, 7))
    for pmm in (2, 0, 3, 0, 2, 2):
        lab.hart.x[12] = pmm << status.ENVCFG_PMM
        assert program.run(1, Mode.M) is None
        for _ in range(2):
            assert (program.run(0, mode) is None) == bool(pmm), pmm


def test_one_page_under_many_names(lab: Lab) -> None:
    """What is stored under one tag is loaded under another, and under a neighbour that shares its place in a cache."""
    put(lab, "menvcfg.PMM", 3)
    program = Program(lab, "sd a2, 0(a1)", "ld a0, 0(a3)")
    for number in range(8):
        lab.hart.x[11], lab.hart.x[12], lab.hart.x[13] = tag(PAGE, 16, number), number, tag(PAGE, 16, number ^ 7)
        for instruction in (0, 1):
            assert program.run(instruction, Mode.HS) is None
        assert lab.a0 == number


@pytest.mark.rule("pmlen_illegal_warl")
@pytest.mark.rule("pmlen_future_reserved")
@pytest.mark.rule("menvcfg_pmm_enc")
@pytest.mark.rule("mseccfg_pmm_enc")
@pytest.mark.parametrize("register", [*sorted({*CONTROL.values()}), "hstatus.HUPMM"])
def test_the_reserved_value_is_not_taken(lab: Lab, register: str) -> None:
    name = register.partition(".")[0]
    low = status.HSTATUS_HUPMM if name == "hstatus" else status.ENVCFG_PMM
    for before in (0, 2, 3):
        put(lab, register, before)
        lab.csr(name, lab.csr(name) & ~(3 << low) | 1 << low)
        assert field(lab, register) == before


@pytest.mark.rule("menvcfg_pmm_rdonly0")
@pytest.mark.rule("mseccfg_pmm_rdonly0")
@pytest.mark.rule("henvcfg_pmm_op")
@pytest.mark.rule("senvcfg_pmm_Ssnpm")
@pytest.mark.parametrize(
    ("missing", "registers"),
    [
        ("smmpm", ["mseccfg.PMM"]),
        ("smnpm", ["menvcfg.PMM"]),
        ("supm,-ssnpm", ["senvcfg.PMM", "henvcfg.PMM", "hstatus.HUPMM"]),
    ],
)
@pytest.mark.reference_only
def test_a_hart_without_an_extension(missing: str, registers: list[str]) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa(f"default,-{missing}")))
    for register in sorted({*CONTROL.values(), "hstatus.HUPMM"}):
        name = register.partition(".")[0]
        lab.csr(name, lab.csr(name) | 3 << (48 if name == "hstatus" else 32))
        assert field(lab, register) == (0 if register in registers else 3)


@pytest.mark.rule("mseccfg_presence")
@pytest.mark.parametrize(("isa", "there"), [("-smepmp,-smmpm", False), ("-smepmp", True), ("-smmpm", True)])
@pytest.mark.reference_only
def test_mseccfg_exists_for_either_extension(isa: str, there: bool) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa(f"default,{isa}")))
    assert (do(lab, "csrrs a0, 0x747, x0", Mode.M) is None) == there


@pytest.mark.rule("supm_definition")
def test_supm_needs_ssnpm() -> None:
    assert parse_isa("default").has("Supm")
    with pytest.raises(Exception, match="Supm without Ssnpm"):
        parse_isa("default,-ssnpm")
