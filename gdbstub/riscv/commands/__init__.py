"""Monitor commands: one file each (the family of ``catch`` shares one), listed here."""

from __future__ import annotations

from gdbstub.monitor import Command
from gdbstub.riscv.commands.catch import (
    catch,
    catch_lost_interrupt,
    catch_none,
    catch_trap,
    catch_virtual_instruction,
    catch_vs_timer_pending,
    catch_world_switch,
)
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.csr import csr
from gdbstub.riscv.commands.engine import engine
from gdbstub.riscv.commands.harts import harts
from gdbstub.riscv.commands.hypervisor import hypervisor
from gdbstub.riscv.commands.inject import inject
from gdbstub.riscv.commands.interrupts import interrupts
from gdbstub.riscv.commands.ledger import ledger, ledger_describe, ledger_off, ledger_on
from gdbstub.riscv.commands.mode import mode
from gdbstub.riscv.commands.proposals import proposals
from gdbstub.riscv.commands.reset import reset, reset_halt
from gdbstub.riscv.commands.timer import timer
from gdbstub.riscv.commands.timer_latency import timer_latency
from gdbstub.riscv.commands.translate import translate
from gdbstub.riscv.commands.traps import traps
from gdbstub.riscv.commands.vcpu import vcpu
from gdbstub.riscv.commands.virtual_instructions import virtual_instructions
from gdbstub.riscv.commands.walk import walk
from gdbstub.riscv.commands.why import why
from gdbstub.riscv.commands.worlds import nested_describe, nested_forget, worlds

__all__ = ["COMMANDS"]

COMMANDS: list[Command[MonitorContext]] = [
    *(mode, harts, csr, hypervisor),
    *(worlds, nested_describe, nested_forget),
    *(traps, why, walk, translate),
    *(catch, catch_trap, catch_virtual_instruction, catch_world_switch, catch_vs_timer_pending),
    *(catch_lost_interrupt, catch_none),
    *(interrupts, inject, timer, timer_latency),
    *(vcpu, ledger, ledger_on, ledger_off, ledger_describe),
    *(proposals, virtual_instructions),
    *(engine, reset, reset_halt),
]
