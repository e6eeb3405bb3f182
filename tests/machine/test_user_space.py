"""A machine whose interrupt controller and devices are the embedder's: levels, accesses, calls, coincidences."""

from __future__ import annotations

import ctypes
import importlib.util
import random
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from machine.board.virt import PLIC
from machine.config import Config
from machine.csr.file import BY_NAME
from machine.errors import MachineError
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.run_exit import ExitReason, RunExit
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from machine.user_space import MmioAccess, SbiCall

ROOT = Path(__file__).resolve().parents[2]
MAIN, HANDLER = 0x8000_0000, 0x8000_4000
DEVICE, MTIMECMP = 0x1001_0000, 0x200_4000
MTIP, STIP, MEIP = 1 << Interrupt.MTI, 1 << Interrupt.STI, 1 << Interrupt.MEI
S0, S1 = 8, 9
LONG = 1 << 40


def make(
    *program: str, harts: int = 1, handler: Sequence[str] = ("mret",), mode: Mode = Mode.M, **choices: int
) -> Machine:
    """The same code on every hart; s0 is the address of the device, s1 that of mtimecmp."""
    config = Config(memory=1 << 20, harts=harts, irqchip="user", **choices)  # type: ignore[arg-type]
    machine = Machine(config)
    machine.user.claim(DEVICE, 4096, "device")

    def boot(made: Machine) -> None:
        for base, lines in ((MAIN, program), (HANDLER, handler)):
            for n, line in enumerate(lines):
                word = assemble(line, base + 4 * n, lambda name: BY_NAME[name].number)
                made.ram.write(base + 4 * n - MAIN, 4, word)
        for hart in made.harts:
            hart.x[S0], hart.x[S1] = DEVICE, MTIMECMP
            hart.state.mtvec = hart.state.stvec = HANDLER
            hart.state.pmpaddr0, hart.state.pmpcfg0 = (1 << 54) - 1, 0x1F
            hart.state.priv = mode.privilege
            hart.context_changed()

    machine.boot = boot
    machine.reset()
    return machine


def exits(machine: Machine, cycles: int, budget: int = LONG, value: int = 7) -> list[tuple[int, RunExit]]:
    """What an embedder sees until the clock has come to ``cycles``, each exit with its cycle; loads get ``value``."""
    found = []
    while machine.clock.cycles < cycles:
        ended = machine.run(min(budget, cycles - machine.clock.cycles))
        found.append((machine.clock.cycles, ended))
        if isinstance(ended.detail, MmioAccess) and not ended.detail.write:
            machine.user.complete(value)
    return found


def changes(found: Sequence[tuple[int, RunExit]]) -> list[tuple[int, tuple[int, ...]]]:
    """The levels that the exits tell, where they are not those of the exit before."""
    told, before = [], (0,) * len(found[0][1].timer_lines)
    for cycle, ended in found:
        if ended.timer_lines != before:
            told.append((cycle, ended.timer_lines))
            before = ended.timer_lines
    return told


def accesses(found: Sequence[tuple[int, RunExit]]) -> list[tuple[int, MmioAccess]]:
    return [(cycle, ended.detail) for cycle, ended in found if isinstance(ended.detail, MmioAccess)]


# --- levels -----------------------------------------------------------------------------------------------------

SPIN = ("addi t0,t0,1", f"jal zero,{MAIN:#x}")


def test_a_changed_level_ends_the_run_when_nothing_else_does() -> None:
    machine = make(*SPIN)
    machine.bus.write(MTIMECMP, 8, 30)
    ended = machine.run(LONG)
    assert (ended.reason, ended.reason.family, ended.timer_lines) == (ExitReason.TIMER, "timer", (MTIP,))
    assert machine.clock.cycles == 300
    assert machine.harts[0].state.lines == 0, "it is the embedder's to deliver"
    assert machine.run(1000).reason is ExitReason.BUDGET, "the same level is told once"
    machine.bus.write(MTIMECMP, 8, 1 << 40)
    assert (machine.run(LONG).timer_lines, machine.run(10).reason) == ((0,), ExitReason.BUDGET)


