"""Text and back: against GNU's disassembler (the one in gdb-multiarch), and through our own assembler."""

from __future__ import annotations

import re
import struct
import subprocess
from collections import Counter
from random import Random

import pytest

from machine.csr.file import BY_NAME as CSRS
from machine.csr.file import BY_NUMBER
from machine.isa.assemble import assemble
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import decode, is_compressed
from machine.isa.disassemble import disassemble
from machine.isa.operands import deposit, extract
from tests.tools import GDB, needed

BASE = 0x8000_0000
PER_INSTRUCTION = 16
RESERVED_ROUNDING = (5, 6)
EXACT_CONVERSIONS = ("fcvt.d.w", "fcvt.d.wu", "fcvt.d.s", "fcvt.s.h", "fcvt.d.h")
"""They cannot round, and GNU knows them with rm=0 only, which it does not write."""

CSRS_BY_NUMBER = {number: register for number, register in BY_NUMBER.items() if not register.proposal}
"""Those that others know too."""


def csr_name(number: int) -> str | None:
    return CSRS_BY_NUMBER[number].name if number in CSRS_BY_NUMBER else None


def csr_number(name: str) -> int | None:
    return CSRS[name].number if name in CSRS else None


def text_of(word: int, pc: int) -> str:
    return disassemble(word, pc, csr_name, compressed_names=True)


KNOWN_CSRS = sorted(n for n, register in CSRS_BY_NUMBER.items() if register.extension not in ("Smcsrind", "Sscsrind"))
"""Of the others gdb 13 knows no name."""
YOUNGER = {"Zicond", "Zimop", "Zcmop", "Zacas", "Zabha", "Zcb", "Zihintntl", "Zfa"}
"""Extensions that gdb 13 does not know yet."""


def random_words() -> list[int]:
    """Valid 32-bit words of every instruction, operands at random; reserved values of fields avoided."""
    random, words = Random(1), []
    for instruction in (i for i in INSTRUCTIONS if not YOUNGER.intersection(i.extension.split("+"))):
        for _ in range(PER_INSTRUCTION):
            word = random.getrandbits(32) & ~instruction.pattern.mask & 0xFFFF_FFFF | instruction.pattern.match
            values = extract(instruction.pattern, word)
            if "csr" in values:
                values["csr"] = random.choice(KNOWN_CSRS)
            if values.get("rm") in RESERVED_ROUNDING:
                values["rm"] = 7
            if instruction.name in EXACT_CONVERSIONS:
                values["rm"] = 0
            if instruction.name in ("fence", "fence.i"):
                values = {"imm": random.randrange(256) | 0x11 if instruction.name == "fence" else 0}
            words.append(deposit(instruction.pattern, values))
    return words


def halfwords() -> list[int]:
    """A quarter of all compressed instructions."""
    found = ((half, decode(half)) for half in Random(2).sample(range(1 << 16), 1 << 14) if is_compressed(half))
    return [half for half, decoded in found if decoded and decoded.form and decoded.form.extension not in YOUNGER]


ARCHITECTURE = (
    b"rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_h1p0_zicsr2p0_zifencei2p0_zmmul1p0"
    b"_zba1p0_zbb1p0_zbc1p0_zbs1p0_zicbom1p0_zicbop1p0_zicboz1p0_zihintpause2p0_zawrs1p0_svinval1p0_zfh1p0_zfhmin1p0"
)


def attributes() -> bytes:
    """Contents of ``.riscv.attributes``: which extensions a disassembler shall know."""
    arch = b"\5" + ARCHITECTURE + b"\0"
    of_file = b"\1" + struct.pack("<I", 5 + len(arch)) + arch
    vendor = b"riscv\0" + of_file
    return b"A" + struct.pack("<I", 4 + len(vendor)) + vendor


def elf(code: bytes) -> bytes:
    """A minimal ELF64 RISC-V file with one section ``.text`` at `BASE`."""
    names = b"\0.text\0.riscv.attributes\0.shstrtab\0"
    contents = [(1, 1, 6, BASE, code), (names.index(b".riscv"), 0x7000_0003, 0, 0, attributes())]
    contents.append((names.index(b".shstrtab"), 3, 0, 0, names))
    table, body = [bytes(64)], b""
    for name, kind, flags, address, content in contents:
        place = 64 + len(body)
        table.append(struct.pack("<IIQQQQIIQQ", name, kind, flags, address, place, len(content), 0, 0, 1, 0))
        body += content
    header = b"\x7fELF\2\1\1".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, BASE, 0, 64 + len(body), 5, 64, 0, 0, 64, 4, 3)
    return header + body + b"".join(table)


