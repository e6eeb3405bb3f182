"""Protection of lower modes from M-mode (chapter "Smepmp", and mseccfg in the machine chapter)."""

from __future__ import annotations

from itertools import product

import pytest

from machine.config import Config, parse_isa
from machine.spec import status
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import CODE, NOP, Lab
from tests.rules.lines import PAGE, do, trapped

R, W, X, L = 1, 2, 4, 0x80
NAPOT = 24
MML, MMWP, RLB = 1, 2, 4
SEED = 3 << 8
"""USEED and SSEED, of Zkr."""
OTHERS = [Mode.HS, Mode.U, Mode.VS, Mode.VU]
FAULTS = {"R": Cause.LOAD_ACCESS, "W": Cause.STORE_ACCESS, "X": Cause.FETCH_ACCESS}

TRUTH_TABLE = {
    # L, R, W, X: M-mode's rights and those of S- and U-mode, as the manual's sentences have them.
    0: ("", ""),  # inaccessible region
    X: ("", "X"),  # execute-only region
    W: ("RW", "R"),  # shared data: read/write on M-mode, read-only on S/U-mode
    W | X: ("RW", "RW"),  # shared data: read/write for both
    R: ("", "R"),  # read-only region
    R | X: ("", "RX"),  # read/execute region
    R | W: ("", "RW"),  # read/write region
    R | W | X: ("", "RWX"),  # read/write/execute region
    L: ("", ""),  # locked inaccessible region
    L | X: ("X", ""),  # locked execute-only region
    L | W: ("X", "X"),  # locked shared code: execute only on both
    L | W | X: ("RX", "X"),  # locked shared code: execute only on S/U-mode, read/execute on M-mode
    L | R: ("R", ""),  # locked read-only region
    L | R | X: ("RX", ""),  # locked read/execute region
    L | R | W: ("RW", ""),  # locked read/write region
    L | R | W | X: ("R", "R"),  # locked shared data: read only on both
}
EXECUTABLE_BY_M = [config for config, (machine, _) in TRUTH_TABLE.items() if "X" in machine]
ROWS = [pytest.param(config, id=f"{config:#x}") for config in TRUTH_TABLE]


def napot(base: int, size: int) -> int:
    return base >> 2 | (size >> 3) - 1


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.csr("pmpcfg0", 0)
    made.write(PAGE, NOP)
    return made


def lock_down(lab: Lab, config: int, *, more: int = 0) -> None:
    """MML, with shared code where instructions lie, and the page under test in entry 0."""
    lab.csr("mseccfg", MML | RLB | more)
    lab.csr("pmpaddr15", napot(CODE, 8192))
    lab.csr("pmpcfg2", (NAPOT | L | W) << 56)
    lab.csr("pmpaddr0", napot(PAGE, 4096))
    lab.csr("pmpcfg0", NAPOT | config)


def rights(lab: Lab, mode: Mode) -> str:
    """What a mode may do with the page; what it may not is an access fault of its kind."""
    tried = {
        "R": lambda: lab.load(PAGE, mode),
        "W": lambda: lab.store(PAGE, mode, value=NOP),
        "X": lambda: lab.fetch(PAGE, mode),
    }
    may = ""
    for letter, access in tried.items():
        record = access()
        if record is None:
            may += letter
        else:
            assert (record.cause, record.tval, record.reason) == (FAULTS[letter], PAGE, Reason.PMP_DENIED)
    return may


@pytest.mark.rule("mml_truth_table")
@pytest.mark.rule("mseccfg_mml_set")
@pytest.mark.rule("mseccfg_mml_pmpcfg_L_op")
@pytest.mark.rule("mseccfg_mml_M_rule_op")
@pytest.mark.rule("mseccfg_mml_SorU_rule_op")
@pytest.mark.rule("mseccfg_mml_shared_rule_op")
@pytest.mark.rule("mseccfg_mml_shared_L0_op")
@pytest.mark.rule("mseccfg_mml_shared_L1_op")
@pytest.mark.rule("mseccfg_mml_shared_LRWX_1111_op")
@pytest.mark.parametrize("config", ROWS)
@pytest.mark.parametrize("mode", [Mode.M, *OTHERS])
def test_the_truth_table(lab: Lab, config: int, mode: Mode) -> None:
    lock_down(lab, config)
    assert rights(lab, mode) == TRUTH_TABLE[config][mode is not Mode.M]


