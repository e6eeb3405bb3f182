"""A debugger may write anything anywhere: what it gets is a value or a TargetError, and the machine goes on."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from gdbstub.errors import TargetError
from gdbstub.riscv import memory
from gdbstub.riscv.registers import Registers
from gdbstub.riscv.target import RiscvTarget
from gdbstub.riscv.worlds import Space
from gdbstub.target import Breakpoint, BreakpointKind, Motion, ResumePlan
from tests.gdbstub.riscv.conftest import DRAM, G_TABLE, GUEST, VS_TABLE, make

MACHINE = make()
TARGET = RiscvTarget(MACHINE)
REGISTERS = Registers(MACHINE.harts[0])
WORD = st.integers(0, (1 << 64) - 1)
NEAR = st.integers(-16, 1 << 21)
ADDRESS = st.one_of(WORD, st.tuples(st.sampled_from([0, DRAM, GUEST]), NEAR).map(lambda pair: sum(pair) % (1 << 64)))
VALUE = st.one_of(WORD, ADDRESS, st.integers(0, 63).map(lambda bit: 1 << bit))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(REGISTERS.numbers), VALUE), max_size=8), st.integers(1, 20))
def test_any_register_may_be_written_with_anything(writes: list[tuple[int, int]], steps: int) -> None:
    TARGET.restart()
    for number, value in writes:
        size = TARGET.register_size(number)
        with suppress(TargetError):
            TARGET.write_register(1, number, (value % (1 << 8 * size)).to_bytes(size, "little"))
        TARGET.read_register(1, number)
    for _ in range(steps):
        TARGET.resume(ResumePlan.only(1, Motion.STEP))
        TARGET.run_slice()
    for number in REGISTERS.numbers:
        assert len(TARGET.read_register(1, number)) == TARGET.register_size(number)


@settings(max_examples=300, deadline=None)
@given(
    entries=st.lists(st.tuples(st.sampled_from([G_TABLE, VS_TABLE]), st.integers(0, 511), WORD), max_size=4),
    space=st.sampled_from(Space),
    address=ADDRESS,
    data=st.binary(min_size=1, max_size=64),
)
def test_any_memory_may_be_read_and_written(
    entries: list[tuple[int, int, int]], space: Space, address: int, data: bytes
) -> None:
    TARGET.restart()
    hart = MACHINE.harts[0]
    for table, index, entry in entries:
        MACHINE.ram.write(table - DRAM + 8 * index, 8, entry)
    with suppress(TargetError):
        memory.write(hart, address, data, space)
    with suppress(TargetError):
        assert 1 <= len(memory.read(hart, address, len(data), space)) <= len(data)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(BreakpointKind), ADDRESS, st.integers(1, 64)), max_size=6, unique=True))
def test_breakpoints_anywhere_leave_nothing_behind(wanted: list[tuple[BreakpointKind, int, int]]) -> None:
    TARGET.restart()
    breakpoints = [Breakpoint(*each) for each in wanted]
    for breakpoint in breakpoints:
        TARGET.insert_breakpoint(breakpoint)
    TARGET.resume(ResumePlan.only(1, Motion.STEP))
    assert TARGET.run_slice() is not None
    for breakpoint in breakpoints:
        TARGET.remove_breakpoint(breakpoint)
    assert not MACHINE.watches.breakpoints
    assert not MACHINE.watches.watchpoints
