"""Supervisor timers: Sstc at each level (chapter "Sstc", menvcfg, henvcfg, hip.VSTIP)."""

from __future__ import annotations

import fdt
import pytest

from machine.board.device_tree import Chosen, build_dtb
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from tests.lab import STCE, Lab
from tests.rules.lines import ONES, Program, do, put, trapped

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


MTIMECMP, MTIME = 0x200_4000, 0x200_BFF8
MTIP = 1 << Interrupt.MTI


@pytest.mark.rule("mtimecmp_enc_img")
@pytest.mark.rule("mtime_intr_mtip_visibility")
@pytest.mark.rule("mtime_acc")
@pytest.mark.rule("mtime_sz")
@pytest.mark.rule("mtimecmp_sz")
@pytest.mark.rule("mtime_mtimecmp_rv64_wr")
@pytest.mark.rule("mtime_intr_pending")
@pytest.mark.rule("mtime_intr_taken")
@pytest.mark.rule("mip_mtip_mie_mtie_op")
@pytest.mark.parametrize("enabled", [0, 1])
def test_the_machines_timer(lab: Lab, enabled: int) -> None:
    """Due at a time: not one instruction earlier; taken in a lower mode if MTIE says so; cleared by a later time."""
    lab.csr("mie", enabled * MTIP)
    due = lab.hart.time() + 20
    assert lab.store(MTIMECMP, Mode.M, value=due) is None
    program = Program(lab, "jal x0, 0")
    while lab.hart.time() < due:
        assert lab.csr("mip") & MTIP == 0
        assert program.run(0, Mode.HS) is None
    record = program.run(0, Mode.HS)
    assert (record is not None) == bool(enabled)
    assert lab.csr("mip") & MTIP == MTIP
    assert lab.store(MTIMECMP, Mode.M, value=ONES) is None
    assert do(lab, "csrrs a0, mip, x0", Mode.M) is None
    assert lab.a0 & MTIP == 0


@pytest.mark.rule("mtime_enc_img")
@pytest.mark.rule("mtime_wrap")
@pytest.mark.rule("time_timeh_visibility_mtime")
def test_time_is_what_was_written_to_mtime_and_wraps(lab: Lab) -> None:
    assert lab.store(MTIMECMP, Mode.M, value=ONES) is None
    assert lab.store(MTIME, Mode.M, value=ONES - 1) is None
    assert do(lab, "csrrs a0, time, x0", Mode.M) is None
    assert lab.a0 in (ONES - 1, ONES)
    program = Program(lab, "jal x0, 0", "csrrs a0, time, x0")
    for _ in range(40):
        assert program.run(0, Mode.M) is None
    assert program.run(1, Mode.M) is None
    assert lab.a0 < 10


@pytest.mark.rule("mcounteren_tm_set")
@pytest.mark.rule("supervisor_timer_scheduling")
@pytest.mark.parametrize("m", [0, 1])
@pytest.mark.parametrize("h", [0, 1])
def test_tm_opens_the_compare_registers(lab: Lab, m: int, h: int) -> None:
    lab.csr("menvcfg", STCE)
    lab.csr("henvcfg", STCE)
    lab.csr("mcounteren", m << 1)
    lab.csr("hcounteren", h << 1)
    for name in ("stimecmp", "vstimecmp"):
        assert (do(lab, f"csrrw x0, {name}, a1", Mode.HS, a1=7) is None) == bool(m)
        assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=7) is None
    record = do(lab, "csrrw x0, stimecmp, a1", Mode.VS, a1=9)
    assert (record is None) == bool(m and h)
    assert (lab.csr("stimecmp"), lab.csr("vstimecmp")) == (7, 9 if m and h else 7)
    if record is not None:
        assert record.cause == (22 if m else 2)


@pytest.mark.rule("mtime_op")
@pytest.mark.parametrize("ticks", [1, 7])
def test_time_runs_at_a_constant_rate(lab: Lab, ticks: int) -> None:
    """From any moment as many cycles as make the ticks advance it by exactly these."""
    program = Program(lab, "jal x0, 0")
    per_tick = lab.machine.config.cycles_per_tick
    for _ in range(5):
        before = lab.hart.time()
        for _ in range(ticks * per_tick):
            assert program.run(0, Mode.M) is None
        assert lab.hart.time() == before + ticks
        assert program.run(0, Mode.M) is None


@pytest.mark.rule("mtime_tick_period")
def test_the_device_tree_tells_the_period() -> None:
    tree = fdt.parse_dtb(build_dtb(64 << 20, 1, "rv64imah", Chosen()))
    (frequency,) = tree.get_property("timebase-frequency", "/cpus").data
    assert frequency == 10_000_000
