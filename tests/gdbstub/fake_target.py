"""A little deterministic machine to debug: two threads, 16 KiB of memory, five instructions, no RISC-V behind it.

It executes a handful of real RV64 encodings, so that a real gdb can disassemble and step what it sees. Thread 1 counts
in a0, stores the count, calls ``TRAP_HANDLER`` by an ecall and begins again; thread 2 turns on the spot.
"""

from __future__ import annotations

import threading

from gdbstub.errors import TargetError
from gdbstub.monitor import Monitor, Report, command
from gdbstub.target import (
    Answer,
    Breakpoint,
    BreakpointKind,
    Host,
    Motion,
    Region,
    RegionKind,
    ResumePlan,
    Stop,
    StopReason,
    Thread,
)
from gdbstub.xml.target_description import Feature, FlagsType, Register, build

BASE, SIZE = 0x1000, 0x4000
START, IDLE, TRAP_HANDLER, EXIT, COUNTER = 0x1000, 0x1100, 0x1200, 0x1300, 0x3000
PC, A0, STATUS = 32, 10, 65
SLICE = 2000  # instructions

NOP, COUNT, STORE, ECALL, HALT, LOOP, MRET = 0x13, 0x00150513, 0x00A5B023, 0x73, 0x100073, 0x6F, 0x30200073
PROGRAM = {
    START: [NOP, COUNT, STORE, ECALL, LOOP],  # LOOP goes back to where its thread began
    IDLE: [LOOP],
    TRAP_HANDLER: [NOP, MRET],
    EXIT: [HALT],
}
BREAKPOINTS = {
    BreakpointKind.SOFTWARE: StopReason.SOFTWARE_BREAKPOINT,
    BreakpointKind.HARDWARE: StopReason.HARDWARE_BREAKPOINT,
}
WATCHPOINTS = {  # by what a store meets; nothing here loads
    BreakpointKind.WRITE: StopReason.WRITE_WATCHPOINT,
    BreakpointKind.ACCESS: StopReason.ACCESS_WATCHPOINT,
}
NAMES = "zero ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"


@command("count")
def count(target: FakeTarget) -> Report:
    """How far thread 1 has counted."""
    return Report({"count": target.registers[1][A0]}, f"the count is {target.registers[1][A0]}")


