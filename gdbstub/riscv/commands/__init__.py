"""Monitor commands: one file each, listed here."""

from __future__ import annotations

from gdbstub.monitor import Command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.csr import csr
from gdbstub.riscv.commands.harts import harts
from gdbstub.riscv.commands.mode import mode
from gdbstub.riscv.commands.reset import reset, reset_halt
from gdbstub.riscv.commands.translate import translate
from gdbstub.riscv.commands.walk import walk

__all__ = ["COMMANDS"]

COMMANDS: list[Command[MonitorContext]] = [csr, harts, mode, reset, reset_halt, translate, walk]
