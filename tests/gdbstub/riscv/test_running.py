"""Stepping, continuing, breakpoints, watchpoints, catches: what moves, where it stops, and what is said about it."""

from __future__ import annotations

import pytest

from gdbstub.errors import TargetError
from gdbstub.riscv.running import LONGEST_BRIEF
from gdbstub.riscv.target import RiscvTarget
from gdbstub.target import Action, Breakpoint, BreakpointKind, Motion, ResumePlan, Stop, StopReason
from machine.board.virt import FINISHER
from machine.hart.hart import Hart
from machine.isa.assemble import assemble
from machine.spec.modes import Mode
from tests.gdbstub.riscv.conftest import COUNTER, DRAM, GUEST, HANDLER, SPIN, SRET, STORE

SLICES = 50
VIRTUAL_INSTRUCTION = 22


def run(target: RiscvTarget, **motions: Motion) -> Stop:
    """Carry out a plan such as ``t1=Motion.STEP`` until it stops."""
    target.resume(ResumePlan({int(thread[1:]): Action(motion) for thread, motion in motions.items()}))
    for _ in range(SLICES):
        if stop := target.run_slice():
            return stop
    raise AssertionError("nothing stopped it")


def step(target: RiscvTarget) -> Stop:
    return run(target, t1=Motion.STEP)


def go(target: RiscvTarget) -> Stop:
    return run(target, **{f"t{thread.id}": Motion.CONTINUE for thread in target.threads()})


def in_m_mode(hart: Hart, *lines: str) -> None:
    """Let a hart stand in M-mode before some instructions."""
    for i, line in enumerate(lines):
        hart.ram.write(0x3000 + 4 * i, 4, assemble(line))
    hart.state.priv, hart.state.virt, hart.state.pc = Mode.M, 0, DRAM + 0x3000
    hart.context_changed()


def test_a_step_over_a_trapping_instruction_ends_at_the_handlers_first(target: RiscvTarget) -> None:
    assert step(target) == Stop(StopReason.STEPPED)
    assert target.machine.harts[0].state.pc == SRET
    assert step(target) == Stop(StopReason.STEPPED)
    assert target.machine.harts[0].state.pc == HANDLER


def test_the_first_slice_of_a_run_is_short(target: RiscvTarget) -> None:
    """Whoever carries it out does nothing else meanwhile, however long the run before has gone on."""
    in_m_mode(target.machine.harts[0], "jal x0, 0")
    clock = target.machine.clock
    lengths = []
    for _ in range(2):
        target.resume(ResumePlan({1: Action(Motion.CONTINUE)}))
        for _ in range(4):
            before = clock.cycles
            assert target.run_slice() is None
            lengths.append(clock.cycles - before)
    assert max(lengths[0], lengths[4]) <= LONGEST_BRIEF
    assert lengths[4] < lengths[3]


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ([0], StopReason.SOFTWARE_BREAKPOINT),
        ([1], StopReason.HARDWARE_BREAKPOINT),
        ([0, 1], StopReason.SOFTWARE_BREAKPOINT),
    ],
)
def test_a_breakpoint_stops_before_its_instruction_each_time_round(
    target: RiscvTarget, kinds: list[int], reason: StopReason
) -> None:
    target.machine.run(100)  # everything is decoded
    memory = bytes(target.machine.ram.data[:0x800])
    for kind in kinds:
        target.insert_breakpoint(Breakpoint(BreakpointKind(kind), HANDLER, 4))
    counts = []
    for _ in range(3):
        assert go(target) == Stop(reason)
        assert target.machine.harts[0].state.pc == HANDLER
        counts.append(target.machine.harts[0].x[10])
    assert counts[1] == counts[0] + 1 == counts[2] - 1
    assert bytes(target.machine.ram.data[:0x800]) == memory


def test_a_breakpoint_asked_for_twice_is_gone_after_the_second_removal(target: RiscvTarget) -> None:
    both = [Breakpoint(BreakpointKind(kind), HANDLER, 4) for kind in (0, 1)]
    for breakpoint in both:
        target.insert_breakpoint(breakpoint)
    target.remove_breakpoint(both[0])
    assert go(target).reason is StopReason.HARDWARE_BREAKPOINT
    target.remove_breakpoint(both[1])
    target.resume(ResumePlan.only(1, Motion.CONTINUE))
    assert [target.run_slice() for _ in range(3)] == [None] * 3


