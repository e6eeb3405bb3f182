"""Every CSR number, in every mode, read and written, against the manual's CSR listing written out by hand."""

from __future__ import annotations

import pytest

from machine.spec.modes import Mode

from .conftest import Bench


def numbers(*ranges: int | tuple[int, int]) -> set[int]:
    """Numbers, and pairs of first and last."""
    return {n for r in ranges for n in (range(r[0], r[1] + 1) if isinstance(r, tuple) else (r,))}


FLOATING_POINT = numbers((0x001, 0x003))
COUNTERS = numbers((0xC00, 0xC1F))
TIMERS = numbers(0x14D, 0x24D)
SUPERVISOR = numbers(0x100, (0x104, 0x106), 0x10A, (0x140, 0x144), 0x14D, 0x180)
VIRTUAL_SUPERVISOR = numbers(0x200, (0x204, 0x205), (0x240, 0x244), 0x24D, 0x280)
HYPERVISOR = numbers(0x600, (0x602, 0x607), 0x60A, (0x643, 0x645), 0x64A, 0x680, 0xE12)
MACHINE = numbers(
    *((0x300, 0x306), 0x30A, 0x320, (0x323, 0x33F), (0x340, 0x344), (0x34A, 0x34B)),
    *(0x3A0, 0x3A2, (0x3B0, 0x3BF), 0xB00, (0xB02, 0xB1F), (0xF11, 0xF15)),
)
EVERY = FLOATING_POINT | COUNTERS | SUPERVISOR | VIRTUAL_SUPERVISOR | HYPERVISOR | MACHINE

MODES = (Mode.M, Mode.HS, Mode.U, Mode.VS, Mode.VU)
#                                                       M    HS   U    VS   VU    (. allowed, i illegal, v virtual)
ALLOWING = (
    (FLOATING_POINT | COUNTERS, ". . . . ."),
    (SUPERVISOR, ". . i . v"),
    (VIRTUAL_SUPERVISOR | HYPERVISOR, ". . i v v"),
    (MACHINE, ". i i i i"),
)
"""With every enable bit set and every trap bit clear."""
FORBIDDING = (
    (FLOATING_POINT, "i i i i i"),
    (COUNTERS, ". i i i i"),
    (TIMERS, ". i i i i"),
    *ALLOWING[1:],
)
"""With FS Off, mcounteren and menvcfg zero: nothing of theirs is HS-qualified."""
GUEST_FORBIDDING = (
    (COUNTERS, ". . . v v"),
    (TIMERS, ". . i v v"),
    *ALLOWING,
)
"""With hcounteren and henvcfg zero."""
USER_FORBIDDING = (
    (COUNTERS, ". . i . v"),
    *ALLOWING,
)
"""With scounteren zero."""

LETTERS = {"ok": ".", "illegal": "i", "virtual": "v"}


def expected(table: tuple[tuple[set[int], str], ...], number: int, mode: Mode, write: bool) -> str:
    """The first row that has the number decides; absent numbers and writes of read-only ones are illegal anywhere."""
    if number not in EVERY or (write and number >= 0xC00):
        return "i"
    row = next(outcomes for row, outcomes in table if number in row)
    return row.split()[MODES.index(mode)]


def disagreements(bench: Bench, table: tuple[tuple[set[int], str], ...], mode: Mode, write: bool) -> list[str]:
    """Numbers whose outcome differs from the table's."""
    bench.enter(mode)
    found = ((n, LETTERS[bench.attempt(n, write)[0]], expected(table, n, mode, write)) for n in range(0x1000))
    return [f"{n:#05x}: {got}, not {wanted}" for n, got, wanted in found if got != wanted]


every_access = pytest.mark.parametrize(
    ("mode", "write"),
    [(mode, write) for mode in MODES for write in (False, True)],
    ids=lambda v: getattr(v, "label", v),
)


def test_the_listing_has_every_register() -> None:
    assert len(EVERY) == 170


@every_access
@pytest.mark.rule("Zicsr_illegal_mode")
@pytest.mark.rule("Zicsr_illegal_acc")
@pytest.mark.rule("H_vscsrs_acc_vs")
@pytest.mark.rule("H_vscsrs_acc_u")
@pytest.mark.rule("H_vscsrs_acc_m_hs")
@pytest.mark.rule("H_virtinst_vu_vs_nonhigh_allowedhs_tvm0")
@pytest.mark.rule("H_virtinst_vu_nonhigh_supervisor_allowedhs_tvm0")
@pytest.mark.rule("H_illegal_high_half")
@pytest.mark.rule("pmp_cfg_rv64_illegal")
def test_with_everything_allowed(bench: Bench, mode: Mode, write: bool) -> None:
    bench.allow_everything()
    assert disagreements(bench, ALLOWING, mode, write) == []


@every_access
@pytest.mark.rule("mcounteren_clr_ill_inst_exc")
@pytest.mark.rule("mcounteren_tm_clr")
@pytest.mark.rule("menvcfg_stce_op2")
@pytest.mark.rule("mstatus_fs_vs_xs_off_op")
def test_with_machine_mode_forbidding(bench: Bench, mode: Mode, write: bool) -> None:
    assert disagreements(bench, FORBIDDING, mode, write) == []


@every_access
@pytest.mark.rule("H_virtinst_vs_nonhighctr_h0_m1")
@pytest.mark.rule("H_virtinst_vu_nonhighctr_h0_s0_m1")
@pytest.mark.rule("hcounteren_op")
@pytest.mark.rule("henvcfg_stce")
def test_with_the_hypervisor_forbidding(bench: Bench, mode: Mode, write: bool) -> None:
    bench.allow_everything()
    bench.write("hcounteren", 0)
    bench.write("henvcfg", 0)
    assert disagreements(bench, GUEST_FORBIDDING, mode, write) == []


@every_access
@pytest.mark.rule("scounteren_op")
@pytest.mark.rule("H_virtinst_vu_nonhighctr_h0_s0_m1")
def test_with_scounteren_forbidding(bench: Bench, mode: Mode, write: bool) -> None:
    bench.allow_everything()
    bench.write("scounteren", 0)
    assert disagreements(bench, USER_FORBIDDING, mode, write) == []
