"""``monitor interrupts``: what is pending, enabled, delegated, and taken next."""

from __future__ import annotations

from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from machine.hart.hart import Hart
from machine.observe.interrupts import InterruptState, Verdict, interrupt_states

__all__ = ["interrupts", "outcome"]

HEADERS = ["interrupt", "#", "pending in", "because of", "enabled in", "goes to", "now"]


def outcome(state: InterruptState) -> str:
    """What happens to an interrupt next, and what is in its way."""
    if state.verdict is Verdict.QUIET:
        return "-"
    return state.verdict.value if not state.obstacle else f"waits: {state.obstacle}"


def _row(state: InterruptState) -> list[str]:
    texts = [" ".join(names) or "-" for names in (state.pending_in, state.sources, state.enabled_in)]
    number = str(int(state.interrupt))
    return [state.interrupt.name, number, *texts, state.target.label, outcome(state)]


def _facts(state: InterruptState) -> Json:
    return {
        "interrupt": state.interrupt.name,
        "number": int(state.interrupt),
        "pending_in": state.pending_in,
        "sources": state.sources,
        "enabled_in": state.enabled_in,
        "target": state.target.label,
        "verdict": state.verdict.name.lower(),
        "obstacle": state.obstacle,
    }


@command("interrupts")
def interrupts(context: MonitorContext) -> Report:
    """Every interrupt: pending, enabled, delegated, taken next or held up by what.

    The registers named are those in which its bit is set; in vsip and vsie the guest sees VSSI, VSTI and VSEI one bit
    lower, as SSI, STI and SEI. Where it goes is what mideleg and hideleg say.

    Example: monitor interrupts
    """
    states = interrupt_states(context.hart)
    title = f"hart {context.hart.number} in {context.hart.mode.label}-mode"
    data: Json = {"interrupts": [_facts(state) for state in states], **_guest_lines(context.hart)}
    return Report(data, table(HEADERS, map(_row, states), title=title))


def _guest_lines(hart: Hart) -> dict[str, Json]:
    return {"hgeip": hart.state.hgeip, "hgeie": hart.state.hgeie}