def test_a_step_from_a_breakpoint_runs_its_instruction_and_leaves_the_breakpoint(target: RiscvTarget) -> None:
    target.insert_breakpoint(Breakpoint(BreakpointKind.SOFTWARE, GUEST, 4))
    assert step(target).reason is StopReason.STEPPED
    assert target.machine.harts[0].state.pc == SRET
    assert go(target).reason is StopReason.SOFTWARE_BREAKPOINT
    assert target.machine.harts[0].x[10] == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (BreakpointKind.WRITE, StopReason.WRITE_WATCHPOINT),
        (BreakpointKind.ACCESS, StopReason.ACCESS_WATCHPOINT),
    ],
)
def test_a_watchpoint_names_an_address_inside_it(target: RiscvTarget, kind: BreakpointKind, reason: StopReason) -> None:
    target.machine.run(100)
    target.insert_breakpoint(Breakpoint(kind, COUNTER + 4, 4))
    before = target.machine.harts[0].x[10] - 1
    for round_ in range(3):
        assert go(target) == Stop(reason, address=COUNTER + 4)
        assert target.machine.harts[0].state.pc == STORE
        assert int.from_bytes(target.read_memory(1, COUNTER, 8), "little") == before + round_


def test_a_read_watchpoint_ignores_writes(target: RiscvTarget) -> None:
    target.insert_breakpoint(Breakpoint(BreakpointKind.READ, COUNTER, 8))
    target.resume(ResumePlan.only(1, Motion.CONTINUE))
    assert [target.run_slice() for _ in range(2)] == [None] * 2


def test_a_caught_trap_is_told_in_a_sentence(target: RiscvTarget) -> None:
    target.machine.catches.causes.add(VIRTUAL_INSTRUCTION)
    stop = go(target)
    assert stop.reason is StopReason.CAUGHT
    assert stop.note == (
        "hart 0 caught virtual-instruction: VS (vmid 7) -> HS, from 0x40000004 'sret' "
        "(SRET in VS-mode while hstatus.VTSR=1, rule H_virtinst_vs_sret_vtsr1)\n"
    )
    assert target.machine.harts[0].state.pc == HANDLER


def test_a_world_switch_is_told_in_both_directions(target: RiscvTarget) -> None:
    target.machine.catches.worlds = True
    assert go(target).note == "hart 0 caught world switch: VS (vmid 7) -> HS\n"
    assert go(target).note == "hart 0 caught world switch: HS -> VS (vmid 7)\n"


@pytest.mark.parametrize(("word", "code", "note"), [(0x5555, 0, "pass"), (7 << 16 | 0x3333, 7, "fail, code 7")])
def test_a_guest_that_ends_its_run_exits(target: RiscvTarget, word: int, code: int, note: str) -> None:
    in_m_mode(target.machine.harts[0], "sw a1,0(a2)")
    target.machine.harts[0].x[11], target.machine.harts[0].x[12] = word, FINISHER
    stop = go(target)
    assert (stop.reason, stop.code, stop.note) == (StopReason.EXITED, code, f"the guest ended the run: {note}\n")
    assert target.halt_reason().reason is StopReason.HALTED
    with pytest.raises(TargetError, match="has ended its run"):
        target.resume(ResumePlan.only(1, Motion.CONTINUE))
    target.restart()
    assert step(target).reason is StopReason.STEPPED


def test_ctrl_c_stops_it_and_an_old_one_is_forgotten(target: RiscvTarget) -> None:
    target.resume(ResumePlan.only(1, Motion.CONTINUE))
    target.interrupt()
    assert next(stop.reason for stop in (target.run_slice(), target.run_slice()) if stop) is StopReason.INTERRUPTED
    target.interrupt()
    target.resume(ResumePlan.only(1, Motion.CONTINUE))
    assert [target.run_slice() for _ in range(3)] == [None] * 3


