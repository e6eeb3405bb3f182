"""What a hart is doing, in words."""

from __future__ import annotations

import pytest

from gdbstub.riscv.target import RiscvTarget
from gdbstub.riscv.worlds import Space, enter, here
from gdbstub.target import Motion, ResumePlan, StopReason
from machine.hart.hart import Hart
from machine.spec.modes import Mode


def test_threads_are_harts_named_by_hart_and_mode(pair: RiscvTarget) -> None:
    first, second = pair.threads()
    assert (first.id, first.name, first.text, first.core) == (1, "hart 0", "VS-mode, vmid 7", 0)
    assert (second.id, second.name, second.text, second.core) == (2, "hart 1", "M-mode", 1)


def test_a_hart_that_waits_or_is_stopped_says_so(pair: RiscvTarget) -> None:
    first, second = pair.machine.harts
    first.state.waiting, second.state.stopped = 1, 1
    assert [thread.text for thread in pair.threads()] == ["VS-mode, vmid 7, waiting (WFI)", "stopped (HSM)"]


@pytest.mark.parametrize(
    ("mode", "space"),
    [
        (Mode.M, Space.PHYSICAL),
        (Mode.HS, Space.HOST),
        (Mode.U, Space.HOST),
        (Mode.VS, Space.GUEST),
        (Mode.VU, Space.GUEST),
    ],
)
def test_each_mode_has_its_addresses(hart: Hart, mode: Mode, space: Space) -> None:
    enter(hart, mode.privilege, mode.virtual)
    assert here(hart) is space


def test_a_debuggers_own_world_switch_is_not_caught(target: RiscvTarget) -> None:
    target.machine.catches.worlds = True
    enter(target.machine.harts[0], 1, 0)
    target.resume(ResumePlan.only(1, Motion.STEP))
    stop = target.run_slice()
    assert stop is not None
    assert stop.reason is StopReason.STEPPED
