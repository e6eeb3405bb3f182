from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.board.elf import load_image, parse_elf
from machine.errors import MachineError

BASE = 0x8000_0000
EM_RISCV, ET_EXEC, PT_LOAD = 243, 2, 1
NAMES = b"\0.symtab\0.strtab\0"


@dataclass
class Elf:
    """A small executable, assembled field by field."""

    segments: list[tuple[int, int, bytes, int]] = field(default_factory=lambda: [(BASE, BASE, b"code", 16)])
    symbols: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    entry: int = BASE
    machine: int = EM_RISCV
    kind: int = ET_EXEC

    def build(self) -> bytes:
        """Header, program headers, contents, symbol table, strings, section headers."""
        at = 64 + 56 * len(self.segments)
        programs, contents = b"", b""
        for virtual, physical, content, size in self.segments:
            offset = at + len(contents)
            programs += struct.pack("<IIQQQQQQ", PT_LOAD, 7, offset, virtual, physical, len(content), size, 1)
            contents += content
        table, strings = bytes(24), b"\0"
        for name, (value, size, kind) in self.symbols.items():
            table += struct.pack("<IBBHQQ", len(strings), 0x10 | kind, 0, 1, value, size)
            strings += name.encode() + b"\0"
        table_at = at + len(contents)
        strings_at = table_at + len(table)
        names_at = strings_at + len(strings)
        sections = bytes(64) + b"".join(
            struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, where, size, link, 1, 1, entry)
            for name, kind, where, size, link, entry in (
                (1, 2, table_at, len(table), 2, 24),
                (9, 3, strings_at, len(strings), 0, 0),
                (9, 3, names_at, len(NAMES), 0, 0),
            )
        )
        header = b"\x7fELF\x02\x01\x01" + bytes(9)
        header += struct.pack("<HHIQQQI", self.kind, self.machine, 1, self.entry, 64, names_at + len(NAMES), 0)
        header += struct.pack("<HHHHHH", 64, 56, len(self.segments), 64, 4, 3)
        return header + programs + contents + table + strings + NAMES + sections


SYMBOLS = {"tohost": (BASE + 8, 8, 1), "main": (BASE, 4, 2), "begin_signature": (BASE + 4, 0, 0)}
GOOD = Elf(
    segments=[(BASE, BASE, b"\x13\0\0\0" * 4, 32), (BASE + 0x1000, BASE + 0x1000, b"data", 4)], symbols=SYMBOLS
).build()


def refusal(content: bytes) -> str:
    with pytest.raises(MachineError) as caught:
        parse_elf(content, "guest.elf")
    return str(caught.value)


def test_segments_entry_and_symbols() -> None:
    image = parse_elf(GOOD, "guest.elf")
    assert image.entry == BASE
    assert [(segment.address, segment.content, segment.size) for segment in image.segments] == [
        (BASE, b"\x13\0\0\0" * 4, 32),
        (BASE + 0x1000, b"data", 4),
    ]
    assert image.symbols == {"tohost": BASE + 8, "main": BASE, "begin_signature": BASE + 4}
    assert image.symbolise(BASE + 3) == ("main", 3)
    assert (image.start, image.end) == (BASE, BASE + 0x1004)


def test_loads_at_physical_addresses_and_enters_there() -> None:
    virtual = 0xFFFF_FFFF_8000_0000
    image = parse_elf(Elf(segments=[(virtual, BASE + 0x20_0000, b"kernel", 64)], entry=virtual + 4).build(), "kernel")
    assert image.segments[0].address == BASE + 0x20_0000
    assert image.entry == BASE + 0x20_0004


def test_without_symbols() -> None:
    assert parse_elf(Elf().build(), "guest.elf").symbols == {}


def test_rv32() -> None:
    content = bytearray(GOOD)
    content[4] = 1
    assert "is a 32-bit ELF (RV32); this machine is RV64" in refusal(bytes(content))


def test_big_endian() -> None:
    content = bytearray(GOOD)
    content[5] = 2
    content[18:20] = EM_RISCV.to_bytes(2, "big")
    assert "big-endian" in refusal(bytes(content))


def test_another_machine() -> None:
    assert refusal(Elf(machine=62).build()) == "guest.elf is an ELF for EM_X86_64, not for RISC-V"