@pytest.mark.rule("mseccfg_mml_M_rule_op")
@pytest.mark.rule("mseccfg_mml_SorU_rule_op")
@pytest.mark.parametrize("config", ROWS)
@pytest.mark.parametrize("mpp", [0, 1])
def test_the_effective_privilege_counts(lab: Lab, config: int, mpp: int) -> None:
    lock_down(lab, config)
    may = TRUTH_TABLE[config][1]
    for letter, text in (("R", "ld a0, 0(a1)"), ("W", "sd a2, 0(a1)")):
        lab.csr("mstatus", 1 << status.MPRV | mpp << status.MPP)
        assert (do(lab, text, Mode.M, a1=PAGE, a2=NOP) is None) == (letter in may)


@pytest.mark.rule("smepmp_no_mml_limit")
@pytest.mark.rule("smepmp_no_mml_behavior")
@pytest.mark.rule("smepmp_machine_unlimited")
@pytest.mark.parametrize("config", [c for c in TRUTH_TABLE if c & (R | W) != W])
def test_without_mml(lab: Lab, config: int) -> None:
    """A locked rule binds all modes alike, and an unlocked one leaves M-mode every access."""
    lab.csr("pmpaddr15", (1 << 54) - 1)
    lab.csr("pmpcfg2", (NAPOT | R | W | X) << 56)
    lab.csr("pmpaddr0", napot(PAGE, 4096))
    lab.csr("pmpcfg0", NAPOT | config)
    own = "".join(letter for letter, bit in (("R", R), ("W", W), ("X", X)) if config & bit)
    assert rights(lab, Mode.HS) == rights(lab, Mode.U) == own
    assert rights(lab, Mode.M) == (own if config & L else "RWX")


@pytest.mark.rule("mseccfg_mml_exec_code")
@pytest.mark.rule("mseccfg_mmwp_op_warl")
@pytest.mark.parametrize(("bits", "machine"), [(0, "RWX"), (MML, "RW"), (MMWP, ""), (MML | MMWP, "")])
def test_what_no_rule_matches(lab: Lab, bits: int, machine: str) -> None:
    lock_down(lab, L) if bits & MML else lab.csr("pmpaddr15", napot(CODE, 8192))
    lab.csr("mseccfg", bits | RLB)
    lab.csr("pmpcfg2", (NAPOT | L | (W if bits & MML else R | X)) << 56)
    lab.csr("pmpcfg0", 0)
    assert rights(lab, Mode.M) == machine
    assert rights(lab, Mode.HS) == ""


@pytest.mark.rule("mseccfg_mml_X_restrict")
@pytest.mark.parametrize("config", ROWS)
@pytest.mark.parametrize("bypass", [0, RLB])
def test_no_rule_comes_that_lets_m_mode_execute(lab: Lab, config: int, bypass: int) -> None:
    lab.csr("mseccfg", MML | bypass)
    lab.csr("pmpcfg0", (NAPOT | config) << 8)
    taken = bypass or config not in EXECUTABLE_BY_M
    assert lab.csr("pmpcfg0") == ((NAPOT | config) << 8 if taken else 0)


@pytest.mark.rule("mseccfg_mml_X_restrict")
def test_the_other_entries_of_the_same_write_are_taken(lab: Lab) -> None:
    lab.csr("mseccfg", MML)
    lab.csr("pmpcfg0", NAPOT | R | (NAPOT | L | X) << 8 | (NAPOT | L | R) << 16)
    assert lab.csr("pmpcfg0") == NAPOT | R | (NAPOT | L | R) << 16


@pytest.mark.rule("pmp_rwx_warl")
@pytest.mark.parametrize(("mml", "held"), [(0, NAPOT), (MML, NAPOT | W)])
def test_write_without_read_is_reserved_without_mml(lab: Lab, mml: int, held: int) -> None:
    lab.csr("mseccfg", mml)
    assert lab.csr("pmpcfg0", NAPOT | W) == held


