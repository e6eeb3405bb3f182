"""Memory: each address space from wherever the hart is, past permissions, without side effects."""

from __future__ import annotations

import pytest

from gdbstub.errors import TargetError
from gdbstub.riscv import memory
from gdbstub.riscv.target import RiscvTarget
from gdbstub.riscv.worlds import Space
from machine.board.virt import FINISHER, UART
from machine.hart.hart import Hart
from machine.machine import Machine
from machine.spec.modes import Mode
from tests.gdbstub.riscv.conftest import DRAM, G_TABLE, GUEST, SUPERVISOR, USER, VS_TABLE, set_entry

WORD = b"\x11\x22\x33\x44"


def set_mode(hart: Hart, mode: Mode) -> None:
    hart.state.priv, hart.state.virt = mode.privilege, mode.virtual
    hart.context_changed()


@pytest.mark.parametrize(
    ("mode", "address"), [(Mode.M, DRAM), (Mode.HS, DRAM), (Mode.U, DRAM), (Mode.VS, GUEST), (Mode.VU, GUEST)]
)
def test_by_default_as_the_hart_sees_it(machine: Machine, hart: Hart, mode: Mode, address: int) -> None:
    machine.ram.load(DRAM + 0x3000, WORD)
    set_mode(hart, mode)
    assert memory.read(hart, address + 0x3000, 4) == WORD


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    ("space", "address"),
    [(Space.PHYSICAL, DRAM), (Space.HOST, DRAM), (Space.GUEST_PHYSICAL, 0), (Space.GUEST, GUEST)],
)
def test_every_space_from_every_mode(machine: Machine, hart: Hart, mode: Mode, space: Space, address: int) -> None:
    machine.ram.load(DRAM + 0x3000, WORD)
    set_mode(hart, mode)
    assert memory.read(hart, address + 0x3000, 4, space) == WORD


@pytest.mark.parametrize("flags", [0x43, 0x09, 0x1B, 0x0F, USER, SUPERVISOR])
def test_permissions_do_not_stop_a_debugger_and_tables_stay(machine: Machine, hart: Hart, flags: int) -> None:
    set_entry(machine, VS_TABLE, GUEST >> 30, 0, flags)
    tables = bytes(machine.ram.data[0x1_0000:0x3_0000])
    hart.state.menvcfg = hart.state.henvcfg = 1 << 61  # ADUE: a program's access would set A and D
    assert memory.read(hart, GUEST, 2) == bytes(machine.ram.data[:2])
    memory.write(hart, GUEST + 0x5000, WORD)
    assert bytes(machine.ram.data[0x5000:0x5004]) == WORD
    assert bytes(machine.ram.data[0x1_0000:0x3_0000]) == tables


def test_pmp_does_not_stop_a_debugger(hart: Hart) -> None:
    hart.state.pmpcfg0 = 0
    hart.forget_translations()
    assert len(memory.read(hart, GUEST, 16)) == 16


def test_a_g_stage_page_without_u_exists_for_no_guest(machine: Machine, hart: Hart) -> None:
    set_entry(machine, G_TABLE, 0, DRAM, SUPERVISOR)
    with pytest.raises(TargetError, match="not mapped in the G-stage: U=0"):
        memory.read(hart, GUEST, 1)


@pytest.mark.parametrize(
    ("address", "text"),
    [(0x1000, "PTE.V=0"), (1 << 40, "upper bits"), (GUEST + 0x3000_0000, "no memory or device answers")],
)
def test_an_unmapped_address_is_an_error_with_its_reason(hart: Hart, address: int, text: str) -> None:
    with pytest.raises(TargetError, match=text):
        memory.read(hart, address, 4)


def test_the_longest_readable_prefix_is_read(machine: Machine, hart: Hart) -> None:
    end = machine.ram.base + machine.ram.size
    assert len(memory.read(hart, end - 8, 100, Space.PHYSICAL)) == 8
    assert len(memory.read(hart, GUEST + machine.ram.size - 5000, 9000)) == 5000


def test_a_write_is_all_or_nothing(machine: Machine, hart: Hart) -> None:
    end = machine.ram.base + machine.ram.size
    with pytest.raises(TargetError):
        memory.write(hart, end - 4, bytes(range(1, 9)), Space.PHYSICAL)
    assert bytes(machine.ram.data[-4:]) == bytes(4)


def test_decoded_code_follows_a_write(target: RiscvTarget) -> None:
    hart = target.machine.harts[0]
    target.machine.run(40)
    hart.state.pc, hart.x[10] = DRAM, 0
    set_mode(hart, Mode.M)
    target.machine.run(1)
    target.write_memory(1, DRAM, 0x00750513.to_bytes(4, "little"))  # addi a0, a0, 7
    hart.state.pc = DRAM
    target.machine.run(1)
    assert hart.x[10] == 8


def test_a_device_is_peeked_at_and_takes_whole_registers(hart: Hart, machine: Machine) -> None:
    assert len(memory.read(hart, UART, 8, Space.PHYSICAL)) == 8
    memory.write(hart, UART + 7, b"\x5a", Space.PHYSICAL)
    assert memory.read(hart, UART + 7, 1, Space.PHYSICAL) == b"\x5a"
    with pytest.raises(TargetError, match="takes no write of 3 bytes"):
        memory.write(hart, FINISHER, b"\0\0\0", Space.PHYSICAL)
    memory.write(hart, FINISHER, (0x5555).to_bytes(4, "little"), Space.PHYSICAL)
    assert machine.finish is not None
