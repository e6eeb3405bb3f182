"""The proposal hnested: which accesses become accesses of memory, where, with whose rights, and how they fault."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.csr.file import BY_NAME, BY_NUMBER
from machine.hart.trapping import TrapRecord
from machine.isa.encode import encode
from machine.proposals import parse
from machine.proposals.hnested import slot
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import GPA, HS, RWX, URWX, VS, A, Lab, R, V

STORAGE = 0x8020_0000
ON = STORAGE // 8 << 1 | 1
ALL = (1 << 64) - 1
CONVERTED = [
    ("vsstatus", 0x0000),
    ("vsepc", 0x0208),
    ("vstimecmp", 0x0268),
    ("hstatus", 0x1000),
    ("hvip", 0x1228),
    ("hgatp", 0x1400),
    ("hnested", 0x1608),
]


def lab_with(text: str = "hnested", hnested: int = ON) -> Lab:
    lab = Lab(Config(memory=64 << 20, proposals=(parse(text),)))
    lab.csr("menvcfg", 1 << 63)
    lab.csr("hnested", hnested)
    return lab


@pytest.fixture
def lab() -> Lab:
    return lab_with()


def csrrw(csr: int, rd: int = 10, rs1: int = 11) -> int:
    return encode("csrrw", csr=csr, rd=rd, rs1=rs1)


def csrrs(csr: int, rd: int = 10, rs1: int = 0) -> int:
    return encode("csrrs", csr=csr, rd=rd, rs1=rs1)


def number(name: str) -> int:
    return BY_NAME[name].number


def assert_virtual_instruction(trap: TrapRecord | None) -> None:
    assert trap is not None
    assert trap.code == Cause.VIRTUAL_INSTRUCTION


@pytest.mark.parametrize(("name", "offset"), CONVERTED)
def test_each_class_has_its_page_of_storage(lab: Lab, name: str, offset: int) -> None:
    before = lab.csr(name)
    lab.write(STORAGE + offset, 0x1234)
    assert lab.execute(csrrw(number(name)), Mode.VS, a1=0xDEAD_BEEF_0000_0003) is None
    assert lab.a0 == 0x1234
    assert lab.read(STORAGE + offset) == 0xDEAD_BEEF_0000_0003  # not legalised
    assert lab.csr(name) == before


def test_the_last_class_is_that_of_read_only_numbers() -> None:
    """hgeip is all there is in 0xExx, and it traps; the place is defined all the same."""
    assert slot(ON, 0xE12) == STORAGE + 0x3090
    assert slot(ON, 0xA00) == STORAGE + 0x2000


@pytest.mark.parametrize("word", [csrrs(0xE12), csrrs(0x607), csrrw(0x607)])
def test_wires_still_trap(lab: Lab, word: int) -> None:
    assert_virtual_instruction(lab.execute(word, Mode.VS))


def test_off_it_traps_as_ever() -> None:
    lab = lab_with(hnested=ON & ~1)
    assert_virtual_instruction(lab.execute(csrrs(number("hstatus")), Mode.VS))
    assert lab.a0 == 0


def test_without_the_proposal_there_is_no_such_register() -> None:
    trap = Lab().execute(csrrs(0x6C1), Mode.HS)
    assert trap is not None
    assert trap.code == Cause.ILLEGAL_INSTRUCTION


def test_set_and_clear_read_and_write(lab: Lab) -> None:
    at = STORAGE + 0x1228
    lab.write(at, 0b1100)
    assert lab.execute(encode("csrrsi", csr=0x645, rd=10, imm=3), Mode.VS) is None
    assert (lab.a0, lab.read(at)) == (0b1100, 0b1111)
    assert lab.execute(encode("csrrc", csr=0x645, rd=0, rs1=11), Mode.VS, a1=0b101) is None
    assert lab.read(at) == 0b1010
    assert lab.execute(encode("csrrwi", csr=0x645, rd=0, imm=31), Mode.VS) is None
    assert lab.read(at) == 31


def test_other_modes_reach_the_register_itself(lab: Lab) -> None:
    lab.write(STORAGE + 0x1400, 77)
    assert lab.execute(csrrs(number("hgatp")), Mode.HS) is None
    assert lab.a0 == 0
    assert lab.execute(csrrs(0x6C1), Mode.HS) is None
    assert lab.a0 == ON
    assert_virtual_instruction(lab.execute(csrrs(number("hgatp")), Mode.VU))


def test_what_is_no_hypervisor_register_is_untouched(lab: Lab) -> None:
    lab.csr("vsscratch", 5)
    assert lab.execute(csrrs(number("sscratch")), Mode.VS) is None
    assert lab.a0 == 5
    trap = lab.execute(csrrs(0x6C2), Mode.VS)
    assert trap is not None
    assert trap.code == Cause.ILLEGAL_INSTRUCTION
    read_only = lab.execute(csrrw(0xE12), Mode.VS)
    assert read_only is not None
    assert read_only.code == Cause.ILLEGAL_INSTRUCTION


def test_without_stce_vstimecmp_is_refused_as_ever(lab: Lab) -> None:
    lab.csr("menvcfg", 0)
    trap = lab.execute(csrrs(number("vstimecmp")), Mode.VS)
    assert trap is not None
    assert trap.code == Cause.ILLEGAL_INSTRUCTION


def test_every_doubleword_is_a_base() -> None:
    lab = lab_with(hnested=(STORAGE + 8) // 8 << 1 | 1)
    lab.write(STORAGE + 8 + 0x1400, 9)
    assert lab.execute(csrrs(number("hgatp")), Mode.VS) is None
    assert lab.a0 == 9


def test_address_bits_above_63_are_lost() -> None:
    lab = lab_with(hnested=ALL)
    trap = lab.execute(csrrs(number("vsstatus")), Mode.VS)
    assert trap is not None
    assert (trap.code, trap.tval) == (Cause.LOAD_ACCESS, ALL - 7)


def test_the_base_is_hs_modes_virtual_address() -> None:
    """Not the guest's: satp maps it, and neither vsatp nor hgatp has anything there."""
    virtual = 0x4000_0000
    lab = lab_with(hnested=virtual // 8 << 1 | 1)
    host = lab.table(HS, 8)
    lab.table(VS, 8).map(lab.page(), 0, 0)
    guest = lab.table(GPA, 8)
    for page in range(0x8100_0000, 0x8110_0000, 4096):
        guest.map(page, page, URWX)
    host.map(virtual + 0x1000, STORAGE)
    assert lab.execute(csrrw(number("hgatp")), Mode.VS, a1=42) is None
    assert lab.read(STORAGE + 0x400) == 42


@pytest.mark.parametrize("hedeleg", [0, 0xB1FF])
@pytest.mark.parametrize(
    ("word", "flags", "cause"),
    [
        (csrrs(0x680), 0, Cause.LOAD_PAGE_FAULT),
        (csrrw(0x680, rd=0), 0, Cause.STORE_PAGE_FAULT),
        (csrrw(0x680), V | R | A, Cause.STORE_PAGE_FAULT),
        (csrrs(0x680), URWX, Cause.LOAD_PAGE_FAULT),
    ],
)
def test_its_page_faults_are_the_hosts_whatever_is_delegated(hedeleg: int, word: int, flags: int, cause: Cause) -> None:
    virtual = 0x4000_0000
    lab = lab_with(hnested=virtual // 8 << 1 | 1)
    lab.table(HS, 8).map(virtual + 0x1000, STORAGE, flags)
    lab.csr("hedeleg", hedeleg)
    lab.write(STORAGE + 0x400, 5)
    trap = lab.execute(word, Mode.VS, a0=1, a1=42)
    assert trap is not None
    assert (trap.code, trap.tval, trap.target) == (cause, virtual + 0x1400, Mode.HS)
    assert (trap.gva, trap.gpa, trap.tinst) == (0, 0, 0)
    assert lab.csr("hstatus") >> 7 & 1 == 1
    assert (lab.a0, lab.read(STORAGE + 0x400)) == (1, 5)


def test_absent_memory_and_pmp_are_access_faults() -> None:
    lab = lab_with(hnested=0x4000_0000 // 8 << 1 | 1)
    trap = lab.execute(csrrw(number("hgatp"), rd=0), Mode.VS)
    assert trap is not None
    assert (trap.code, trap.tval, trap.target) == (Cause.STORE_ACCESS, 0x4000_1400, Mode.HS)
    closed = lab_with()
    closed.csr("pmpaddr1", (1 << 54) - 1)
    closed.csr("pmpaddr0", STORAGE >> 2 | 0x7FF)  # 16 KiB, no permission
    closed.csr("pmpcfg0", 0x1F18)
    trap = closed.execute(csrrs(number("hgatp")), Mode.VS)
    assert trap is not None
    assert (trap.code, trap.tval) == (Cause.LOAD_ACCESS, STORAGE + 0x1400)


@pytest.mark.reference_only
def test_the_number_can_be_chosen() -> None:
    lab = lab_with("hnested=0x6d0")
    assert lab.execute(csrrs(0x6D0), Mode.HS) is None
    assert lab.a0 == ON
    lab.write(STORAGE + 0x1680, 3)
    assert lab.execute(csrrs(0x6D0), Mode.VS) is None
    assert lab.a0 == 3
    absent = lab.execute(csrrs(0x6C1), Mode.HS)
    assert absent is not None
    assert absent.code == Cause.ILLEGAL_INSTRUCTION
    assert lab.execute(csrrs(number("hgatp")), Mode.VS) is None


def test_every_hypervisor_register_but_the_wires_is_converted(lab: Lab) -> None:
    mine = [r for r in BY_NUMBER.values() if r.level == 2 and r.exists(lab.hart) and not r.read_only]
    for register in mine:
        trap = lab.execute(csrrs(register.number), Mode.VS)
        assert (trap is None) == (register.name != "hgeie"), register.name


def test_the_page_of_user_is_refused_without_sum_and_taken_with_it() -> None:
    virtual = 0x4000_0000
    lab = lab_with(hnested=virtual // 8 << 1 | 1)
    lab.table(HS, 8).map(virtual + 0x1000, STORAGE, URWX)
    lab.set("mstatus", 1 << 18)
    assert lab.execute(csrrs(number("hgatp")), Mode.VS) is None


def test_the_hosts_page_is_its_own(lab: Lab) -> None:
    lab.table(HS, 8).map(STORAGE + 0x1000, STORAGE + 0x1000, RWX)
    assert lab.execute(csrrs(number("hgatp")), Mode.VS) is None
