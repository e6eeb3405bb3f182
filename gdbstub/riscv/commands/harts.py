"""``monitor harts``: all hardware threads in a table."""

from __future__ import annotations

from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.worlds import vmid
from machine.hart.hart import Hart

__all__ = ["harts"]


def _state(hart: Hart) -> str:
    if hart.state.stopped:
        return "stopped (HSM)"
    return "waiting (WFI)" if hart.state.waiting else "running"


def _facts(hart: Hart) -> dict[str, Json]:
    return {
        "hart": hart.number,
        "mode": hart.mode.label,
        "pc": hart.state.pc,
        "vmid": vmid(hart),
        "state": _state(hart),
        "instructions": hart.state.minstret,
        "traps": hart.state.trap_count,
    }


def _row(hart: Hart, selected: bool) -> list[str]:
    guest = str(vmid(hart)) if hart.mode.virtual else "-"
    counts = (str(hart.state.minstret), str(hart.state.trap_count))
    number = f"{'*' if selected else ' '} {hart.number}"
    return [number, hart.mode.label, f"{hart.state.pc:#x}", guest, _state(hart), *counts]


@command("harts")
def harts(context: MonitorContext) -> Report:
    """All harts: mode, pc, guest, whether each runs or waits.

    A star marks the hart that the debugger has selected; hart n is gdb's thread n + 1. Instructions are those that
    minstret has counted.

    Example: monitor harts
    """
    rows = [_row(hart, hart is context.hart) for hart in context.machine.harts]
    headers = ["  hart", "mode", "pc", "vmid", "state", "instructions", "traps"]
    return Report([_facts(hart) for hart in context.machine.harts], table(headers, rows))
