"""``monitor engine``: what executes the harts."""

from __future__ import annotations

from errno import EINVAL

import click

from gdbstub.errors import TargetError
from gdbstub.monitor import Report, command
from gdbstub.riscv.commands.context import MonitorContext
from machine.engines import ENGINES, make_engine
from machine.errors import MachineError

__all__ = ["engine"]


@command("engine", click.Argument(["name"], required=False, type=click.Choice(ENGINES)))
def engine(context: MonitorContext, name: str | None) -> Report:
    """Show what executes the harts, or change it here and now.

    The engines do the same, instruction for instruction; native is machine code made from the meanings that reference
    runs directly, some hundred times faster. Its first use may take some seconds, for it compiles itself once.

    Example: monitor engine native
    """
    machine = context.machine
    if name is not None and name != machine.engine.name:
        try:
            machine.engine = make_engine(name, machine.config)
        except MachineError as error:
            raise TargetError(EINVAL, str(error)) from error
        for hart in machine.harts:
            hart.forget_translations()
    others = [each for each in ENGINES if each != machine.engine.name]
    text = f"The engine is {machine.engine.name}; there is also {', '.join(others)}."
    return Report({"engine": machine.engine.name, "engines": list(ENGINES)}, text)
