"""A hart that leaves misaligned loads and stores to software (`Config.misaligned` off), in every world."""

from __future__ import annotations

import pytest

from machine.config import Config
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from tests.lab import Lab
from tests.rules.lines import ONES, PAGE, VA, field, put, trapped, two_stages

ROWS = [
    ("lh a0, 0(a1)", Cause.LOAD_MISALIGNED),
    ("c.ld a0, 0(a1)", Cause.LOAD_MISALIGNED),
    ("sd a0, 0(a1)", Cause.STORE_MISALIGNED),
]


@pytest.fixture
def lab() -> Lab:
    return Lab(Config(memory=64 << 20, misaligned=False))


@pytest.mark.rule("hstatus_gva_op")
@pytest.mark.rule("mcause_exccode_pri2")
@pytest.mark.rule("H_exception_priority")
@pytest.mark.parametrize(("text", "cause"), ROWS)
@pytest.mark.parametrize("mode", [Mode.VS, Mode.HS])
@pytest.mark.parametrize("address", [PAGE + 1, VA + 1])
def test_misaligned_comes_before_the_page_fault(lab: Lab, text: str, cause: Cause, mode: Mode, address: int) -> None:
    """Mapped or not: this machine gives address-misaligned the higher of its two places."""
    two_stages(lab)[0].map(PAGE, PAGE)
    lab.csr("htval", ONES)
    record = trapped(lab, text, mode, a1=address)
    assert (record.cause, record.tval, record.target) == (cause, address, Mode.HS)
    assert (field(lab, "hstatus.GVA"), lab.csr("htval"), lab.csr("htinst") >> 15 & 31) == (mode.virtual, 0, 0)
    assert lab.csr("htinst") & 2 == (0 if text.startswith("c.") else 2)


@pytest.mark.rule("hstatus_gva_op")
@pytest.mark.parametrize(("text", "cause"), [("hlv.w a0, (a1)", 4), ("hlvx.hu a0, (a1)", 4), ("hsv.d a0, (a1)", 6)])
def test_misaligned_guest_accesses(lab: Lab, text: str, cause: int) -> None:
    put(lab, "hstatus.SPV", 1)
    record = trapped(lab, text, Mode.HS, a1=PAGE + 1)
    assert (record.cause, record.tval) == (cause, PAGE + 1)
    assert (field(lab, "hstatus.GVA"), field(lab, "hstatus.SPV")) == (1, 0)


@pytest.mark.rule("hedeleg_op")
def test_the_guest_may_handle_its_own(lab: Lab) -> None:
    lab.csr("hedeleg", 1 << Cause.STORE_MISALIGNED)
    before = lab.csr("hstatus")
    record = trapped(lab, "sw a0, 0(a1)", Mode.VU, a1=PAGE + 2)
    assert (record.target, lab.csr("vscause"), lab.csr("vstval")) == (Mode.VS, Cause.STORE_MISALIGNED, PAGE + 2)
    assert lab.csr("hstatus") == before
