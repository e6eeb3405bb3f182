"""System reset (SBI, "System Reset Extension")."""

from __future__ import annotations

from machine.bits import u
from machine.board.sbi.abi import Call, Extension, SbiError, SbiFailure
from machine.devices.finish import Finish, FinishKind

__all__ = ["SRST"]

SRST = Extension(0x53525354, "SRST")

SHUTDOWN, COLD_REBOOT, WARM_REBOOT = 0, 1, 2
NO_REASON, SYSTEM_FAILURE = 0, 1


@SRST.function(0)
def system_reset(call: Call) -> None:
    """Shut down or reboot; a shutdown because of a system failure is a failed run. Both arguments are 32 bits wide."""
    kind, reason = (u(argument, 32) for argument in call.arguments[:2])
    if kind not in (SHUTDOWN, COLD_REBOOT, WARM_REBOOT) or reason not in (NO_REASON, SYSTEM_FAILURE):
        raise SbiFailure(SbiError.INVALID_PARAM)
    if kind != SHUTDOWN:
        call.platform.finish(Finish(FinishKind.RESET))
    else:
        call.platform.finish(Finish.exit(reason))
