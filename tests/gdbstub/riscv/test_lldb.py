"""A stock LLDB in front of the machine."""

from __future__ import annotations

import subprocess

import trio

from gdbstub.riscv.target import RiscvTarget
from gdbstub.server import Server, listen
from tests.gdbstub.riscv.conftest import GUEST, HANDLER
from tests.tools import LLDB, needed

PATIENCE = 120  # seconds


async def _session(target: RiscvTarget, commands: list[str]) -> str:
    listeners = await listen("127.0.0.1", 0)
    host, port = listeners[0].socket.getsockname()
    typed = [word for line in [f"gdb-remote {host}:{port}", *commands, "detach"] for word in ("-o", line)]
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Server(target).run, listeners)
            done = await trio.run_process(
                [needed(LLDB), "--no-lldbinit", "-b", *typed],
                capture_stdout=True,
                stderr=subprocess.STDOUT,
                check=False,
            )
            nursery.cancel_scope.cancel()
    return done.stdout.decode()


def test_lldb_connects_reads_steps_and_breaks(pair: RiscvTarget) -> None:
    said = trio.run(
        _session,
        pair,
        [
            "register read pc hstatus virt",
            "si",
            "si",
            "register read --format hex pc trap_cause_int",
            f"breakpoint set -a {GUEST:#x}",
            "continue",
            "register read pc a0",
            "memory read --format x --size 4 --count 1 0x40000000",
            "register write a0 41",
            "register read a0",
            "thread list",
        ],
    )
    for expected in (
        f"pc = {GUEST:#018x}",
        "VTSR = 1",
        f"pc = {HANDLER:#018x}",
        "trap_cause_int = 0x0000000000000016",
        "stop reason = breakpoint 1.1",
        "a0 = 0x0000000000000001",
        "0x40000000: 0x00150513",
        "a0 = 0x0000000000000029",
        "thread #2",
    ):
        assert expected in said
