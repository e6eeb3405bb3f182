"""Debian's OpenSBI in M-mode, our hypervisor in HS-mode above it, gdb beside both."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from gdbstub.scripting import Prompt
from tests.debugger.conftest import GUESTS
from tests.tools import GDB, OPENSBI, needed, needed_file

PATIENCE = 200  # seconds: the firmware runs some millions of instructions


@pytest.fixture(scope="module")
def session() -> Iterator[Prompt]:
    firmware = needed_file(OPENSBI)
    with Prompt(GUESTS / "hypervisor.elf", "--firmware", str(firmware), gdb=needed(GDB), timeout=PATIENCE) as session:
        yield session
        assert session.server.errors == ""


def test_opensbi_boots_and_enters_the_hypervisor_in_hs_mode(session: Prompt) -> None:
    assert session.value("$hart_mode") == "M"
    session.command("break _start")
    session.run("continue")
    assert session.stop["frame"]["func"] == "_start"
    assert (session.value("$hart_mode"), session.value("$virt")) == ("HS", "0")
    log = session.server.uart
    assert "OpenSBI v1.1" in log
    isa = re.search(r"^Boot HART Base ISA +: rv64(\w+)", log, re.MULTILINE)
    assert isa is not None, log
    assert "h" in isa[1]


def test_the_hypervisor_is_given_the_device_tree_and_runs_under_opensbi(session: Prompt) -> None:
    session.command("tbreak hypervisor_main")
    session.run("continue")
    assert session.value("*(unsigned int *)device_tree == 0xedfe0dd0") == "1"  # the magic number, big-endian
    session.command("tbreak guest_main")
    session.run("continue")
    assert (session.value("$hart_mode"), session.value("$vmid")) == ("VS", "7")
    assert "SBI" in session.server.uart.split("hypervisor: hart 0")[1]
