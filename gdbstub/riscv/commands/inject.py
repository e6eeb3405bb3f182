"""``monitor inject``: what a hypervisor does with hvip, by hand."""

from __future__ import annotations

import click

from gdbstub.monitor import Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.interrupts import outcome
from gdbstub.riscv.commands.parameters import suggestion
from gdbstub.riscv.commands.words import NO_FLUSH
from machine.csr.access import named
from machine.hart.hart import Hart
from machine.observe.interrupts import InterruptState, interrupt_states
from machine.spec.causes import Interrupt

__all__ = ["inject"]

REGISTERS = {
    Interrupt.SSI: "mip",
    Interrupt.VSSI: "hvip",
    Interrupt.VSTI: "hvip",
    Interrupt.VSEI: "hvip",
}
"""The register whose software bit asserts each interrupt that can be injected."""
CHOICES = ", ".join(f"{interrupt.name} ({int(interrupt)})" for interrupt in REGISTERS)


@command(
    "inject",
    click.Argument(["irq"], metavar="IRQ"),
    click.Option(["--clear"], is_flag=True, help="Withdraw it instead."),
)
def inject(context: MonitorContext, irq: str, clear: bool) -> Report:
    """Make VSSI, VSTI or VSEI pending through hvip, or SSI through mip.

    Into hvip it goes the way of every other thread: by two bitmaps ('monitor vcpu'), merged at an instruction boundary.

    IRQ is a name or a number. The bit stays set until the handler clears it or you do with --clear; what is to happen
    next is shown, as 'monitor interrupts' does.

    Example: monitor inject vsti
    """
    interrupt = _injectable(irq)
    register = named(context.hart, REGISTERS[interrupt])
    if interrupt is Interrupt.SSI:
        held = register.read_for_update(context.hart)
        register.write(context.hart, held & ~(1 << interrupt) if clear else held | 1 << interrupt)
    else:
        outside = context.hart.outside
        (outside.unset if clear else outside.set)(interrupt, "monitor inject")
        context.machine.inputs.take()
    state = next(state for state in interrupt_states(context.hart) if state.interrupt is interrupt)
    return Report(_data(context.hart, state), _text(context.hart, state, register.name))


def _injectable(typed: str) -> Interrupt:
    """Raises click.BadParameter for what is no interrupt, and for one that only hardware raises."""
    names = {interrupt.name: interrupt for interrupt in Interrupt}
    names |= {f"{interrupt.name}P": interrupt for interrupt in Interrupt}
    names |= {str(int(interrupt)): interrupt for interrupt in Interrupt}
    found = names.get(typed.upper())
    if found is None:
        raise click.BadParameter(f"there is no interrupt {typed!r}{suggestion(typed.upper(), names)} Choose {CHOICES}")
    if found not in REGISTERS:
        raise click.BadParameter(f"{found.name} ({int(found)}) is raised by hardware, not by a bit; choose {CHOICES}")
    return found


def _data(hart: Hart, state: InterruptState) -> dict[str, str | int | bool]:
    return {
        "interrupt": state.interrupt.name,
        "pending": "mip" in state.pending_in,
        "target": state.target.label,
        "verdict": state.verdict.name.lower(),
        "obstacle": state.obstacle,
        "hvip": hart.state.hvip,
    }


def _text(hart: Hart, state: InterruptState, register: str) -> str:
    name = f"{state.interrupt.name} ({int(state.interrupt)})"
    value = f"{register}={named(hart, register).read(hart):#x}"
    if not state.pending_in:
        return f"{name} is not pending any more: {value}\n{NO_FLUSH}"
    why = " and ".join(state.sources)
    return f"{name} is pending ({why}, {value}), for {state.target.label}-mode: {outcome(state)}\n{NO_FLUSH}"
