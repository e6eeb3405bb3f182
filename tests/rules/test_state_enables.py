"""The chapter of Smstateen and Ssstateen: what the registers hold. Who may access what: `virtual_instructions`."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.csr.stateen import CONTEXT, CSRIND, ENVCFG, SE
from machine.machine import Machine
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.startup.supervisor_state import leave_to_supervisor
from tests.lab import Lab
from tests.rules.lines import ONES, do, trapped

GROUPS = range(4)


def held(lab: Lab, group: int) -> int:
    """The bits of mstateen that this machine has: those whose state it has, and the one for the state enables."""
    if group:
        return 1 << SE
    context = lab.hart.config.isa.has("Sdtrig") << CONTEXT
    return 1 << SE | 1 << ENVCFG | 1 << CSRIND | context


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("mstateen_rv64_csrs")
@pytest.mark.rule("sstateen_rv64_csrs")
@pytest.mark.rule("hstateen_rv64_csrs")
@pytest.mark.rule("hstateen_encoding")
@pytest.mark.rule("stateen_warl_access")
@pytest.mark.rule("stateen_unimplemented_state_roz")
@pytest.mark.rule("stateen_reserved_roz")
@pytest.mark.rule("mstateen_bit_63_roz")
@pytest.mark.rule("hstateen_bit_63_writable")
@pytest.mark.rule("mstateen_bit_correspondence")
@pytest.mark.rule("sstateen_encroachment_bits_roz")
@pytest.mark.rule("stateen0_c_op")
@pytest.mark.rule("stateen0_jvt_op")
@pytest.mark.rule("mstateen0_imsic_op")
@pytest.mark.rule("hstateen0_imsic_op")
@pytest.mark.rule("mstateen0_aia_op")
@pytest.mark.rule("hstateen0_aia_op")
@pytest.mark.rule("mstateen0_p1p13_op")
@pytest.mark.rule("mstateen0_srmcfg_op")
@pytest.mark.parametrize("group", GROUPS)
def test_what_the_registers_hold(lab: Lab, group: int) -> None:
    """IMSIC, AIA, SRMCFG, P1P13, JVT, FCSR and C have no state here."""
    for level, mode in (("m", Mode.M), ("h", Mode.HS)):
        for value in (0, ONES):
            assert do(lab, f"csrrw x0, {level}stateen{group}, a1", mode, a1=value) is None
            assert lab.csr(f"{level}stateen{group}") == value & held(lab, group)
    for mode in (Mode.M, Mode.HS, Mode.VS):
        assert do(lab, f"csrrw x0, sstateen{group}, a1", mode, a1=ONES) is None
        assert do(lab, f"csrrs a0, sstateen{group}, x0", mode) is None
        assert lab.a0 == 0


@pytest.mark.rule("mstateen_lower_priv_roz")
@pytest.mark.rule("sstateen_vsmode_access_roz")
@pytest.mark.rule("hstateen_ro1_bits")
@pytest.mark.rule("sstateen_ro1_bits")
@pytest.mark.parametrize("bit", [SE, ENVCFG, CSRIND])
def test_what_mstateen_lacks_hstateen_lacks(lab: Lab, bit: int) -> None:
    everything = held(lab, 0)
    assert do(lab, "csrrw x0, mstateen0, a1", Mode.M, a1=everything & ~(1 << bit)) is None
    assert lab.csr("hstateen0") == everything & ~(1 << bit), "it is zero at once"
    assert do(lab, "csrrw x0, hstateen0, a1", Mode.M, a1=ONES) is None
    assert lab.csr("hstateen0") == everything & ~(1 << bit), "and stays so"
    assert do(lab, "csrrw x0, mstateen0, a1", Mode.M, a1=everything) is None
    assert do(lab, "csrrw x0, hstateen0, a1", Mode.M, a1=ONES) is None
    assert lab.csr("hstateen0") == everything


@pytest.mark.rule("mstateen_zero_initialization")
def test_reset(lab: Lab) -> None:
    lab.machine.reset()
    assert [lab.csr(f"mstateen{n}") for n in GROUPS] == [0, 0, 0, 0]


@pytest.mark.rule("hstateen_sstateen_zero_initialization")
def test_the_builtin_firmware_enables_all_state_and_initialises_the_rest() -> None:
    machine = Machine(Config(memory=1 << 20))
    machine.reset()
    hart = machine.harts[0]
    leave_to_supervisor(hart)
    assert hart.state.mstateen0 & 1 << ENVCFG
    assert hart.state.mstateen0 & 1 << CSRIND
    assert [getattr(hart.state, f"mstateen{n}") >> SE for n in GROUPS] == [1, 1, 1, 1]
    assert [getattr(hart.state, f"hstateen{n}") for n in GROUPS] == [0, 0, 0, 0]


@pytest.mark.rule("stateen0_fcsr0_misa_f0_illegal_fpu_instr")
@pytest.mark.reference_only
def test_floating_point_without_f_is_illegal() -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("rv64imah_smstateen")))
    for mode in (Mode.M, Mode.HS, Mode.VS):
        assert trapped(lab, "fadd.s fa0, fa1, fa2", mode).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.parametrize("isa", ["default,-smstateen", "default,-smstateen,-ssstateen"])
@pytest.mark.reference_only
def test_without_the_machine_level_only_hstateen_decides(isa: str) -> None:
    """Ssstateen alone is what a supervisor sees of a machine that allows it everything."""
    lab = Lab(Config(memory=64 << 20, isa=parse_isa(isa)))
    assert do(lab, "csrrs a0, senvcfg, x0", Mode.HS) is None
    assert trapped(lab, "csrrs a0, mstateen0, x0", Mode.M).cause == Cause.ILLEGAL_INSTRUCTION
    refused = do(lab, "csrrs a0, senvcfg, x0", Mode.VS)
    if "ssstateen" in isa:
        assert refused is None
        return
    assert refused is not None
    assert refused.cause == Cause.VIRTUAL_INSTRUCTION
    assert do(lab, "csrrw x0, hstateen0, a1", Mode.HS, a1=ONES) is None
    assert do(lab, "csrrs a0, senvcfg, x0", Mode.VS) is None
