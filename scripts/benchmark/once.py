"""The functions of the workload "once": text for the assembler, the same at every build."""

from __future__ import annotations

import random

__all__ = ["FUNCTIONS", "PER_CALL", "functions"]

FUNCTIONS = 3000
BODY = 37  # instructions besides the return
CALLER = 4  # instructions of the loop that calls
PER_CALL = BODY + 1 + CALLER
SCRATCH_WORDS = 256
BRANCH_EVERY = 8

THREE_REGISTERS = ("add", "sub", "xor", "addw", "mul", "sltu", "add", "xor", "sub")


def functions() -> str:
    """Assembly of `FUNCTIONS` functions without loops, and of the table ``functions`` that leads to them.

    Every branch goes to the next instruction, so that each function runs its 38 instructions whatever it computes.
    """
    chance = random.Random(3000)
    lines = ["    .option norvc", "    .text"]
    for number in range(FUNCTIONS):
        lines.append(f"once{number}:")
        lines += [f"    {_instruction(chance, place)}" for place in range(BODY)]
        lines.append("    ret")
    lines += ["    .section .rodata", "    .balign 8", "    .globl functions", "functions:"]
    lines += [f"    .dword once{number}" for number in range(FUNCTIONS)]
    return "\n".join(lines) + "\n"


def _instruction(chance: random.Random, place: int) -> str:
    rd, rs1, rs2 = (f"a{chance.randrange(6)}" for _ in range(3))
    if place % BRANCH_EVERY == BRANCH_EVERY - 1:
        return f"{chance.choice(('beq', 'bltu', 'bge'))} {rs1}, {rs2}, . + 4"
    match chance.randrange(6):
        case 0:
            return f"addi {rd}, {rs1}, {chance.randrange(-2048, 2048)}"
        case 1:
            return f"ld {rd}, {8 * chance.randrange(SCRATCH_WORDS)}(s2)"
        case 2:
            return f"sd {rs1}, {8 * chance.randrange(SCRATCH_WORDS)}(s2)"
        case _:
            return f"{chance.choice(THREE_REGISTERS)} {rd}, {rs1}, {rs2}"
