"""The trace: every instruction tried once, interrupts in place of one, nothing for a hart that only waits."""

from __future__ import annotations

from collections.abc import Callable

from gdbstub.cli.drive import tracing
from machine.config import Config
from machine.machine import Machine
from machine.observe.trace import Tracer
from machine.startup.boot import Boot
from machine.startup.placement import raw_image
from tests.programs import M_BASE, PASS, code, li


def traced(lines: tuple[str, ...], budget: int = 1000, harts: int = 1, patch: bytes = b"") -> tuple[list[str], Machine]:
    machine = Machine(Config(memory=1 << 20, harts=harts))
    Boot(raw_image("test", M_BASE, code(lines) + patch)).install(machine)
    machine.reset()
    written: list[str] = []
    tracer = Tracer(machine.harts, written.append)
    tracing(machine, tracer)(budget)
    tracer.close()
    return [line.rstrip("\n") for line in written], machine


def columns(line: str) -> tuple[str, ...]:
    count, hart, mode, pc, bits, text = line.split(maxsplit=5)
    return count, hart, mode, pc[-3:], bits, text


def test_lines() -> None:
    lines, machine = traced(("addi a0,zero,5", "csrrw zero,mscratch,a0", *PASS))
    assert [columns(line) for line in lines[:2]] == [
        ("1", "0", "M", "000", "00500513", "addi a0,zero,5"),
        ("2", "0", "M", "004", "34051073", "csrrw zero,mscratch,a0"),
    ]
    assert len(lines) == machine.harts[0].state.minstret == 6


def test_a_trap_has_a_line_behind_its_instruction() -> None:
    handler = M_BASE + 4 * 8
    setup = (*li("t0", handler), "csrrw zero,mtvec,t0", "ecall")
    padding = ("addi zero,zero,0",) * (8 - len(setup))
    lines, _ = traced((*setup, *padding, *PASS))
    at = next(n for n, line in enumerate(lines) if line.endswith("ecall"))
    assert lines[at + 1].split() == [
        ">>>",
        "0",
        "M",
        "to",
        "M:",
        "ecall-m,",
        "pc",
        f"{M_BASE + 4 * (len(setup) - 1):#x},",
        "tval",
        "0x0",
    ]
    assert columns(lines[at + 2])[3] == f"{4 * 8:03x}"


def test_a_fetch_that_fails_says_so() -> None:
    lines, _ = traced(("jalr zero,0(zero)",), budget=2)
    assert lines[1].endswith("(no instruction can be fetched)")
    assert "fetch-access, pc 0x0, tval 0x0, because NO_MEMORY" in lines[2]


def test_compressed_bits() -> None:
    lines, _ = traced(("addi a0,zero,1",), budget=2, patch=bytes.fromhex("0505"))  # c.addi a0,1
    assert columns(lines[1])[4:] == ("0505", "addi a0,a0,1")


def test_a_hart_that_waits_has_no_lines() -> None:
    lines, _ = traced(("csrrs a0,mhartid,zero", f"beq a0,zero,{M_BASE + 12:#x}", "wfi", "jal zero,."), 5000, harts=2)
    second = [columns(line)[5] for line in lines if line.split()[1] == "1"]
    assert [text.split()[0] for text in second] == ["csrrs", "beq", "wfi"]


def test_tracing_changes_nothing() -> None:
    program: tuple[str, ...] = ("csrrs a0,mhartid,zero", "addi s0,s0,1", f"beq zero,zero,{M_BASE + 4:#x}")
    state: Callable[[Machine], list[bytes]] = lambda machine: [bytes(hart.state) for hart in machine.harts]  # noqa: E731
    _, machine = traced(program, 3456, harts=3)
    plain = Machine(Config(memory=1 << 20, harts=3))
    Boot(raw_image("test", M_BASE, code(program))).install(plain)
    plain.reset()
    plain.run(3456)
    assert state(machine) == state(plain)
