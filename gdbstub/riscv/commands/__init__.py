"""Monitor commands: one file each, listed here."""

from __future__ import annotations

from gdbstub.monitor import Command
from gdbstub.riscv.commands.context import MonitorContext

__all__ = ["COMMANDS"]

COMMANDS: list[Command[MonitorContext]] = []
