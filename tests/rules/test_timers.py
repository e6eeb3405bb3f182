"""Supervisor timers: Sstc at each level (chapter "Sstc", menvcfg, henvcfg, hip.VSTIP)."""

from __future__ import annotations

import pytest

from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from tests.lab import STCE, Lab
from tests.rules.lines import ONES, do, put, trapped

NOP = "addi x0, x0, 0"


@pytest.fixture
def lab() -> Lab:
    return Lab()


TIMERS = [
    # menvcfg.STCE, henvcfg.STCE, hvip.VSTIP, vstimecmp due, hip.VSTIP
    (0, 0, 0, True, 0),
    (0, 0, 1, True, 1),
    (1, 0, 0, True, 0),
    (1, 0, 1, False, 1),
    (1, 1, 0, True, 1),
    (1, 1, 0, False, 0),
    (1, 1, 1, False, 1),
]


@pytest.mark.rule("sstc_vs_facility")
@pytest.mark.rule("vstimecmp_exist")
@pytest.mark.rule("hip_vstip_vstie_acc_op")
@pytest.mark.rule("hip_vstip_clear")
@pytest.mark.rule("menvcfg_stce_op2")
@pytest.mark.rule("henvcfg_stce")
@pytest.mark.parametrize(("m", "h", "hvip", "due", "expected"), TIMERS)
@pytest.mark.parametrize("delta", [0, 1 << 63, ONES])
def test_the_guests_timer(lab: Lab, m: int, h: int, hvip: int, due: bool, expected: int, delta: int) -> None:
    """The comparison is unsigned and the sum is truncated to 64 bits."""
    lab.csr("menvcfg", m * STCE)
    lab.csr("henvcfg", h * STCE)
    lab.csr("hvip", hvip << Interrupt.VSTI)
    lab.csr("htimedelta", delta)
    lab.machine.step(0, 100)
    now = lab.hart.time() + delta & ONES
    lab.csr("vstimecmp", now if due else now + 1000 & ONES)
    assert lab.csr("hip") >> Interrupt.VSTI & 1 == expected
    assert do(lab, "csrrs a0, hip, x0", Mode.HS) is None
    assert lab.a0 >> Interrupt.VSTI & 1 == expected


@pytest.mark.rule("hip_vstip_enable")
@pytest.mark.rule("hip_vstip_clear")
def test_the_guest_clears_its_timer_by_setting_it_anew(lab: Lab) -> None:
    lab.csr("menvcfg", STCE)
    lab.csr("henvcfg", STCE)
    lab.csr("hcounteren", ONES)
    lab.csr("hideleg", ONES)
    lab.csr("hie", 1 << Interrupt.VSTI)
    put(lab, "vsstatus.SIE", 1)
    lab.csr("vstimecmp", 0)
    assert do(lab, NOP, Mode.HS) is None
    assert trapped(lab, NOP, Mode.VS).target is Mode.VS
    assert do(lab, "csrrw x0, stimecmp, a1", Mode.VS, a1=ONES) is None
    put(lab, "vsstatus.SIE", 1)
    assert do(lab, NOP, Mode.VS) is None


@pytest.mark.rule("sstc_purpose")
@pytest.mark.rule("stimecmp_exist")
@pytest.mark.rule("mip_stip_stimecmp_op2")
@pytest.mark.rule("mip_stip_no_stimecmp_op2")
@pytest.mark.parametrize("stce", [0, 1])
def test_the_supervisors_timer(lab: Lab, stce: int) -> None:
    """With STCE the comparison is the bit; without, what M-mode wrote is."""
    lab.csr("menvcfg", stce * STCE)
    lab.csr("stimecmp", 0)
    assert do(lab, "csrrw x0, mip, x0", Mode.M) is None
    assert lab.csr("sip") >> Interrupt.STI & 1 == stce
    lab.csr("stimecmp", ONES)
    assert do(lab, "csrrw x0, mip, a1", Mode.M, a1=1 << Interrupt.STI) is None
    assert lab.csr("sip") >> Interrupt.STI & 1 == 1 - stce
