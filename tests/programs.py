"""Small programs for tests: lines of assembly made into an ELF file."""

from __future__ import annotations

import struct
from pathlib import Path

from machine.board.image import Image, starts_in_m_mode
from machine.csr.file import BY_NAME
from machine.isa.assemble import assemble
from machine.startup.boot import Boot
from tests.machine.board.test_elf import Elf

M_BASE, S_BASE = 0x8000_0000, 0x8020_0000

PASS = ("lui t0,0x100", "lui t1,0x5", "addi t1,t1,0x555", "sw t1,0(t0)", "jal zero,.")
"""Ends the run by the test finisher."""


def fail(code: int) -> tuple[str, ...]:
    """Ends the run with a failure's code, 0 to 2047."""
    low = ("lui t1,0x3", "addi t1,t1,0x333")
    return ("lui t0,0x100", f"addi t2,zero,{code}", "slli t2,t2,16", *low, "or t1,t1,t2", "sw t1,0(t0)", "jal zero,.")


def sbi(extension: int, function: int, *arguments: int) -> tuple[str, ...]:
    """An SBI call with small arguments."""
    loads = [line for number, value in enumerate(arguments) for line in li(f"a{number}", value)]
    return (*loads, *li("a7", extension), f"addi a6,zero,{function}", "ecall")


def li(register: str, value: int) -> tuple[str, ...]:
    """A value of up to 44 bits, zero-extended, or a small negative one."""
    if -2048 <= value < 2048:
        return (f"addi {register},zero,{value}",)
    high, low = (value >> 12), value & 0xFFF
    return (*li(register, high), f"slli {register},{register},12", *_or(register, low))


def _or(register: str, low: int) -> tuple[str, ...]:
    """Eleven bits at most fit an immediate without its sign: two additions make twelve."""
    return (f"addi {register},{register},{low >> 1}", f"addi {register},{register},{low - (low >> 1)}")


def code(lines: tuple[str, ...] | list[str], base: int = M_BASE) -> bytes:
    """The program's bytes; ``.`` in an operand is the line's own address, CSRs have their names."""
    words = [assemble(_here(line, base + 4 * n), base + 4 * n, _csr) for n, line in enumerate(lines)]
    return struct.pack(f"<{len(words)}I", *words)


def _here(line: str, pc: int) -> str:
    return f"{line[:-1]}{pc:#x}" if line.endswith(",.") else line


def _csr(name: str) -> int | None:
    return BY_NAME[name].number if name in BY_NAME else None


def elf(
    path: Path, lines: tuple[str, ...] | list[str], base: int = M_BASE, symbols: dict[str, int] | None = None
) -> Path:
    """Write the program as an ELF with 4 KiB of zeros behind it."""
    content = code(lines, base)
    table = {name: (address, 8, 1) for name, address in (symbols or {}).items()}
    path.write_bytes(Elf([(base, base, content, len(content) + 4096)], table, base).build())
    return path


def boot_of(image: Image) -> Boot:
    """How an image starts that needs no other: with the machine's own firmware, unless it is for M-mode."""
    return Boot(image, builtin=not starts_in_m_mode(image))
