"""Randomised lockstep of this machine and QEMU: the same image, the same state behind every case.

Seeds are fixed; a failure names the kind, the seed and the case. To look at more: `COUNT` and `SEED`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from machine.config import Config, parse_isa
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec import status
from tests.lockstep.differences import DIFFERENCES, explain
from tests.lockstep.generate import KINDS, corpus
from tests.lockstep.harness import BASE, BLOCK, FINISHED, HS_HANDLER, VS_HANDLER, Case, block_address, image, outcome
from tests.lockstep.qemu import ISA, Qemu

SEED = 1
COUNT = {
    "computing": 500,
    "floating": 600,
    "half": 800,
    "accessing": 500,
    "csr": 1500,
    "legalisation": 1000,
    "privileged": 750,
    "corner": 60,
}
MEMORY = 64 << 20
INSTRUCTIONS_OF_A_CASE = 1000


def machine_with(content: bytes) -> Machine:
    machine = Machine(Config(memory=MEMORY, isa=parse_isa(ISA)))
    machine.reset()
    machine.ram.load(BASE, content)
    return machine


def run_here(content: bytes, cases: int) -> bytes:
    """Memory after our machine has run the image."""
    machine = machine_with(content)
    machine.watches.breakpoints.add(FINISHED)
    result = machine.run(cases * INSTRUCTIONS_OF_A_CASE)
    assert result.reason is ExitReason.BREAKPOINT, f"stuck at pc {machine.harts[0].state.pc:#x}: {result}"
    return bytes(machine.ram.data[: len(content)])


def run_there(content: bytes) -> bytes:
    """Memory after QEMU has."""
    with tempfile.TemporaryDirectory() as directory, Qemu(Path(directory), content) as qemu:
        assert qemu.version == (7, 2), f"the list of differences is QEMU 7.2's; this is {qemu.version}"
        qemu.run_to(FINISHED)
        return qemu.read_memory(BASE, len(content))


def differing(cases: list[Case]) -> Iterator[tuple[Case, str, dict[str, int], dict[str, int]]]:
    """Each register or word of data that differs behind each case: case, name, our state, QEMU's."""
    content = image(cases)
    ours, theirs = run_here(content, len(cases)), run_there(content)
    for index, case in enumerate(cases):
        start = block_address(index) - BASE - BLOCK // 2
        here, there = (outcome(memory[start : start + BLOCK]).values for memory in (ours, theirs))
        for name in here:
            if here[name] != there[name]:
                yield case, name, here, there


@cache
def compared(kind: str) -> tuple[list[str], set[str]]:
    """What nobody can explain, as sentences, and the names of the known differences that were seen."""
    unknown, seen = [], set()
    for case, name, ours, theirs in differing(corpus(kind, SEED, COUNT[kind])):
        known = explain(case, name, ours, theirs)
        if known is None:
            words = " ".join(f"{word:#x}" for word, _ in case.code)
            unknown.append(
                f"seed {SEED}, {case.label}: {name} is {ours[name]:#x} here, {theirs[name]:#x} there [{words}]"
            )
        seen |= {difference.name for difference in known or ()}
    return unknown, seen


@pytest.mark.parametrize("kind", KINDS)
def test_every_difference_is_a_known_one(kind: str) -> None:
    unknown, _ = compared(kind)
    assert not unknown, "\n".join(unknown[:20])


def test_every_known_difference_is_seen() -> None:
    """A line that no case needs any more goes."""
    seen = set().union(*(compared(kind)[1] for kind in KINDS))
    assert {difference.name for difference in DIFFERENCES} == seen


PLAIN = {
    "pmpaddr0": (1 << 54) - 1,
    "pmpcfg0": 0x1F,
    "stimecmp": -1,
    "vstimecmp": -1,
    "stvec": HS_HANDLER,
    "vstvec": VS_HANDLER,
    "mstatus": 3 << status.FS | 2 << status.UXL,
    "vsstatus": 2 << status.UXL,
}
"""A state that takes none of the known differences."""


def stepped_cases() -> list[Case]:
    modes = {"computing": [(0, 1), (1, 1), (0, 0)], "floating": [(0, 0), (1, 0)], "accessing": [(1, 0)]}
    cases: list[Case] = []
    for kind, wanted in modes.items():
        for privilege, virtual in wanted:
            made = case_at(kind, len(cases))
            cases.append(replace(made, privilege=privilege, virtual=virtual, csrs=PLAIN))
    return cases


def case_at(kind: str, index: int) -> Case:
    """The case that the corpus has at ``index``: its code and data are for that place."""
    return corpus(kind, SEED, index + 1)[index]


PASSED_AT_RESET = 32
"""QEMU's reset vector has fewer instructions than this before it reaches the image."""


def in_case(pc: int) -> bool:
    """Whether the instruction is a case's own and not the harness's."""
    return pc >= block_address(0)


def test_step_by_step() -> None:
    """Every instruction of the harness and of its cases, single-stepped by QEMU's gdbstub."""
    cases = stepped_cases()
    content = image(cases)
    machine = machine_with(content)
    hart = machine.harts[0]
    with tempfile.TemporaryDirectory() as directory, Qemu(Path(directory), content) as qemu:
        for _ in range(PASSED_AT_RESET):
            if qemu.integers()[32] == BASE:
                break
            qemu.step()
        for number, value in enumerate(qemu.integers()[:32]):
            hart.x[number] = value
        steps = 0
        while hart.state.pc != FINISHED:
            before = hart.state.pc
            machine.step(0)
            qemu.step()
            steps += 1
            here = [*hart.x, hart.state.pc]
            place = f"step {steps}, the instruction at {before:#x}"
            assert here == qemu.integers(), place
            assert qemu.read_register("priv") & 3 == hart.state.priv, place
            for name, number in FLOATS.items() if in_case(before) else ():
                assert qemu.read_register(f"f{name}") == hart.f[number], f"{place}: f{name}"
            for name in ("mepc", "mcause", "mtval", "mscratch"):
                assert qemu.read_register(name) == getattr(hart.state, name), f"{place}: {name}"
    assert steps > 300 * len(cases)


FLOATS = {
    **{f"t{n}": n for n in range(8)},
    "s0": 8,
    "s1": 9,
    **{f"a{n}": 10 + n for n in range(8)},
    **{f"s{n}": 16 + n for n in range(2, 12)},
    **{f"t{n}": 20 + n for n in range(8, 12)},
}
"""The f registers by the rest of the names that QEMU gives them."""
