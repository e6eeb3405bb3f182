from __future__ import annotations

import pytest

from gdbstub.signals import Signal
from gdbstub.target import Stop, StopReason


@pytest.mark.parametrize("reason", [reason for reason in StopReason if "WATCH" not in reason.name])
def test_only_a_watchpoint_has_an_address(reason: StopReason) -> None:
    assert Stop(reason).signal in (Signal.INT, Signal.TRAP)
    with pytest.raises(ValueError, match="address belongs to watchpoints"):
        Stop(reason, address=0)


def test_a_watchpoint_has_one() -> None:
    assert Stop(StopReason.READ_WATCHPOINT, address=0).address == 0
    with pytest.raises(ValueError, match="address belongs to watchpoints"):
        Stop(StopReason.READ_WATCHPOINT)


def test_an_exit_status_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        Stop(StopReason.EXITED, code=-1)