def gnu(words: list[int], path) -> dict[int, str]:
    """Address → text, as gdb disassembles the words one after the other."""
    path.write_bytes(elf(b"".join(struct.pack("<H" if is_compressed(word) else "<I", word) for word in words)))
    commands = ["set disassembler-options no-aliases", f"x/{len(words)}i {BASE:#x}"]
    arguments = [argument for command in commands for argument in ("-ex", command)]
    done = subprocess.run([needed(GDB), "-nx", "-batch", *arguments, path], capture_output=True, text=True, check=True)
    lines = (line.partition(":") for line in done.stdout.splitlines())
    return {int(address, 16): " ".join(text.split()) for address, _, text in lines}


ONLY_BY_NAME = [
    # GNU names the encodings with a zero shift, HINTs in RV64, after their RV128 use.
    (r"c\.(s[lr][la]i)64 (\w+)", r"c.\1 \2,0x0"),
    # With no-aliases it has no c.nop.
    (r"c\.addi zero,0", "c.nop"),
    (r"c\.addi zero,-?\d+", "c.nop"),
    (r"(fcvt\.(?:d\.wu?|d\.[sh]|s\.h) \S+)", r"\1,rne"),
    # It notes addresses that it guesses from earlier instructions.
    (r" # 0x[0-9a-f]+", ""),
]


def as_we_write(text: str) -> str:
    """GNU's text where the difference is one of names only."""
    for pattern, replacement in ONLY_BY_NAME:
        text = re.sub(pattern + "$", replacement, text)
    return text


@pytest.mark.parametrize("words", [random_words(), halfwords()], ids=["32-bit", "16-bit"])
def test_text_is_gnus(words, tmp_path):
    theirs = gnu(words, tmp_path / "words.elf")
    assert len(theirs) == len(words)
    differing = []
    for word, (address, text) in zip(words, theirs.items(), strict=True):
        ours = text_of(word, address)
        if ours != as_we_write(text):
            differing.append((hex(word), ours, text))
    assert differing == [], Counter(ours.split()[0] for _, ours, _ in differing)


@pytest.mark.parametrize("words", [random_words(), halfwords()], ids=["32-bit", "16-bit"])
def test_text_assembles_to_the_same_bits(words):
    """HINTs share a text with a plainer encoding, so what is compared there is the text."""
    for word in words:
        text = text_of(word, BASE)
        again = assemble(text, BASE, csr_number)
        assert again == word or (is_compressed(word) and text_of(again, BASE) == text), (hex(word), text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (0x3000_2573, "csrrs a0,0x300,zero"),
        (0x0330_000F, "fence rw,rw"),
        (0x0000_000F, "fence 0,0"),
        (0x8330_000F, "fence.tso"),
        (0xFFFF_FFFF, ".4byte 0xffffffff"),
        (0x0000_0000, ".2byte 0x0"),
        (0x1234_9002, "ebreak"),
    ],
)
def test_without_names(word, text):
    assert disassemble(word, 0) == text


def test_targets_wrap_around_the_address_space():
    assert disassemble(assemble("jal zero,0x0", 0), 0) == "jal zero,0x0"
    assert disassemble(0xFFDFF06F, 0) == "jal zero,0xfffffffffffffffc"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("adddi a0,a0,1", "no instruction is named 'adddi'"),
        ("add a0,a0", "the operands of add are written 'rd,rs1,rs2'"),
        ("ecall a0", "the operands of ecall are written ''"),
        ("addi a0,a0,x", "'x' is no number"),
        ("addi a0,a0,010", "'010' is no number"),
        ("addi a0,a0,4096", "addi cannot hold imm=4096"),
        ("add a0,a0,b1", "'b1' is no integer register"),
        ("fadd.d fa0,a0,fa1", "'a0' is no floating-point register"),
        ("fadd.d fa0,fa0,fa1,up", "'up' is no rounding mode"),
        ("fence rx,w", "a fence orders sets"),
        ("c.addi16sp a0,16", "'a0' stands where 'sp' must"),
        ("csrrw a0,nosuch,a1", "'nosuch' is no number"),
        ("amoadd.w.qa a0,a1,(a2)", "no instruction is named"),
        ("", "no instruction is named ''"),
    ],
)
def test_wrong_text_is_refused_with_its_reason(text, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        assemble(text)


def test_assembler_takes_numbers_of_registers_and_blanks():
    assert assemble("  add  x10, x11 ,x12 ") == assemble("add a0,a1,a2")
    assert assemble("fadd.d f0,f1,f2") == assemble("fadd.d ft0,ft1,ft2,dyn")
