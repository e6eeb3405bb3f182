"""The chapter of Smcsrind and Sscsrind: the select registers. Who may access what: `virtual_instructions`."""

from __future__ import annotations

import pytest

from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import Lab
from tests.rules.lines import ONES, do, trapped


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("miselect_WARL")
@pytest.mark.rule("miselect_min_sz")
@pytest.mark.rule("miselect_msb_op")
@pytest.mark.rule("siselect_min_range")
@pytest.mark.rule("siselect_msb_op")
@pytest.mark.rule("vsiselect_min_range")
@pytest.mark.rule("vsiselect_msb_op")
@pytest.mark.rule("sscsrind_vsmode_csrs_sz")
@pytest.mark.parametrize("name", ["miselect", "siselect", "vsiselect"])
@pytest.mark.parametrize("value", [0, 1, 0xFFF, 0x1000, 1 << 63, ONES])
def test_select_registers_hold_twelve_bits(lab: Lab, name: str, value: int) -> None:
    """No custom value is supported: bit 63 reads zero."""
    assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=value) is None
    assert do(lab, f"csrrs a0, {name}, x0", Mode.M) is None
    assert lab.a0 == value & 0xFFF


@pytest.mark.rule("miselect_op")
@pytest.mark.rule("select_value_separate_address_space")
@pytest.mark.rule("select_value_unrelated")
@pytest.mark.rule("miselect_value_range")
def test_each_level_selects_for_itself(lab: Lab) -> None:
    """A CSR's number is no select value: 0x300 selects nothing, though mstatus has that number."""
    for name, mode, value in (("miselect", Mode.M, 0x300), ("siselect", Mode.HS, 0x100), ("siselect", Mode.VS, 0x200)):
        assert do(lab, f"csrrw x0, {name}, a1", mode, a1=value) is None
    assert [lab.csr(name) for name in ("miselect", "siselect", "vsiselect")] == [0x300, 0x100, 0x200]
    for name, mode in (("mireg", Mode.M), ("sireg", Mode.HS), ("sireg", Mode.VS), ("vsireg", Mode.HS)):
        assert trapped(lab, f"csrrw x0, {name}, a1", mode).cause == Cause.ILLEGAL_INSTRUCTION
