"""A stock gdb in front of the machine: what its user types and reads."""

from __future__ import annotations

import subprocess

import trio

from gdbstub.riscv.target import RiscvTarget
from gdbstub.server import Server, listen
from tests.gdbstub.riscv.conftest import COUNTER, GUEST, HANDLER, SRET
from tests.tools import GDB, needed

PATIENCE = 60  # seconds


def ask(target: RiscvTarget, *commands: str) -> list[str]:
    """What gdb prints for the commands, line by line."""
    return trio.run(_session, target, ["set pagination off", "set width 0", "target remote {}", *commands])


def values(target: RiscvTarget, *commands: str) -> list[str]:
    """What gdb's ``p`` prints for them."""
    return [line.partition(" = ")[2] for line in ask(target, *commands) if line.startswith("$")]


async def _session(target: RiscvTarget, commands: list[str]) -> list[str]:
    listeners = await listen("127.0.0.1", 0)
    host, port = listeners[0].socket.getsockname()
    typed = [word for line in commands for word in ("-ex", line.format(f"{host}:{port}"))]
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Server(target).run, listeners)
            done = await trio.run_process(
                [needed(GDB), "-nx", "-q", "-batch", *typed], capture_stdout=True, stderr=subprocess.STDOUT, check=False
            )
            nursery.cancel_scope.cancel()
    return done.stdout.decode().splitlines()


def test_the_v_bit_is_read_and_written(target: RiscvTarget) -> None:
    look = ("p $virt", "p $hart_mode", "p $priv")
    assert values(target, *look, "set $virt = 0", *look, "set $virt = 1", *look) == [
        *("1", "VS", "1"),
        *("0", "HS", "1"),
        *("1", "VS", "1"),
    ]


def test_a_refused_mode_is_an_error_and_changes_nothing(target: RiscvTarget) -> None:
    said = "\n".join(ask(target, "set $priv = 3", "p $hart_mode"))
    assert "Could not write register" in said
    assert "$1 = VS" in said


def test_csrs_print_their_fields_and_writes_are_legalised(target: RiscvTarget) -> None:
    assert values(
        target,
        "p $hstatus",
        "p $hgatp",
        "set $hgatp |= 3ul << 60",  # MODE 11 does not exist
        "p $hgatp",
        "set $hstatus = 0x80ul",
        "p $hstatus",
        "set $hstatus_vtw = 1",
        "p $hstatus",
    ) == [
        "[ SPVP=U VGEIN=0 VTSR VSXL=RV64 HUPMM=Off ]",
        "[ PPN=524304 VMID=7 MODE=Sv39x4 ]",
        "[ PPN=524304 VMID=7 MODE=Sv39x4 ]",
        "[ SPV SPVP=U VGEIN=0 VSXL=RV64 HUPMM=Off ]",
        "[ SPV SPVP=U VGEIN=0 VTW VSXL=RV64 HUPMM=Off ]",
    ]


def test_every_register_is_read_without_an_error(target: RiscvTarget) -> None:
    said = "\n".join(ask(target, "info registers all", "info registers csr", "info registers hypervisor"))
    assert "Could not fetch" not in said
    assert "<unavailable>" not in said
    assert "vi_reason" in said


def test_a_step_into_a_trap_shows_its_rule(target: RiscvTarget) -> None:
    trap = ("p $trap_cause", "p $vi_reason", "p $trap_from", "p $trap_to", "p $trap_count")
    assert values(target, *trap, "stepi", "p/x $pc", "stepi", "p/x $pc", *trap) == [
        *("none", "none", "none", "none", "0"),
        *(f"{SRET:#x}", f"{HANDLER:#x}"),
        *("VIRTUAL_INSTRUCTION", "H_virtinst_vs_sret_vtsr1", "VS", "HS", "1"),
    ]


def test_code_is_disassembled_where_the_hart_sees_it(target: RiscvTarget) -> None:
    assert f"   {SRET:#x}:\tsret" in ask(target, "x/2i $pc")


def test_breakpoints_stop_in_the_guest_and_in_the_handler(target: RiscvTarget) -> None:
    said = "\n".join(
        ask(
            target,
            f"break *{HANDLER:#x}",
            f"hbreak *{GUEST:#x} if $virt == 1",
            "continue",
            "continue",
            "p $a0",
            "p $hart_mode",
        )
    )
    assert f"Breakpoint 1, {HANDLER:#018x}" in said
    assert f"Breakpoint 2, {GUEST:#018x}" in said
    assert "$1 = 1" in said
    assert "$2 = VS" in said


def test_a_watchpoint_shows_old_and_new(target: RiscvTarget) -> None:
    said = "\n".join(ask(target, f"watch *(long *){COUNTER:#x}", "continue", "continue"))
    assert "Old value = 0\nNew value = 1" in said
    assert "Old value = 1\nNew value = 2" in said


def test_memory_reads_anywhere_the_mode_reaches(target: RiscvTarget) -> None:
    said = "\n".join(
        ask(
            target,
            f"set *(long *){GUEST + 0x8000:#x} = 77",
            f"p *(long *){GUEST + 0x8000:#x}",
            "x/gx 0xffffffff80000000",
            "set $virt = 0",
            "p *(long *)0x80008000",
        )
    )
    assert "$1 = 77" in said
    assert "Cannot access memory at address 0xffffffff80000000" in said
    assert "$2 = 77" in said


def test_threads_are_harts(pair: RiscvTarget) -> None:
    said = "\n".join(ask(pair, "info threads", "thread 2", "p $hart_mode", "p $mhartid"))
    assert 'Thread 1 "hart 0" (VS-mode, vmid 7)' in said
    assert 'Thread 2 "hart 1" (M-mode)' in said
    assert "$1 = M" in said
    assert "$2 = 1" in said


def test_a_guest_that_powers_off_exits(target: RiscvTarget) -> None:
    said = "\n".join(
        ask(target, "set $virt = 0", "set $priv = 3", "set $pc = 0x80003000", "set *(int *)0x80003000 = 0x00b62023",
            "set $a1 = 0x33333", "set $a2 = 0x100000", "continue")
    )  # fmt: skip
    assert "the guest ended the run: fail, code 3" in said
    assert "[Inferior 1 (Remote target) exited with code 03]" in said
