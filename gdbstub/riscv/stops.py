"""A machine's `RunExit` in a debugger's words: the reason, and a sentence where that alone says too little."""

from __future__ import annotations

from collections.abc import Callable

from gdbstub.riscv.breakpoints import WATCH_REASONS, Breakpoints
from gdbstub.riscv.divergence import divergence_text
from gdbstub.riscv.worlds import mode_text, vmid
from gdbstub.target import Stop, StopReason
from machine.csr.file import BY_NUMBER
from machine.devices.finish import Finish, FinishKind
from machine.engine.lockstep import Divergence
from machine.hart.hart import Hart
from machine.hart.trapping import TrapRecord
from machine.hart.watch import WatchHit
from machine.isa.disassemble import disassemble
from machine.observe.catch import VsTimerPending, WorldSwitch
from machine.observe.ledger import LostInterrupt
from machine.run_exit import ExitReason, RunExit
from machine.spec.causes import cause_name
from machine.spec.rules import Reason

__all__ = ["stop_of", "trap_sentence"]


def stop_of(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop | None:
    """The stop that an exit means; None where the machine would only go on.

    Args:
        ended: what `Machine.run` or `Machine.step` returned.
        hart: the hart that it is about.
        breakpoints: says of which kind a breakpoint is.
    """
    return STOPS[ended.reason](ended, hart, breakpoints)


def trap_sentence(record: TrapRecord, guest: int) -> str:
    """One line about a trap: cause, modes, instruction, the clause of the manual. `guest` is the vmid."""
    where = f"{mode_text(record.source, guest)} -> {mode_text(record.target, guest)}, from {record.pc:#x}"
    what = f" {_instruction(record)}" if record.instruction else ""
    return f"{cause_name(record.cause)}: {where}{what}{_clause(record.reason)}"


def _instruction(record: TrapRecord) -> str:
    return f"'{disassemble(record.instruction, record.pc, _csr_name)}'"


def _csr_name(number: int) -> str | None:
    return BY_NUMBER[number].name if number in BY_NUMBER else None


def _clause(reason: Reason) -> str:
    if reason is Reason.NONE:
        return ""
    rule = f", rule {reason.rule}" if reason.rule != "none" else ""
    return f" ({reason.text}{rule})"


def _going_on(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> None:
    return None


def _breakpoint(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop:
    return Stop(breakpoints.reason(hart.state.pc), hart.number + 1)


def _watchpoint(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop:
    hit = ended.detail
    assert isinstance(hit, WatchHit)
    breakpoints.watched(hart)
    # gdb knows its watchpoint by an address inside it; an access may begin before.
    address = max(hit.address, hit.watchpoint.address)
    return Stop(WATCH_REASONS[hit.watchpoint.kinds], hart.number + 1, address)


def _caught(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop:
    return Stop(StopReason.CAUGHT, hart.number + 1, note=f"hart {hart.number} caught {_event(ended, hart)}\n")


def _event(ended: RunExit, hart: Hart) -> str:
    if isinstance(ended.detail, WorldSwitch):
        switch = ended.detail
        return f"world switch: {mode_text(switch.source, switch.vmid)} -> {mode_text(switch.target, switch.vmid)}"
    if isinstance(ended.detail, LostInterrupt):
        from gdbstub.riscv.commands.ledger import entry_sentence  # and with it every command

        return f"a lost interrupt: {entry_sentence(ended.detail.entry)}"
    if isinstance(ended.detail, VsTimerPending):
        return _timer_sentence(ended.detail)
    assert isinstance(ended.detail, TrapRecord)
    return trap_sentence(ended.detail, vmid(hart))


def _diverged(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop:
    assert isinstance(ended.detail, Divergence)
    return Stop(StopReason.CAUGHT, hart.number + 1, note=divergence_text(ended.detail))


def _timer_sentence(event: VsTimerPending) -> str:
    by = "vstimecmp" if event.timer else "hvip.VSTIP"
    return f"hip.VSTIP rising by {by} while V=0: {event.mode.label}-mode runs, vmid {event.vmid} waits"


def _shutdown(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop:
    finish = ended.detail
    assert isinstance(finish, Finish)
    note = f"the guest {ENDINGS[finish.kind].format(finish.code)}\n"
    return Stop(StopReason.EXITED, hart.number + 1, code=finish.exit_status, note=note)


def _interrupted(ended: RunExit, hart: Hart, breakpoints: Breakpoints) -> Stop:
    return Stop(StopReason.INTERRUPTED, hart.number + 1)


ENDINGS = {
    FinishKind.PASS: "ended the run: pass",
    FinishKind.FAIL: "ended the run: fail, code {}",
    FinishKind.RESET: "asked for a reset, which ends the run",
}
STOPS: dict[ExitReason, Callable[[RunExit, Hart, Breakpoints], Stop | None]] = {
    ExitReason.BUDGET: _going_on,
    ExitReason.IDLE: _going_on,
    # What is an embedder's to serve: it runs the machine itself and keeps these from the debugger.
    ExitReason.MMIO: _going_on,
    ExitReason.SBI: _going_on,
    ExitReason.TIMER: _going_on,
    ExitReason.BREAKPOINT: _breakpoint,
    ExitReason.WATCHPOINT: _watchpoint,
    ExitReason.CAUGHT: _caught,
    ExitReason.SHUTDOWN: _shutdown,
    ExitReason.DIVERGED: _diverged,
    ExitReason.INTERRUPTED: _interrupted,
}