@pytest.mark.rule("mseccfg_rlb_op_warl")
@pytest.mark.rule("mseccfg_mml_M_rule_op")
@pytest.mark.parametrize("mml", [0, MML])
def test_the_bypass_opens_locked_entries(lab: Lab, mml: int) -> None:
    lab.csr("mseccfg", RLB | mml)
    lab.csr("pmpaddr0", 1)
    lab.csr("pmpcfg0", NAPOT | L | R | 0x88 << 8)  # entry 1: TOR, which locks pmpaddr0 too
    lab.csr("pmpaddr0", 2)
    lab.csr("pmpaddr1", 3)
    assert (lab.csr("pmpaddr0"), lab.csr("pmpaddr1")) == (2, 3)
    assert lab.csr("pmpcfg0", NAPOT | L) == NAPOT | L
    lab.csr("mseccfg", mml)
    lab.csr("pmpaddr0", 4)
    lab.csr("pmpcfg0", 0)
    assert (lab.csr("pmpaddr0"), lab.csr("pmpcfg0")) == (2, NAPOT | L)


@pytest.mark.rule("mseccfg_rlb_op_warl")
@pytest.mark.rule("mseccfg_locking")
@pytest.mark.parametrize("register", ["pmpcfg0", "pmpcfg2"])
@pytest.mark.parametrize("entry", [0, 7])
def test_the_bypass_stays_off_once_an_entry_is_locked(lab: Lab, register: str, entry: int) -> None:
    """Also one that is off."""
    assert lab.csr("mseccfg", RLB) == RLB
    assert lab.csr("mseccfg", 0) == 0
    assert lab.csr("mseccfg", RLB) == RLB
    lab.csr(register, L << 8 * entry)
    assert lab.csr("mseccfg", RLB) == RLB
    assert lab.csr("mseccfg", 0) == 0
    assert lab.csr("mseccfg", RLB) == 0


@pytest.mark.rule("mseccfg_mml_sticky")
@pytest.mark.rule("mseccfg_mml_warl")
@pytest.mark.rule("mseccfg_mmwp_op_warl")
@pytest.mark.rule("mseccfg_locking")
@pytest.mark.rule("bootrom_discovery")
@pytest.mark.rule("mseccfg_fields_exist")
@pytest.mark.rule("mseccfg_rlb_mmwp_mml_presence")
@pytest.mark.rule("mseccfg_mml_mmwp_rlb_rst")
@pytest.mark.parametrize("bits", [MML, MMWP, MML | MMWP])
def test_what_is_set_stays_until_reset(lab: Lab, bits: int) -> None:
    assert lab.csr("mseccfg") == 0
    for written in (bits, 0):
        lab.csr("mseccfg", written)
        assert lab.csr("mseccfg") == bits
    lab.machine.reset()
    assert lab.csr("mseccfg") == 0


@pytest.mark.rule("mseccfg_sz_acc")
@pytest.mark.rule("mseccfg_enc_img")
@pytest.mark.rule("mseccfg_useed_rdonly0")
@pytest.mark.rule("mseccfg_sseed_rdonly0")
def test_the_register() -> None:
    lab = Lab()
    assert do(lab, "csrrw a0, mseccfg, a1", Mode.M, a1=RLB) is None
    assert (lab.a0, lab.csr("mseccfg")) == (0, RLB)
    assert lab.csr("mseccfg", RLB | SEED) == RLB
    for mode in OTHERS:
        assert trapped(lab, "csrrs a0, mseccfg, x0", mode).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("mseccfg_mml_mmwp_rlb_rst")
def test_a_change_binds_the_next_instruction(lab: Lab) -> None:
    """By the instruction itself, in M-mode: MMWP takes the code's page away."""
    assert do(lab, "csrrw x0, mseccfg, a1", Mode.M, a1=MMWP) is None
    lab.mode(Mode.M)
    record = lab.fetch(CODE + 4, Mode.M)
    assert record is not None
    assert record.cause == Cause.FETCH_ACCESS


@pytest.mark.rule("mseccfg_rlb_mmwp_mml_presence")
@pytest.mark.reference_only
def test_a_hart_without_the_extension() -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("default,-smepmp")))
    lab.state.mseccfg = 0
    for number, bits in product([0x747], [MML | MMWP | RLB]):
        record = do(lab, f"csrrw x0, {number:#x}, a1", Mode.M, a1=bits)
        assert (record is None) == lab.machine.config.isa.has("Smmpm")
    assert lab.state.mseccfg == 0