def test_a_level_that_the_guest_lowers_ends_the_run_behind_its_instruction() -> None:
    machine = make("addi t1,zero,-1", "srli t1,t1,8", *["addi t0,t0,1"] * 6, "sd t1,0(s1)", f"jal zero,{MAIN + 36:#x}")
    machine.bus.write(MTIMECMP, 8, 0)
    found = exits(machine, 100)
    assert [(cycle, ended.reason, ended.timer_lines) for cycle, ended in found] == [
        (0, ExitReason.TIMER, (MTIP,)),
        (9, ExitReason.TIMER, (0,)),
        (100, ExitReason.BUDGET, (0,)),
    ]


def test_timers_of_all_harts_and_of_sstc() -> None:
    machine = make(*SPIN, harts=2)
    for hart in machine.harts:
        hart.state.menvcfg = 1 << 63
        hart.state.stimecmp = 20 + hart.number
    machine.bus.write(MTIMECMP + 8, 8, 10)
    told = changes(exits(machine, 1000))
    assert told == [(200, (0, MTIP)), (400, (STIP, MTIP)), (420, (STIP, MTIP | STIP))]


def test_a_timer_set_in_the_middle_of_a_turn() -> None:
    """The moment comes within the turn that sets it, by CSR and by a store to mtimecmp."""
    start = ("addi t1,zero,5", "sd t1,0(s1)", "addi t0,t0,1", f"jal zero,{MAIN + 8:#x}")
    assert changes(exits(make(*start), 500)) == [(50, (MTIP,))]
    machine = make("addi t1,zero,7", "csrrw zero,stimecmp,t1", "addi t0,t0,1", f"jal zero,{MAIN + 8:#x}")
    machine.harts[0].state.menvcfg = 1 << 63
    machine.harts[0].state.stimecmp = 1 << 40
    assert changes(exits(machine, 500)) == [(70, (STIP,))]


def test_every_exit_of_the_ordinary_machine_tells_levels_too() -> None:
    machine = Machine(Config(memory=1 << 20))
    machine.boot = lambda made: made.ram.write(0, 4, assemble(f"jal zero,{MAIN:#x}", MAIN))
    machine.reset()
    machine.bus.write(MTIMECMP, 8, 3)
    assert (machine.run(29).timer_lines, machine.run(100).timer_lines) == ((0,), (MTIP,))
    assert machine.run(100).reason is ExitReason.BUDGET
    assert machine.bus.answers(PLIC, 4)
    with pytest.raises(
        MachineError, match=r"interrupt 7 cannot be asserted in lines: choose none; with Config\(irqchip"
    ):
        machine.harts[0].wires.set(Interrupt.MTI)


def test_a_device_line() -> None:
    machine = make(*SPIN)
    assert not machine.bus.answers(PLIC, 4)
    machine.run(10)
    machine.board.uart.ier = 1
    machine.board.uart.receive(b"x")
    ended = machine.run(LONG)
    assert (ended.reason, ended.device_lines) == (ExitReason.TIMER, 1 << 10)


# --- a level and an access at once --------------------------------------------------------------------------------

AT = 60  # cycle of the access, from 0


@pytest.mark.parametrize("budget", [LONG, 1, 3])
@pytest.mark.parametrize("access", ["sw t0,4(s0)", "lw t1,4(s0)"])
@pytest.mark.parametrize("due", range(AT - 3, AT + 5))
def test_a_rise_and_an_access_in_every_order(access: str, due: int, budget: int) -> None:
    """Cycles are ticks here, so that the timer rises before, with and behind the access, to the cycle."""
    machine = make(*["addi t0,t0,1"] * AT, access, f"jal zero,{MAIN + 4 * AT + 4:#x}", cycles_per_tick=1)
    machine.bus.write(MTIMECMP, 8, due)
    found = exits(machine, 100, budget)
    assert changes(found) == [(due, (MTIP,))], "one edge, at its cycle"
    store = access.startswith("s")
    end = AT + 1 if store else AT
    assert [(cycle, seen.write) for cycle, seen in accesses(found)] == [(end, store)]
    assert machine.harts[0].x[6] == (0 if store else 7)
    if budget == LONG:
        at_once = [ended.reason for cycle, ended in found if cycle == due]
        both = [ExitReason.MMIO] if store else [ExitReason.TIMER, ExitReason.MMIO]
        assert at_once == (both if end == due else [ExitReason.TIMER])


