"""Memory through gdb: reads, writes, what is not there, searches, comparisons."""

from __future__ import annotations

from pathlib import Path

import pytest

from gdbstub.scripting import GdbError, Prompt

NOWHERE = 0x4000_0000  # between the devices and DRAM
BEYOND = 0x8000_0000 + (256 << 20)


def test_a_write_is_read_back_in_every_size(loop: Prompt) -> None:
    for kind, value in (("char", 0x5A), ("short", 0x1234), ("int", 0x12345678), ("long", 0x123456789ABCDEF)):
        loop.command(f"set *({kind} *)$sp = {value}")
        assert loop.value(f"*({kind} *)$sp == {value}") == "1"


def test_a_variable_is_written_and_the_program_sees_it(loop: Prompt) -> None:
    loop.command("set var counter = 1000")
    loop.command("watch counter")
    loop.run("continue")
    assert loop.value("counter") == "1001"


def test_a_call_into_the_guest(loop: Prompt) -> None:
    assert loop.value("tick(5)") == "5"
    assert loop.value("counter") == "5"


@pytest.mark.parametrize("address", [NOWHERE, BEYOND, 0, (1 << 64) - 8])
def test_what_is_not_there_is_an_error(loop: Prompt, address: int) -> None:
    with pytest.raises(GdbError, match=f"Cannot access memory at address {address:#x}"):
        loop.command(f"x/gx {address:#x}")
    with pytest.raises(GdbError, match=f"Cannot access memory at address {address:#x}"):
        loop.command(f"set *(long *){address:#x} = 1")


def test_a_read_over_the_end_of_memory_shows_what_there_is(loop: Prompt) -> None:
    with pytest.raises(GdbError) as refused:
        loop.command(f"x/4wx {BEYOND - 8:#x}")
    assert f"Cannot access memory at address {BEYOND:#x}" in str(refused.value)


def test_what_a_guest_has_not_mapped_is_an_error_there_and_not_elsewhere(worlds: Prompt) -> None:
    worlds.command("tbreak vs_main")
    worlds.run("continue")
    with pytest.raises(GdbError, match="Cannot access memory"):
        worlds.command("x/gx 0x80400000")  # its second stage knows 2 MiB
    worlds.command("set $virt = 0")
    assert "0x80400000" in worlds.command("x/gx 0x80400000")


def test_a_breakpoint_where_nothing_is_mapped_yet(hypervisor: Prompt) -> None:
    """The guest's code cannot be read before its tables exist; a breakpoint there works all the same."""
    with pytest.raises(GdbError, match="Cannot access memory"):
        hypervisor.command("x/i vm9_main")
    hypervisor.command("tbreak vm7_main")
    hypervisor.run("continue")
    assert hypervisor.stop["frame"]["func"] == "vm7_main"


def test_sections_compare_after_a_load(loop: Prompt) -> None:
    assert "matched" in loop.command("compare-sections .text")
    loop.command("set *(char *)tick = 0xff")
    assert "MIS-MATCHED" in loop.command("compare-sections .text")
    said = loop.command("load")
    assert "Transfer rate" in said
    assert "MIS-MATCHED" not in loop.command("compare-sections")
    assert loop.value("$pc").startswith("(void (*)()) 0x80000000")
    loop.command("tbreak tick")
    assert "tick" in loop.run("continue")


def test_code_written_by_gdb_is_what_runs(loop: Prompt) -> None:
    """Instructions that have been decoded are forgotten when they are overwritten."""
    loop.command("tbreak *tick")
    loop.run("continue")
    loop.run("finish")
    loop.command("set *(unsigned short *)tick = 0x8082")  # c.ret
    loop.command("set var counter = 7")
    loop.command("tbreak *tick")
    loop.run("continue")
    loop.run("stepi")
    assert loop.stop["frame"]["func"] == "main"
    assert loop.value("counter") == "7"


def test_find_searches_on_the_target(hypervisor: Prompt) -> None:
    assert "1 pattern found" in hypervisor.command('find 0x80200000, +0x40000, "timer of the guests: %s\\n"')
    assert "Pattern not found" in hypervisor.command("find /b $sp, +64, 0x77, 0x66, 0x55, 0x44, 0x33")


def test_dump_and_restore(loop: Prompt, tmp_path: Path) -> None:
    dumped = tmp_path / "dump.bin"
    loop.command(f"dump binary memory {dumped} 0x80000000 0x80000040")
    assert len(dumped.read_bytes()) == 64
    loop.command("set *(long *)0x80000000 = 0")
    loop.command(f"restore {dumped} binary 0x80000000")
    assert "matched" in loop.command("compare-sections .text")


def test_compressed_code_is_disassembled_with_symbols(loop: Prompt) -> None:
    listing = loop.command("disassemble /r tick").splitlines()[1:-1]
    assert any("ret" in line for line in listing)
    sizes = {len(line.split("\t")[1].replace(" ", "")) // 2 for line in listing}
    assert sizes == {2, 4}
    assert "<main+" in loop.command("x/4i main")


def test_symbols_hold_in_the_guest(hypervisor: Prompt) -> None:
    """The guest is linked at its own virtual address, so that its names, types and lines are right there."""
    hypervisor.command("tbreak vm7_main")
    hypervisor.run("continue")
    assert hypervisor.command("info symbol $pc").startswith("vm7_main")
    assert "vm7.c" in hypervisor.command("info source")
    assert "guest_main" in hypervisor.command("backtrace")
    assert "void (u64)" in hypervisor.command("ptype guest_main")


def test_registers_of_devices_are_read_and_written(loop: Prompt) -> None:
    loop.command("set *(unsigned int *)0x2000000 = 1")  # CLINT msip of hart 0
    assert loop.value("*(unsigned int *)0x2000000") == "1"
    assert "MSIP" in loop.value("$mip")


def test_the_memory_map(loop: Prompt) -> None:
    assert "rw" in loop.command("info mem")
