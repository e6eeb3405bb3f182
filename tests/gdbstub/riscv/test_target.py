"""The machine behind a session: packets in, packets out, no socket."""

from __future__ import annotations

import pytest

from gdbstub.riscv.target import RiscvTarget
from gdbstub.target import Breakable, Commanded, Hosted, Mapped, Restartable, Target
from tests.gdbstub.debugger import Debugger
from tests.gdbstub.riscv.conftest import COUNTER, GUEST, HANDLER, SRET

HSTATUS, HGEIP, VIRT = 65 + 0x600, 65 + 0xE12, 0x2001


def little(value: int) -> str:
    return value.to_bytes(8, "little").hex()


def test_it_has_every_capability(target: RiscvTarget) -> None:
    checked: Target = target
    assert all(isinstance(checked, kind) for kind in (Breakable, Commanded, Hosted, Mapped, Restartable))


def test_the_map_covers_what_any_world_reaches(target: RiscvTarget) -> None:
    low, high = target.memory_map()
    assert (low.start, high.start + high.length) == (0, 1 << 64)
    assert low.length >= 1 << 56  # Sv57's half, and physical addresses
    assert (1 << 64) - high.start >= 1 << 56


def test_the_general_registers_go_in_one_packet_both_ways(gdb: Debugger) -> None:
    said = gdb.ask("g").decode()
    assert said[32 * 16 :] == little(GUEST)
    assert gdb.ask("G" + said[: 32 * 16] + little(SRET)) == b"OK"
    assert gdb.pc() == SRET


def test_a_stop_carries_what_a_frame_needs(gdb: Debugger) -> None:
    said = gdb.ask("vCont;s:1").decode()
    assert said.startswith("T05thread:1;")
    assert f"20:{little(SRET)}" in said
    assert "02:" in said


def test_a_csr_write_that_cannot_be_is_an_error(new_gdb: Debugger) -> None:
    assert new_gdb.ask(f"P{HGEIP:x}={little(1)}") == b"E.$hgeip cannot be written: the manual makes it read-only"
    assert new_gdb.ask("P1041=" + little(3)).startswith(b"E.M-mode has V=0")
    assert new_gdb.ask("p9999") == b"E.there is no register 39321: target.xml lists those there are"


def test_a_csr_write_reads_back_legalised(gdb: Debugger) -> None:
    assert gdb.ask(f"P{HSTATUS:x}={little((1 << 64) - 1)}") == b"OK"
    pointers = 3 << 48  # HUPMM
    vsxl_gein_and_flags = pointers | 2 << 32 | 7 << 20 | 63 << 12 | 0xF << 6
    assert gdb.ask(f"p{HSTATUS:x}") == little(vsxl_gein_and_flags).encode()


def test_unmapped_memory_is_an_error_with_its_reason(new_gdb: Debugger) -> None:
    assert b"guest virtual address 0x10 is not mapped: PTE.V=0" in new_gdb.ask("m10,4")


def test_writing_v_moves_memory_along(gdb: Debugger) -> None:
    assert gdb.ask(f"m{GUEST:x},4") == b"13051500"
    assert gdb.ask(f"P{VIRT:x}={little(0)}") == b"OK"
    assert gdb.ask("m80000000,4") == b"13051500"
    assert gdb.ask(f"m{GUEST:x},4").startswith(b"E")


@pytest.mark.parametrize(("kind", "word"), [("0", b"swbreak:"), ("1", b"hwbreak:")])
def test_a_breakpoint_is_reported_by_its_kind(gdb: Debugger, kind: str, word: bytes) -> None:
    assert gdb.ask(f"Z{kind},{HANDLER:x},4") == b"OK"
    assert word in gdb.ask("vCont;c")
    assert gdb.ask(f"z{kind},{HANDLER:x},4") == b"OK"


def test_a_watchpoint_is_reported_with_its_address(gdb: Debugger) -> None:
    assert gdb.ask(f"Z2,{COUNTER:x},8") == b"OK"
    assert f"watch:{COUNTER:x};".encode() in gdb.ask("c")


def test_a_caught_trap_is_said_before_the_stop(gdb: Debugger, target: RiscvTarget) -> None:
    target.machine.catches.causes.add(22)
    assert gdb.ask("c").startswith(b"T05")
    assert "rule H_virtinst_vs_sret_vtsr1" in gdb.console


def test_a_restart_begins_at_the_beginning(gdb: Debugger, target: RiscvTarget) -> None:
    gdb.ask("s")
    assert gdb.ask("vRun;").startswith(b"T05")
    assert gdb.pc() == GUEST
    assert target.machine.harts[0].state.mcycle == 0


def test_threads_are_told_by_name(gdb: Debugger) -> None:
    assert bytes.fromhex(gdb.ask("qThreadExtraInfo,1").decode()) == b"hart 0: VS-mode, vmid 7"
