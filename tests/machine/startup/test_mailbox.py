"""HTIF between a running program and the console, through the image's symbols."""

from __future__ import annotations

import pytest

from machine.board.image import Image, Segment, Symbol
from machine.config import Config
from machine.errors import MachineError
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.startup.boot import Boot
from machine.startup.mailbox import physical
from tests.programs import M_BASE, code, li

TOHOST, FROMHOST = M_BASE + 0x800, M_BASE + 0x840


def booted(*lines: str, symbols: dict[str, int] | None = None) -> tuple[Machine, Boot]:
    named = {"tohost": TOHOST, "fromhost": FROMHOST} if symbols is None else symbols
    table = tuple(Symbol(name, address, 8, 1) for name, address in named.items())
    text = (*li("s0", TOHOST), *lines)
    image = Image("test", M_BASE, (Segment(M_BASE, M_BASE, code(text), 4096),), table)
    return Machine(Config(memory=1 << 20)), Boot(image)


def test_a_console_read_is_answered_when_something_is_typed() -> None:
    """tohost = device 1, command 0; fromhost receives the byte with bit 8 set."""
    here = M_BASE + 4 * (len(li("s0", TOHOST)) + 3)
    ask = ("addi s1,zero,1", "slli s1,s1,56", "sd s1,0(s0)", "ld s2,0x40(s0)", f"beq s2,zero,{here:#x}")
    done = ("andi s2,s2,0xff", "slli s2,s2,1", "ori s2,s2,1", "sd s2,0(s0)", "jal zero,.")
    machine, boot = booted(*ask, *done)
    console = boot.install(machine)
    machine.reset()
    assert machine.run(500).reason is ExitReason.BUDGET
    console.receive(b"\x2a")
    assert machine.run(500).reason is ExitReason.SHUTDOWN
    assert machine.finish is not None
    assert machine.finish.exit_status == 0x2A


def test_exit_works_again_after_a_reset() -> None:
    machine, boot = booted("addi s1,zero,7", "sd s1,0(s0)", "jal zero,.")
    boot.install(machine)
    for _ in range(2):
        machine.reset()
        assert machine.run(100).reason is ExitReason.SHUTDOWN
        assert machine.finish is not None
        assert machine.finish.code == 3


def test_what_is_missing_or_misplaced() -> None:
    machine, boot = booted(symbols={"tohost": TOHOST})
    with pytest.raises(MachineError, match="has the symbol tohost but not fromhost"):
        boot.install(machine)
    machine, boot = booted(symbols={"tohost": 0x1000, "fromhost": FROMHOST})
    with pytest.raises(MachineError, match="symbol tohost at 0x1000 is outside the memory"):
        boot.install(machine)


def test_a_symbols_physical_address() -> None:
    segments = (Segment(M_BASE, 0xFFFF_0000, b"", 0x1000),)
    image = Image("high", M_BASE, segments, (Symbol("in", 0xFFFF_0010, 8, 1), Symbol("out", 0x10, 8, 1)))
    assert (physical(image, "in"), physical(image, "out")) == (M_BASE + 0x10, 0x10)
