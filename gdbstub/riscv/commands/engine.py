"""``monitor engine``: what executes the harts."""

from __future__ import annotations

from errno import EINVAL
from typing import Any

import click

from gdbstub.errors import TargetError
from gdbstub.monitor import Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.divergence import divergence_json, divergence_text
from machine.engine.lockstep import LockstepEngine
from machine.engines import ENGINES, make_engine
from machine.errors import MachineError

__all__ = ["engine"]


@command("engine", click.Argument(["name"], required=False, type=click.Choice(ENGINES)))
def engine(context: MonitorContext, name: str | None) -> Report:
    """Show what executes the harts, or change it here and now.

    The engines do the same, instruction for instruction; native is machine code made from the meanings that reference
    runs directly, some hundred times faster. Its first use may take some seconds, for it compiles itself once. lockstep
    runs both, and stops with a report before the first instruction that they do not do alike; this command repeats it.

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
    data: dict[str, Any] = {"engine": machine.engine.name, "engines": list(ENGINES)}
    if isinstance(machine.engine, LockstepEngine):
        found = machine.engine.divergence
        data["divergence"] = None if found is None else divergence_json(found)
        text += f"\n{machine.engine.compared} cycles compared, {machine.engine.alone} outside the hart not compared."
        text += "" if found is None else f"\n{divergence_text(found).rstrip()}"
    return Report(data, text)