def test_only_the_threads_of_the_plan_move(pair: RiscvTarget) -> None:
    pair.insert_breakpoint(Breakpoint(BreakpointKind.SOFTWARE, HANDLER, 4))
    assert run(pair, t1=Motion.CONTINUE).reason is StopReason.SOFTWARE_BREAKPOINT
    assert pair.machine.harts[1].state.pc == SPIN
    assert pair.machine.harts[1].x[10] == 0


def test_a_step_gives_the_others_one_cycle(pair: RiscvTarget) -> None:
    assert run(pair, t1=Motion.STEP, t2=Motion.CONTINUE) == Stop(StopReason.STEPPED, 1)
    assert (pair.machine.harts[0].state.pc, pair.machine.harts[1].state.pc) == (SRET, SPIN + 4)


def test_another_hart_that_comes_to_a_breakpoint_meanwhile_stops(pair: RiscvTarget) -> None:
    pair.insert_breakpoint(Breakpoint(BreakpointKind.SOFTWARE, SPIN + 4, 4))
    assert run(pair, t1=Motion.STEP, t2=Motion.CONTINUE) == Stop(StopReason.SOFTWARE_BREAKPOINT, 2)


def test_a_stop_names_the_thread_that_met_it(pair: RiscvTarget) -> None:
    pair.insert_breakpoint(Breakpoint(BreakpointKind.SOFTWARE, SPIN + 4, 4))
    assert go(pair) == Stop(StopReason.SOFTWARE_BREAKPOINT, 2)


def test_the_wall_clock_does_not_show(target: RiscvTarget) -> None:
    """However a run is cut into slices, the same happens."""
    target.insert_breakpoint(Breakpoint(BreakpointKind.WRITE, COUNTER, 8))
    for _ in range(20):
        go(target)
    stepped = RiscvTarget(target.machine)
    end = target.machine.harts[0].state
    reached = bytes(end)
    cycles = end.mcycle
    target.restart()
    while stepped.machine.harts[0].state.mcycle < cycles:
        step(stepped)
    assert bytes(stepped.machine.harts[0].state) == reached


def test_a_step_in_wfi_waits_for_the_timer(target: RiscvTarget) -> None:
    hart = target.machine.harts[0]
    in_m_mode(hart, "wfi", "addi a0,a0,1")
    hart.state.mie, hart.state.mtvec = 1 << 7, HANDLER
    target.machine.board.aclint.write(0x4000, 8, target.machine.board.aclint.mtime + 500)
    assert step(target).reason is StopReason.STEPPED
    assert (hart.state.waiting, hart.state.pc) == (1, DRAM + 0x3004)
    assert step(target).reason is StopReason.STEPPED
    assert (hart.state.waiting, hart.state.pc, hart.x[10]) == (0, DRAM + 0x3008, 1)  # mstatus.MIE=0: it only wakes


def test_a_step_in_a_wfi_that_nothing_ends_can_be_interrupted(target: RiscvTarget) -> None:
    in_m_mode(target.machine.harts[0], "wfi")
    step(target)
    target.resume(ResumePlan.only(1, Motion.STEP))
    assert target.run_slice() is None
    target.interrupt()
    stop = target.run_slice()
    assert stop is not None
    assert stop.reason is StopReason.INTERRUPTED


def test_a_hart_that_hsm_has_stopped_says_so_instead_of_stepping(pair: RiscvTarget) -> None:
    pair.machine.harts[1].state.stopped = 1
    stop = run(pair, t2=Motion.STEP)
    assert stop.reason is StopReason.HALTED
    assert "hart 1 is stopped" in stop.note


def test_an_idle_machine_keeps_listening(target: RiscvTarget) -> None:
    in_m_mode(target.machine.harts[0], "wfi")
    target.resume(ResumePlan.only(1, Motion.CONTINUE))
    assert [target.run_slice() for _ in range(3)] == [None] * 3
    target.interrupt()
    assert any(stop and stop.reason is StopReason.INTERRUPTED for stop in (target.run_slice(), target.run_slice()))