@pytest.mark.parametrize("gap", range(4))
def test_a_fall_and_an_access_in_every_order(gap: int) -> None:
    """The guest silences the timer some instructions before, or behind, its access."""
    fall, access, pad = "sd t1,0(s1)", "sw t0,0(s0)", ["addi t0,t0,1"] * gap
    for first, second in ((fall, access), (access, fall)):
        machine = make("addi t1,zero,-1", "srli t1,t1,8", first, *pad, second, f"jal zero,{MAIN + 16 + 4 * gap:#x}")
        machine.bus.write(MTIMECMP, 8, 0)
        found = exits(machine, 50)
        at = 3 if first == fall else 4 + gap
        assert changes(found) == [(0, (MTIP,)), (at, (0,))]
        assert [cycle for cycle, _ in accesses(found)] == [7 + gap - at]


@pytest.mark.parametrize("seed", range(8))
def test_no_level_is_lost_whatever_the_guest_does(seed: int) -> None:
    """Two harts that set timers and touch the device at random, against the levels cycle by cycle."""
    choose = random.Random(seed)
    lines = ["addi t0,t0,1", "sw t0,0(s0)", "lw t1,0(s0)", "sd t2,0(s1)", "sd t2,8(s1)", "sd zero,0(s1)"]
    lines += ["csrrs t2,time,zero", "addi t2,t2,2", "csrrw zero,stimecmp,t2", "csrrw zero,stimecmp,zero"]
    program = [choose.choice(lines) for _ in range(120)] + [f"jal zero,{MAIN:#x}"]

    def fresh() -> Machine:
        machine = make(*program, harts=2, cycles_per_tick=2, quantum=choose.choice((1, 3, 50)))
        for hart in machine.harts:
            hart.state.menvcfg = 1 << 63
        return machine

    state = choose.getstate()
    slow = exits(fresh(), 600, budget=1)
    choose.setstate(state)
    fast = exits(fresh(), 600)
    assert changes(fast) == changes(slow)
    assert accesses(fast) == accesses(slow)
    assert len(fast) < len(slow)
    assert len(changes(fast)) > 2


# --- accesses, calls, waiting -------------------------------------------------------------------------------------


def test_a_load_is_read_once_even_when_an_interrupt_waits() -> None:
    machine = make("csrrw zero,mie,t0", "csrrsi zero,mstatus,8", "lw t1,4(s0)", "addi t2,t1,1")
    machine.harts[0].x[5] = MEIP
    asked = machine.run(LONG)
    assert asked.detail == MmioAccess(0, DEVICE + 4, 4)
    assert machine.harts[0].state.pc == MAIN + 8
    machine.harts[0].wires.set(Interrupt.MEI)
    with pytest.raises(MachineError, match=r"hart 0 waits for its load of 0x10010004: complete\(\) it first"):
        machine.run(LONG)
    machine.user.complete(0xFFFF_FFFF_8000_0000)
    machine.run(2)
    hart = machine.harts[0]
    assert hart.x[6] == 0xFFFF_FFFF_8000_0000
    assert (hart.state.mcause, hart.state.mepc) == (1 << 63 | Interrupt.MEI, MAIN + 12)
    with pytest.raises(MachineError, match="no load waits"):
        machine.user.complete(1)


