"""Our machine as a debugger's target: every method one line to whoever does it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from errno import ESRCH
from functools import cached_property
from typing import TYPE_CHECKING

from gdbstub.errors import TargetError
from gdbstub.riscv import memory
from gdbstub.riscv.breakpoints import Breakpoints
from gdbstub.riscv.general_registers import EXPEDITED, GENERAL, PC, read_general
from gdbstub.riscv.registers import Registers
from gdbstub.riscv.running import Runner
from gdbstub.riscv.worlds import describe
from gdbstub.target import (
    Answer,
    Breakpoint,
    BreakpointKind,
    Host,
    Region,
    RegionKind,
    ResumePlan,
    Stop,
    StopReason,
    Thread,
)
from machine.hart.hart import Hart
from machine.machine import Machine

if TYPE_CHECKING:
    from gdbstub.monitor import Monitor
    from gdbstub.riscv.commands.context import MonitorContext

__all__ = ["RiscvTarget"]

REACHABLE = 1 << 56
EVERYWHERE = (
    Region(RegionKind.RAM, 0, REACHABLE),
    Region(RegionKind.RAM, (1 << 64) - REACHABLE, REACHABLE),
)
"""What any world can reach: 56 bits of physical address, and both halves of Sv57's virtual addresses, which hold the
others. Whether something is there is asked when it is read."""


class RiscvTarget:
    """A `gdbstub.target.Target` with every capability. Thread n + 1 is hart n.

    Args:
        machine: reset and loaded; nobody else drives it while a debugger is served.
    """

    pc_register: int = PC
    general_registers: Sequence[int] = GENERAL
    expedited_registers: Sequence[int] = EXPEDITED
    breakpoint_kinds: Collection[BreakpointKind] = tuple(BreakpointKind)
    host = Host("riscv64-unknown-elf", "little", 8)

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._registers = Registers(machine.harts[0])
        self._breakpoints = Breakpoints(machine)
        self._runner = Runner(machine, self._breakpoints)
        self.thread_ids: Sequence[int] = tuple(hart.number + 1 for hart in machine.harts)
        self._last_thread = 1

    def _hart(self, thread: int) -> Hart:
        return self.machine.harts[thread - 1]

    # --- what there is ------------------------------------------------------------------------------------------

    def description(self) -> str:
        return self._registers.description

    def threads(self) -> Sequence[Thread]:
        return [
            Thread(hart.number + 1, f"hart {hart.number}", describe(hart), hart.number) for hart in self.machine.harts
        ]

    def memory_map(self) -> Sequence[Region]:
        return EVERYWHERE

    def halt_reason(self) -> Stop:
        # What stopped it is the business of the debugger that was told: its breakpoints are gone with it.
        return Stop(StopReason.HALTED, self._last_thread)

    # --- looking and changing -----------------------------------------------------------------------------------

    def register_size(self, register: int) -> int:
        return self._registers.cell(register).size

    def read_register(self, thread: int, register: int) -> bytes:
        return self._registers.read(self.machine.harts[thread - 1], register)

    def read_general_registers(self, thread: int) -> bytes:
        return read_general(self._hart(thread))

    def write_register(self, thread: int, register: int, value: bytes) -> None:
        self._registers.write(self._hart(thread), register, value)

    def read_memory(self, thread: int, address: int, length: int) -> bytes:
        return memory.read(self._hart(thread), address, length)

    def write_memory(self, thread: int, address: int, data: bytes) -> None:
        memory.write(self._hart(thread), address, data)

    def insert_breakpoint(self, breakpoint: Breakpoint) -> None:
        self._breakpoints.insert(breakpoint)

    def remove_breakpoint(self, breakpoint: Breakpoint) -> None:
        self._breakpoints.remove(breakpoint)

    @cached_property
    def _monitor(self) -> Monitor[MonitorContext]:
        """Made when it is first asked for: it brings a seventh of what there is to import."""
        from gdbstub.monitor import Monitor
        from gdbstub.riscv.commands import COMMANDS

        return Monitor(COMMANDS)

    def run_command(self, line: str, thread: int) -> Answer:
        from gdbstub.riscv.commands.context import MonitorContext

        return self._monitor.run(MonitorContext(self.machine, self._hart(thread)), line)

    # --- running ------------------------------------------------------------------------------------------------

    def restart(self) -> None:
        self.machine.reset()
        self._last_thread = 1

    def resume(self, plan: ResumePlan) -> None:
        if self.machine.finish is not None:
            raise TargetError(ESRCH, "the guest has ended its run: 'run' or 'monitor reset' starts it again")
        self._runner.resume(plan)

    def run_slice(self) -> Stop | None:
        stop = self._runner.slice()
        if stop is not None:
            self._last_thread = stop.thread
        return stop

    def interrupt(self) -> None:
        self._runner.interrupt()
