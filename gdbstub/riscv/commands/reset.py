"""``monitor reset`` and ``monitor reset halt``: the machine as it was when it was switched on."""

from __future__ import annotations

from gdbstub.monitor import Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.words import NO_FLUSH

__all__ = ["reset", "reset_halt"]


@command("reset")
def reset(context: MonitorContext) -> Report:
    """Reset the machine and load its image again.

    Memory, devices, time, harts and the log of traps start anew; breakpoints, watchpoints and catches stay. The
    machine stays halted until you continue.

    Example: monitor reset
    """
    return _reset(context)


@command("reset halt")
def reset_halt(context: MonitorContext) -> Report:
    """The same as reset, under the name that OpenOCD has.

    Example: monitor reset halt
    """
    return _reset(context)


def _reset(context: MonitorContext) -> Report:
    context.machine.reset()
    pcs = [hart.state.pc for hart in context.machine.harts]
    where = f"hart {context.hart.number} is in {context.hart.mode.label}-mode at {context.hart.state.pc:#x}"
    return Report({"reset": True, "pc": pcs}, f"The machine is reset and halted: {where}.\n{NO_FLUSH}")
