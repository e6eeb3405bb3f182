"""A stock LLDB in front of the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from gdbstub.scripting import Server
from tests.debugger.conftest import GUESTS
from tests.tools import LLDB, needed

PATIENCE = 120  # seconds


def lldb(server: Server, *commands: str) -> str:
    """What LLDB prints for the commands, and for leaving."""
    typed = [word for line in [f"gdb-remote 127.0.0.1:{server.port}", *commands, "detach"] for word in ("-o", line)]
    image = str(GUESTS / "hypervisor.elf")
    done = subprocess.run(
        [needed(LLDB), "--no-lldbinit", "-b", image, *typed],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout


@pytest.fixture
def server() -> Iterator[Server]:
    needed(LLDB)
    with Server(GUESTS / "hypervisor.elf") as server:
        yield server
        assert server.errors == ""


def test_lldb_breaks_steps_and_reads_registers(server: Server) -> None:
    said = lldb(
        server,
        "breakpoint set --skip-prologue false --name vs_sret_vtsr",
        "continue",
        "register read hart_mode virt vmid",
        "si",
        "register read hstatus trap_cause vi_reason",
        "disassemble --pc --count 2",
        "register write t6 4711",
        "register read --format decimal t6",
        "thread list",
        "breakpoint set --name handle_virtual_instruction",
        "continue",
        "bt",
    )
    for expected in (
        "stop reason = breakpoint 1.1",
        "hart_mode = 0x0000000000000005",  # LLDB shows names in fields, not for a whole register
        "virt = 0x0000000000000001",
        "vmid = 0x0000000000000007",
        "VTSR = 1, VTW = 1, VTVM = 1",
        "SPV = 1",
        "trap_cause = 0x0000000000000016",
        " at trap.S:",  # the step led into the handler
        "t6 = 4711",
        "stop reason = breakpoint 2.1",
        "`schedule",
    ):
        assert expected in said, said


def test_lldb_evaluates_and_watches(server: Server) -> None:
    """LLDB keeps values of its own in a gap of the memory map, so it has to be told of one."""
    said = lldb(
        server,
        "breakpoint set --name hypervisor_main",
        "continue",
        "p (int)(1 + 2) * 7",
        "p $sp - 16 < $sp",
        "memory read --format x --size 4 --count 1 0x80200000",
        "memory region 0x80200000",
        "memory region 0x7000000000000000",
        "watchpoint set expression -- &checks_passed",
        "continue",
        "memory read 0x7000000000",  # the last: an error ends LLDB's batch
    )
    for expected in (
        "(int) 21",
        "(bool) true",
        "0x80200000: 0x",
        "error: memory read failed",
        "[0x0000000000000000-0x0100000000000000) rwx",
        "[0x0100000000000000-0xff00000000000000) ---",
        "stop reason = watchpoint 1",
        "new value: 0x0000000000000001",
    ):
        assert expected in said, said
    assert "Assertion" not in said, said
