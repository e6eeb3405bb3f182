"""Images: an ELF64 RISC-V executable, or raw bytes with an address.

pyelftools reads the headers; what is here is what we demand of them. Contents are cut out of the file ourselves, with
bounds, because a header may claim any size.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile

from machine.board.image import Image, Segment, Symbol
from machine.errors import MachineError

__all__ = ["load_image", "parse_elf"]

ELF_MAGIC = b"\x7fELF"
SYMBOL = struct.Struct("<IBBHQQ")
"""Elf64_Sym: name, info, other, section index, value, size."""

NO_CODE_OR_DATA = (3, 4)
"""Symbol types SECTION and FILE."""

UNDEFINED = 0
ADDRESS_SPACE = 1 << 64

MALFORMED = (
    ELFError,
    ConstructError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
)
"""What pyelftools raises when a header leads it astray (ValueError includes text that does not decode)."""

T = TypeVar("T")


def load_image(path: Path, load_address: int | None = None) -> Image:
    """The image in the file ``path``: an ELF, or with ``load_address`` raw bytes to be placed and entered there.

    Raises MachineError in one sentence: unreadable or empty file, an ELF together with an address, neither, or an ELF
    that this machine cannot run.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MachineError(f"cannot read {path}: {error.strerror or error}") from error
    if not content:
        raise MachineError(f"{path} is empty; give an ELF64 RISC-V executable")
    if not content.startswith(ELF_MAGIC):
        return _raw(str(path), content, load_address)
    if load_address is not None:
        raise MachineError(f"{path} is an ELF and says itself where it loads; leave --load {load_address:#x} out")
    return parse_elf(content, str(path))


def _raw(name: str, content: bytes, load_address: int | None) -> Image:
    if load_address is None:
        raise MachineError(f"{name} is not an ELF; give --load ADDR to load it as raw bytes")
    if not 0 <= load_address <= ADDRESS_SPACE - len(content):
        raise MachineError(f"--load {load_address:#x} is no physical address for {len(content)} bytes")
    return Image(name, load_address, (Segment(load_address, load_address, content, len(content)),), ())


def parse_elf(content: bytes, name: str) -> Image:
    """The executable in ``content``; ``name`` is how messages call it.

    Segments are placed at their physical addresses (p_paddr). Raises MachineError for whatever is not an ELF64
    little-endian RISC-V executable, or is truncated, or whose segments overlap.
    """
    elf = _guarded(name, lambda: ELFFile(io.BytesIO(content)))
    _check_header(elf, name)
    segments = _segments(elf, content, name)
    symbols = _guarded(name, lambda: _symbols(elf, content, name))
    return Image(name, _physical(elf["e_entry"], segments), segments, symbols)


def _guarded(name: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except MALFORMED as error:
        reason = str(error) or type(error).__name__
        raise MachineError(f"{name} is a malformed or truncated ELF ({reason}); link or copy it again") from error


def _check_header(elf: ELFFile, name: str) -> None:
    refusals = (
        (elf.elfclass != 64, "is a 32-bit ELF (RV32); this machine is RV64, so link with -march=rv64…"),
        (not elf.little_endian, "is a big-endian ELF; this machine is little-endian"),
        (elf["e_machine"] != "EM_RISCV", f"is an ELF for {elf['e_machine']}, not for RISC-V"),
        (elf["e_type"] not in ("ET_EXEC", "ET_DYN"), f"is not an executable ({elf['e_type']}); link it first"),
    )
    for refused, reason in refusals:
        if refused:
            raise MachineError(f"{name} {reason}")


def _segments(elf: ELFFile, content: bytes, name: str) -> tuple[Segment, ...]:
    headers = _guarded(name, lambda: [segment.header for segment in elf.iter_segments()])
    loaded = [header for header in headers if header["p_type"] == "PT_LOAD" and header["p_memsz"] > 0]
    if not loaded:
        raise MachineError(f"{name} has no loadable segment; link it as an executable")
    segments = sorted((_segment(header, content, name) for header in loaded), key=lambda segment: segment.address)
    for lower, upper in pairwise(segments):
        if upper.address < lower.end:
            raise MachineError(
                f"{name} has overlapping segments, {lower.address:#x} to {lower.end:#x} and {upper.address:#x} to "
                f"{upper.end:#x}; correct the linker script"
            )
    return tuple(segments)


def _segment(header: Any, content: bytes, name: str) -> Segment:
    start, size, memory_size, address = (header[key] for key in ("p_offset", "p_filesz", "p_memsz", "p_paddr"))
    if start + size > len(content):
        raise MachineError(
            f"{name} is truncated: a segment needs {start + size} bytes, the file has {len(content)}; copy it again"
        )
    if size > memory_size:
        raise MachineError(f"{name} has a segment of {size} bytes in {memory_size} bytes of memory; link it again")
    if address + memory_size > ADDRESS_SPACE:
        raise MachineError(f"{name} has a segment of {memory_size} bytes at {address:#x}, past the last address")
    return Segment(address, header["p_vaddr"], content[start : start + size], memory_size)


def _physical(address: int, segments: tuple[Segment, ...]) -> int:
    """The physical address of a virtual one: the entry of an image that is linked elsewhere than it loads."""
    for segment in segments:
        if segment.virtual <= address < segment.virtual + segment.size:
            return segment.address + address - segment.virtual
    return address


def _symbols(elf: ELFFile, content: bytes, name: str) -> tuple[Symbol, ...]:
    sections = list(elf.iter_sections(type="SHT_SYMTAB"))
    return tuple(symbol for section in sections for symbol in _table(elf, section, content, name))


def _table(elf: ELFFile, section: Any, content: bytes, name: str) -> list[Symbol]:
    """One table's named, defined symbols; unpacked in bulk, because a kernel has hundreds of thousands."""
    table = _cut(section, content, name)
    strings = _cut(elf.get_section(section["sh_link"]), content, name)
    found = []
    for at, info, _, index, value, size in SYMBOL.iter_unpack(table[: len(table) // SYMBOL.size * SYMBOL.size]):
        if index == UNDEFINED or info & 0xF in NO_CODE_OR_DATA:
            continue
        end = strings.find(b"\0", at)
        text = strings[at : end if end >= 0 else len(strings)].decode(errors="replace")
        if text:
            found.append(Symbol(text, value, size, info & 0xF))
    return found


def _cut(section: Any, content: bytes, name: str) -> bytes:
    start, size = section["sh_offset"], section["sh_size"]
    if start + size > len(content):
        raise MachineError(
            f"{name} is truncated: its symbols need {start + size} bytes, the file has {len(content)}; copy it again"
        )
    return content[start : start + size]
