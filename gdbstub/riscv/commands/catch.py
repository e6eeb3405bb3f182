"""``monitor catch …``: stop at the first instruction behind a trap or a world switch."""

from __future__ import annotations

import click

from gdbstub.monitor import Json, Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.parameters import suggestion
from gdbstub.riscv.commands.words import CAUSES, labelled, parse_cause
from machine.observe.catch import Catches
from machine.spec.causes import Cause, cause_name

__all__ = [
    "catch",
    "catch_lost_interrupt",
    "catch_none",
    "catch_trap",
    "catch_virtual_instruction",
    "catch_vs_timer_pending",
    "catch_world_switch",
]

KINDS = ("trap", "virtual-instruction", "world-switch", "vs-timer-pending", "lost-interrupt", "none")


def _report(catches: Catches) -> Report:
    """What is caught now."""
    names = [cause_name(value) for value in sorted(catches.causes)]
    timers, lost = bool(catches.timers), catches.lost_interrupts
    data: Json = {
        "causes": names,
        "world_switch": catches.worlds,
        "vs_timer_pending": timers,
        "lost_interrupt": lost,
    }
    more = {"world switches": catches.worlds, "VSTIP rising while V=0": timers, "lost interrupts": lost}
    events = [*names, *(event for event, caught in more.items() if caught)]
    if not events:
        return Report(data, "Nothing is caught: traps and world switches do not stop the machine.")
    return Report(data, "\n".join(labelled("Caught:", ", ".join(events), 8)))


@command("catch", click.Argument(["words"], nargs=-1, metavar="[EVENT]"))
def catch(context: MonitorContext, words: tuple[str, ...]) -> Report:
    """What is caught: the machine stops at the first instruction of the handler.

    Catches add up until 'monitor catch none': catch trap CAUSE, catch virtual-instruction, catch world-switch, catch
    vs-timer-pending, catch lost-interrupt. They hold for every hart, and stay over a reset.

    Example: monitor catch
    """
    if words:
        typed = " ".join(words)
        kinds = ", ".join(f"catch {kind}" for kind in KINDS)
        raise click.BadParameter(f"there is no event {typed!r}{suggestion(typed, KINDS)} Choose {kinds}")
    return _report(context.machine.catches)


@command("catch trap", click.Argument(["cause"], nargs=-1, required=True, metavar="CAUSE"))
def catch_trap(context: MonitorContext, cause: tuple[str, ...]) -> Report:
    """Stop at the first instruction of the handler of one cause."""
    context.machine.catches.causes.add(parse_cause(cause))
    return _report(context.machine.catches)


@command("catch virtual-instruction")
def catch_virtual_instruction(context: MonitorContext) -> Report:
    """Stop where a hypervisor handles a virtual-instruction exception.

    The same as 'catch trap virtual-instruction'; 'monitor why' then names the manual's rule.

    Example: monitor catch virtual-instruction
    """
    context.machine.catches.causes.add(int(Cause.VIRTUAL_INSTRUCTION))
    return _report(context.machine.catches)


@command("catch world-switch")
def catch_world_switch(context: MonitorContext) -> Report:
    """Stop whenever a hart enters or leaves a guest: the V bit changes.

    Example: monitor catch world-switch
    """
    context.machine.catches.worlds = True
    return _report(context.machine.catches)


@command("catch vs-timer-pending")
def catch_vs_timer_pending(context: MonitorContext) -> Report:
    """Stop when a guest's timer rings while the guest does not run: hip.VSTIP rises while V=0.

    The stop is before the first instruction that can see it. What raised it, vstimecmp or hvip.VSTIP, is said.

    Example: monitor catch vs-timer-pending
    """
    context.machine.catches.catch_timers(context.machine.harts)
    return _report(context.machine.catches)


@command("catch lost-interrupt")
def catch_lost_interrupt(context: MonitorContext) -> Report:
    """Stop when the interrupt ledger finds that software has lost a guest's interrupt, or raised one too many.

    Starts the ledger. What is lost without a trace in the hart's registers it finds once it knows the hypervisor's
    bitmaps: 'monitor ledger describe'.

    Example: monitor catch lost-interrupt
    """
    context.machine.ledger.start()
    context.machine.catches.lost_interrupts = True
    return _report(context.machine.catches)


@command("catch none")
def catch_none(context: MonitorContext) -> Report:
    """Catch nothing any more.

    Example: monitor catch none
    """
    context.machine.catches.clear()
    return _report(context.machine.catches)


def _cause_help() -> str:
    return (
        "Stop at the first instruction of the handler of one cause.\n\n"
        "CAUSE is a name or a number; 'interrupt' stands before an interrupt's.\n\n"
        "Example: monitor catch trap load-guest-page-fault\n\n"
        "Example: monitor catch trap interrupt vsti\n\n"
        f"Causes: {', '.join(CAUSES)}."
    )


catch_trap.parser.help = _cause_help()