class FakeTarget:
    """Implements every capability; `interrupts` and `slices` count what a server did to it."""

    pc_register = PC
    general_registers = range(33)
    thread_ids = (1, 2)
    expedited_registers = (PC,)
    breakpoint_kinds = tuple(BreakpointKind)
    host = Host("riscv64-unknown-unknown", "little", 8)

    def __init__(self) -> None:
        self.breakpoints: set[Breakpoint] = set()
        self.monitor = Monitor([count])
        self.slices = 0
        self._interrupted = threading.Event()
        self._plan = ResumePlan({})
        self.restart()

    def restart(self) -> None:
        self.memory = bytearray(SIZE)
        for address, words in PROGRAM.items():
            code = b"".join(word.to_bytes(4, "little") for word in words)
            self.memory[address - BASE : address - BASE + len(code)] = code
        self.registers = {thread: dict.fromkeys([*range(33), STATUS], 0) for thread in (1, 2)}
        self.registers[1][PC], self.registers[2][PC] = START, IDLE
        self.resume_at: dict[int, int] = {}
        self._had: set[tuple[int, int, Breakpoint]] = set()  # thread, pc, and what has stopped it there
        self._exit_code: int | None = None
        self._last = Stop(StopReason.HALTED)

    def description(self) -> str:
        registers = [Register(name, number, 64) for number, name in enumerate(NAMES.split())]
        status = FlagsType("status", 8, [("V", 0, 0, ""), ("MODE", 1, 2, "")])
        return build(
            "riscv:rv64",
            [
                Feature("org.gnu.gdb.riscv.cpu", [*registers, Register("pc", PC, 64, "code_ptr")]),
                Feature("org.hartbreak.fake", [Register("status", STATUS, 64, "status", "fake")], [status]),
            ],
        )

    def threads(self) -> list[Thread]:
        return [Thread(1, "hart 0", "M-mode", 0), Thread(2, "hart 1", "VS-mode", 1)]

    def halt_reason(self) -> Stop:
        return self._last

    def memory_map(self) -> list[Region]:
        return [Region(RegionKind.RAM, BASE, SIZE)]

    def run_command(self, line: str, thread: int) -> Answer:
        return self.monitor.run(self, line)

    def register_size(self, register: int) -> int:
        if register not in self.registers[1]:
            raise TargetError(22, f"there is no register {register}")
        return 8

    def read_register(self, thread: int, register: int) -> bytes:
        return self.registers[thread][register].to_bytes(8, "little")

    def read_general_registers(self, thread: int) -> bytes:
        return b"".join(self.read_register(thread, register) for register in self.general_registers)

    def write_register(self, thread: int, register: int, value: bytes) -> None:
        if register:
            self.registers[thread][register] = int.from_bytes(value, "little")

    def read_memory(self, thread: int, address: int, length: int) -> bytes:
        assert length >= 1
        assert address + length <= 1 << 64
        if not BASE <= address < BASE + SIZE:
            raise TargetError(14, f"nothing is mapped at {address:#x}")
        return bytes(self.memory[address - BASE : address - BASE + length])

    def write_memory(self, thread: int, address: int, data: bytes) -> None:
        if not (address >= BASE and address + len(data) <= BASE + SIZE):
            raise TargetError(14, f"nothing is mapped at {address:#x}")
        self.memory[address - BASE : address - BASE + len(data)] = data

    def insert_breakpoint(self, breakpoint: Breakpoint) -> None:
        assert breakpoint not in self.breakpoints
        self.breakpoints.add(breakpoint)

    def remove_breakpoint(self, breakpoint: Breakpoint) -> None:
        self.breakpoints.remove(breakpoint)

    def resume(self, plan: ResumePlan) -> None:
        if self._exit_code is not None:
            raise TargetError(3, "the program has ended: restart it")
        self._interrupted.clear()
        self._plan = plan

    def run_slice(self) -> Stop | None:
        self.slices += 1
        for _ in range(SLICE):
            for thread, action in self._plan.actions.items():
                if stop := self._one(thread, action.motion):
                    self._last = stop if stop.reason is not StopReason.EXITED else Stop(StopReason.HALTED)
                    return stop
            if self._interrupted.is_set():
                return Stop(StopReason.INTERRUPTED, next(iter(self._plan.actions)))
        return None

    def interrupt(self) -> None:
        self._interrupted.set()

    def _one(self, thread: int, motion: Motion) -> Stop | None:
        """One instruction of one thread, and why that stops the machine if it does."""
        state = self.registers[thread]
        word = int.from_bytes(self._fetch(state[PC]), "little")
        for point in self.breakpoints:
            here = thread, state[PC], point
            if here not in self._had and (hit := _meets(point, thread, state[PC], word)):
                self._had.add(here)
                return hit
        self._had = {had for had in self._had if had[0] != thread}
        stop = self._execute(thread, state, word)
        return stop or (Stop(StopReason.STEPPED, thread) if motion is Motion.STEP else None)

    def _fetch(self, pc: int) -> bytes:
        """The instruction at pc; outside of memory there is none that this machine knows."""
        return bytes(self.memory[pc - BASE : pc - BASE + 4]) if pc >= BASE else b""

    def _execute(self, thread: int, state: dict[int, int], word: int) -> Stop | None:
        following = state[PC] + 4
        state[PC] = {LOOP: START if thread == 1 else IDLE, ECALL: TRAP_HANDLER}.get(word, following)
        if word == ECALL:
            self.resume_at[thread] = following
        elif word == MRET:
            state[PC] = self.resume_at.get(thread, START)
        elif word == COUNT:
            state[A0] += 1
        elif word == STORE:
            self.write_memory(thread, COUNTER, state[A0].to_bytes(8, "little"))
        elif word == HALT:
            self._exit_code = state[A0] & 0xFF
            state[PC] -= 4
            return Stop(StopReason.EXITED, thread, code=self._exit_code)
        elif word not in (NOP, LOOP):
            state[PC] -= 4
            return Stop(StopReason.CAUGHT, thread, note=f"caught an illegal instruction, {word:#x}\n")
        return None


def _meets(point: Breakpoint, thread: int, pc: int, word: int) -> Stop | None:
    """Whether the instruction at pc is one to stop before."""
    if point.kind in BREAKPOINTS:
        return Stop(BREAKPOINTS[point.kind], thread) if point.address == pc else None
    touches = word == STORE and point.address < COUNTER + 8 and point.address + point.length > COUNTER
    return Stop(WATCHPOINTS[point.kind], thread, address=COUNTER) if touches and point.kind in WATCHPOINTS else None
