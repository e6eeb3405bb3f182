"""A stock gdb, and LLDB, against the server with the little machine behind it: what their users see."""

from __future__ import annotations

import subprocess

import trio

from gdbstub.server import serve
from tests.gdbstub.fake_target import FakeTarget
from tests.tools import GDB, LLDB, needed

PATIENCE = 60  # seconds
PRESS_CTRL_C = (
    "python import os, signal, threading; threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()"
)


def beside_server(target: FakeTarget, *command: str) -> str:
    """What a program prints while the target is served; ``{port}`` in its arguments becomes the port."""
    printed = ""

    async def main() -> None:
        nonlocal printed
        ports: list[int] = []
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lambda: serve(target, port=0, on_listening=lambda _, port: ports.append(port)))
                while not ports:
                    await trio.sleep(0.01)
                arguments = [argument.replace("{port}", str(ports[0])) for argument in command]
                ended = await trio.run_process(
                    arguments, capture_stdout=True, stderr=subprocess.STDOUT, check=False, stdin=b""
                )
                printed = ended.stdout.decode()
                nursery.cancel_scope.cancel()

    trio.run(main)
    return printed


def gdb(target: FakeTarget, *commands: str, connect: str = "target remote :{port}") -> str:
    lines = ["set confirm off", "set pagination off", connect, *commands]
    arguments = [argument for line in lines for argument in ("-ex", line)]
    return beside_server(target, needed(GDB), "-nx", "-batch", *arguments)


def lldb(target: FakeTarget, *commands: str) -> str:
    arguments = [argument for line in ("gdb-remote 127.0.0.1:{port}", *commands) for argument in ("-o", line)]
    return beside_server(target, needed(LLDB), "--no-lldbinit", "-b", *arguments)


def test_gdb_looks_at_threads_registers_and_memory(target: FakeTarget) -> None:
    said = gdb(target, "info threads", "x/2i $pc", "p $status", "p/x $pc", "x/wx 0x100c", "x/wx 0x9000", "info mem")
    for part in (
        'Thread 1 "hart 0" (M-mode)',
        'Thread 2 "hart 1" (VS-mode)',
        "=> 0x1000:\tnop",
        "[ MODE=0 ]",
        "= 0x1000\n",
        "0x100c:\t0x00000073",
        "0x9000:\tCannot access memory at address 0x9000",
        "0x0000000000001000 0x0000000000005000 rw",
    ):
        assert part in said, said


def test_gdb_steps_into_the_trap_handler_by_the_targets_own_step(target: FakeTarget) -> None:
    said = gdb(target, "stepi", "stepi", "stepi", "stepi", "p $pc")
    assert "(void (*)()) 0x1200" in said, said
    assert not target.breakpoints


def test_gdb_writes_registers_and_memory_and_searches(target: FakeTarget) -> None:
    said = gdb(target, "p $a1 = 77", "set {int}0x3010 = 0x1234", "find /w 0x1000, 0x4fff, 0x1234", "x/wx 0x3010")
    assert target.registers[1][11] == 77
    assert "0x3010\n1 pattern found." in said, said
    assert "0x3010:\t0x00001234" in said, said


def test_gdb_stops_at_breakpoints_of_every_kind(target: FakeTarget) -> None:
    software = ("p $a1 = 0x3000", "break *0x1008", "continue", "delete")
    watching = ("watch *(long*)0x3000", "continue", "continue", "delete")
    said = gdb(target, *software, *watching, "hbreak *0x1200", "continue", "p $pc")
    assert 'Thread 1 "hart 0" hit Breakpoint 1, 0x0000000000001008' in said, said
    assert "Old value = 0\nNew value = 1\n" in said, said
    assert "hit Breakpoint 3, 0x0000000000001200" in said, said
    assert not target.breakpoints


def test_gdb_interrupts_a_running_target(target: FakeTarget) -> None:
    said = gdb(target, PRESS_CTRL_C, "continue", "p $a0 > 0")
    assert "received signal SIGINT, Interrupt." in said, said
    assert target.slices > 1


def test_gdb_shows_monitor_output_and_what_is_wrong_with_a_command(target: FakeTarget) -> None:
    said = gdb(target, "monitor count", "monitor cuont", "monitor help")
    assert "the count is 0\n" in said, said
    assert "There is no command 'cuont'; did you mean 'count'?" in said, said
    assert "How far thread 1 has counted." in said, said


def test_gdb_shows_an_events_note(target: FakeTarget) -> None:
    said = gdb(target, "set $pc = 0x2000", "continue")
    assert "caught an illegal instruction, 0x0\n" in said, said
    assert "received signal SIGTRAP" in said, said


def test_gdb_runs_kills_and_leaves_in_extended_mode(target: FakeTarget) -> None:
    ending = ("set $a0 = 5", "set $pc = 0x1300", "continue", "info threads")
    again = ("starti", "p $pc", "stepi", "kill", "break *0x1204", "run", "p $a0")
    left = ("delete", "detach", "attach 1", "p $pc")
    said = gdb(target, *ending, *again, *left, connect="target extended-remote :{port}")
    for part in (
        "exited with code 05]\nNo threads.",
        "$1 = (void (*)()) 0x1000",
        "[Inferior 1 (Remote target) killed]",
        "$2 = 1",
        "detached]",
        "$3 = (void (*)()) 0x1204",
    ):
        assert part in said, said


def test_gdb_reads_why_a_program_that_has_ended_does_not_continue(target: FakeTarget) -> None:
    target.registers[1][32] = 0x1300
    said = gdb(target, "continue", "target remote :{port}", "continue", "p $pc")
    assert "exited normally]" in said, said
    assert "the program has ended: restart it" in said, said
    assert "(void (*)()) 0x1300" in said, said


def test_a_second_gdb_is_told_why_it_is_not_served(target: FakeTarget) -> None:
    said = gdb(target, f"shell {needed(GDB)} -nx -batch -ex 'target remote :{{port}}' 2>&1", "stepi", "p $pc")
    assert "another debugger is connected to this target" in said, said
    assert "Remote connection closed" in said, said
    assert "(void (*)()) 0x1004" in said, said


def test_lldb_looks_steps_and_stops(target: FakeTarget) -> None:
    looking = ("thread list", "register read pc a0", "memory read 0x1000 0x1004")
    moving = ("stepi", "register write a1 0x3000", "breakpoint set -a 0x1200", "continue", "register read pc")
    said = lldb(target, *looking, *moving, "process plugin packet monitor count", "detach")
    assert "tid = 0x0002" in said, said
    assert "pc = 0x0000000000001000" in said, said
    assert "stop reason = instruction step" in said, said
    assert "stop reason = breakpoint 1.1" in said, said
    assert "pc = 0x0000000000001200" in said, said
    assert "0x00001000: 13 00 00 00" in said, said
    assert "the count is 1" in said, said
    assert not target.breakpoints