def test_an_object_file() -> None:
    assert "is not an executable (ET_REL); link it first" in refusal(Elf(kind=1).build())


def test_no_segment() -> None:
    assert "no loadable segment" in refusal(Elf(segments=[]).build())


def test_overlapping_segments() -> None:
    overlapping = [(0, BASE + 0x10, b"b", 16), (0, BASE, b"a", 0x11)]
    message = refusal(Elf(segments=overlapping).build())
    assert "overlapping segments, 0x80000000 to 0x80000011 and 0x80000010 to 0x80000020" in message


def test_a_segment_larger_than_its_memory_or_than_the_address_space() -> None:
    assert "segment of 4 bytes in 2 bytes of memory" in refusal(Elf(segments=[(0, 0, b"code", 2)]).build())
    assert "past the last address" in refusal(Elf(segments=[(0, 2**64 - 8, b"code", 9)]).build())


@pytest.mark.parametrize("length", [4, 16, 63, 64, 100, 180, len(GOOD) - 1])
def test_truncated(length: int) -> None:
    assert "truncated" in refusal(GOOD[:length])


def test_files(tmp_path: Path) -> None:
    elf, raw = tmp_path / "guest.elf", tmp_path / "guest.bin"
    elf.write_bytes(GOOD)
    raw.write_bytes(b"\x13\0\0\0")
    assert load_image(elf).entry == BASE
    image = load_image(raw, 0x8000_1000)
    assert (image.entry, image.start, image.end, image.symbols) == (0x8000_1000, 0x8000_1000, 0x8000_1004, {})


def test_files_that_are_refused(tmp_path: Path) -> None:
    elf, raw, empty = tmp_path / "guest.elf", tmp_path / "guest.bin", tmp_path / "empty"
    elf.write_bytes(GOOD)
    raw.write_bytes(b"\x13\0\0\0")
    empty.touch()
    cases: list[tuple[Path, int | None, str]] = [
        (raw, None, "is not an ELF; give --load ADDR"),
        (raw, 2**64 - 3, "is no physical address"),
        (raw, -1, "is no physical address"),
        (elf, BASE, "says itself where it loads; leave --load 0x80000000 out"),
        (empty, None, "is empty"),
        (tmp_path / "absent", None, "cannot read .*absent: No such file"),
        (tmp_path, None, "cannot read .*: Is a directory"),
    ]
    for path, address, message in cases:
        with pytest.raises(MachineError, match=message):
            load_image(path, address)


def survives(content: bytes) -> None:
    """The ELF loads, or is refused in one line of ours; any other exception fails the test."""
    refused = "guest.elf"
    try:
        image = parse_elf(content, "guest.elf")
    except MachineError as error:
        refused = str(error)
    else:
        assert image.symbolise(BASE) is None or image.symbols
    assert refused.startswith("guest.elf")
    assert "\n" not in refused


HEADERS = len(GOOD) - 4 * 64
"""Where the section headers begin: with the first 200 bytes, the places that steer the parser."""

STEERING = st.one_of(st.integers(0, 199), st.integers(HEADERS, len(GOOD) - 1), st.integers(0, len(GOOD) - 1))


@settings(max_examples=3000, deadline=None)
@given(st.binary(min_size=3, max_size=18))
def test_mutated_bytes(changes: bytes) -> None:
    """Three bytes say one change: where (two), and to what."""
    content = bytearray(GOOD)
    for high, low, value in zip(*[iter(changes)] * 3, strict=False):
        content[(high << 8 | low) % len(GOOD)] = value
    survives(bytes(content))


INTERESTING = st.one_of(
    st.sampled_from([0, 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]), st.integers(0, 2**64 - 1)
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.tuples(STEERING, INTERESTING), min_size=1, max_size=3), st.integers(0, len(GOOD)))
def test_huge_fields_and_cut_files(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(GOOD)
    for place, value in changes:
        struct.pack_into("<Q", content, min(place, len(content) - 8) & ~7, value)
    survives(bytes(content[: max(cut, len(GOOD) - 64 * (cut % 3))]))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_after_the_magic(tail: bytes) -> None:
    survives(b"\x7fELF\x02\x01\x01" + tail)
