"""``monitor mode``: which of the five modes, whose world, which translation."""

from __future__ import annotations

from gdbstub.monitor import Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.schemes import scheme, translation
from gdbstub.riscv.commands.words import labelled
from gdbstub.riscv.worlds import vmid
from machine.csr.h_mode import Hgatp
from machine.csr.vs_mode import Vsatp
from machine.hart.hart import Hart
from machine.memory.access import LOAD, data_access
from machine.spec.modes import Mode

__all__ = ["mode"]


def _data_mode(hart: Hart) -> Mode:
    """The mode whose rights loads and stores have: another than the hart's while mstatus.MPRV=1."""
    access = data_access(hart, LOAD)
    return Mode.of(access.privilege, access.virtual)


@command("mode")
def mode(context: MonitorContext) -> Report:
    """The hart's mode, its guest, and the translation in force.

    The V bit, the privilege, vmid and vs_asid of the guest that hgatp and vsatp name, and whether loads and stores go
    as another mode (mstatus.MPRV).

    Example: monitor mode
    """
    hart = context.hart
    now, data = hart.mode, _data_mode(hart)
    facts = {
        "hart": hart.number,
        "mode": now.label,
        "virt": now.virtual,
        "privilege": now.privilege,
        "vmid": vmid(hart),
        "vs_asid": Vsatp.ASID.get(hart.state.vsatp),
        "pc": hart.state.pc,
        "translation": translation(hart, now),
        "data_mode": data.label,
        **{register: scheme(hart, register) for register in ("satp", "vsatp", "hgatp")},
    }
    return Report(facts, "\n".join(_lines(hart, now, data)))


def _lines(hart: Hart, now: Mode, data: Mode) -> list[str]:
    guest = f"vmid {vmid(hart)} (hgatp), vs_asid {Vsatp.ASID.get(hart.state.vsatp)} (vsatp)"
    running = "running" if now.virtual else "not running"
    lines = [
        f"hart {hart.number} is in {now.label}-mode: V={now.virtual}, privilege {now.privilege}",
        *labelled("pc", f"{hart.state.pc:#x}"),
        *labelled("guest", f"{guest}, {running}; G-stage root {Hgatp.PPN.get(hart.state.hgatp) << 12:#x}"),
        *labelled("addresses", translation(hart, now)),
    ]
    if data is not now:
        text = f"as {data.label}-mode because mstatus.MPRV=1: {translation(hart, data)}"
        lines += labelled("load, store", text)
    return lines