def test_a_store_says_what_it_stores() -> None:
    machine = make("addi t0,zero,-2", "sh t0,6(s0)", *SPIN)
    ended = machine.run(LONG)
    assert (ended.reason, ended.reason.family, ended.detail) == (
        ExitReason.MMIO,
        "mmio",
        MmioAccess(0, DEVICE + 6, 2, 0xFFFE),
    )
    assert machine.harts[0].state.pc == MAIN + 8


def test_a_call_to_firmware_that_is_the_embedder() -> None:
    machine = make("ecall", "addi a1,a0,1", *SPIN, mode=Mode.HS)
    machine.user.claim_sbi(machine.harts)
    hart = machine.harts[0]
    hart.x[10:18] = [1, 2, 3, 4, 5, 6, 0, 0x10]
    ended = machine.run(LONG)
    assert (ended.reason, ended.detail) == (ExitReason.SBI, SbiCall(0, 0x10, 0, (1, 2, 3, 4, 5, 6)))
    hart.x[10] = 40
    machine.run(1)
    assert hart.x[11] == 41


def test_waiting_goes_from_timer_to_timer_and_ends_with_the_last() -> None:
    machine = make("wfi", *SPIN)
    machine.bus.write(MTIMECMP, 8, 1000)
    ended = machine.run(LONG)
    assert (ended.reason, ended.timer_lines, machine.clock.cycles) == (ExitReason.TIMER, (MTIP,), 10_000)
    ended = machine.run(LONG)
    assert (ended.reason, ended.reason.family) == (ExitReason.IDLE, "wfi")
    machine.harts[0].state.mie = MTIP
    machine.harts[0].wires.set(Interrupt.MTI)
    assert machine.run(100).reason is ExitReason.BUDGET
    assert machine.harts[0].x[5] > 20, "the line has ended the wait"


# --- inputs -------------------------------------------------------------------------------------------------------


def fingerprint(machine: Machine) -> tuple[object, ...]:
    states = [ctypes.string_at(ctypes.addressof(h.state), ctypes.sizeof(h.state)) for h in machine.harts]
    return machine.clock.cycles, states, machine.inputs.recorded


def test_a_replay_sees_every_input_at_its_instruction() -> None:
    """Threads assert and withdraw interrupts whenever they like; their record gives the same run again."""
    program = ("addi s3,zero,-1", "csrrw zero,hie,s3", "csrrsi zero,sstatus,2", *SPIN[:1], f"jal zero,{MAIN + 12:#x}")
    machine = make(*program, harts=2, handler=("addi s2,s2,1", "csrrw zero,hvip,zero", "sret"), quantum=7, mode=Mode.HS)

    def produce(number: int) -> None:
        choose = random.Random(number)
        for _ in range(60):
            hart = machine.harts[choose.randrange(2)]
            (choose.choice((hart.outside.set, hart.outside.unset)))(
                choose.choice(hart.outside.bits), f"thread {number}"
            )
            hart.wires.unset(Interrupt.MEI)

    threads = [threading.Thread(target=produce, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        machine.run(50)
    machine.run(10_000 - machine.clock.cycles % 10_000)
    first, recorded = fingerprint(machine), machine.inputs.recorded
    assert len(recorded) > 2
    assert machine.harts[0].x[18] + machine.harts[1].x[18] > 0, "some were taken"
    for budget in (1 << 30, 13):
        machine.reset()
        machine.inputs.replay(recorded)
        while machine.clock.cycles < first[0]:  # type: ignore[operator]
            machine.run(min(budget, first[0] - machine.clock.cycles))  # type: ignore[operator]
        assert fingerprint(machine) == first


def test_the_example() -> None:
    path = ROOT / "scripts" / "user_irqchip.py"
    spec = importlib.util.spec_from_file_location("user_irqchip", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = example
    spec.loader.exec_module(example)
    echoed, machine = trio.run(example.main, "HAL")
    assert echoed == b"IBM"
    assert machine.harts[0].x[18] >= example.TIMERS
