"""From a relocatable ELF object for x86-64 to an `Image`: sections laid out one behind the other, references resolved.

The relocations are those of the System V ABI's AMD64 supplement, chapter 4.4, that LLVM makes of position-independent
code which refers to nothing outside itself; any other is a mistake in what was compiled.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_RELOC_TYPE_x64 as TYPES

from machine.native.image import Image

__all__ = ["LinkError", "link"]

RELATIVE = {TYPES["R_X86_64_PC32"]: 4, TYPES["R_X86_64_PLT32"]: 4, TYPES["R_X86_64_PC64"]: 8}
"""Bytes of a reference that is a distance."""
ABSOLUTE = TYPES["R_X86_64_64"]

UNWINDING = "SHT_AMD64_UNWIND"
"""Of use to C++ only."""


class LinkError(Exception):
    """The object is not self-contained: a mistake in what was compiled."""


def link(made: bytes) -> Image:
    """The image of an object file. Raises LinkError."""
    file: Any = ELFFile(BytesIO(made))
    places, content = _lay_out(file)
    table = file.get_section_by_name(".symtab")
    pointers: list[int] = []
    for section in file.iter_sections():
        if section["sh_type"] == "SHT_RELA" and section["sh_info"] in places:
            for relocation in section.iter_relocations():
                at = places[section["sh_info"]] + relocation["r_offset"]
                target = _address(table.get_symbol(relocation["r_info_sym"]), places) + relocation["r_addend"]
                pointers += _resolve(content, relocation["r_info_type"], at, target)
    symbols = {
        symbol.name: _address(symbol, places)
        for symbol in table.iter_symbols()
        if symbol["st_info"]["bind"] == "STB_GLOBAL"
    }
    return Image(bytes(content), symbols, tuple(pointers))


def _lay_out(file: Any) -> tuple[dict[int, int], bytearray]:
    """Where each section lies that is part of the running code, and all of their bytes."""
    places: dict[int, int] = {}
    content = bytearray()
    for number, section in enumerate(file.iter_sections()):
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"] and section["sh_type"] != UNWINDING:
            if section.name.startswith((".data", ".bss")) and section.name != ".data.rel.ro":
                raise LinkError(f"section {section.name}: the code would have a state")
            content += bytes(-len(content) % section["sh_addralign"])
            places[number] = len(content)
            content += section.data()
    return places, content


def _address(symbol: Any, places: dict[int, int]) -> int:
    if symbol["st_shndx"] not in places:
        raise LinkError(f"{symbol.name!r} is not defined")
    return places[symbol["st_shndx"]] + int(symbol["st_value"])


def _resolve(content: bytearray, kind: int, at: int, target: int) -> list[int]:
    """Write a reference; gives its place if it depends on where the image will lie."""
    if kind == ABSOLUTE:
        content[at : at + 8] = target.to_bytes(8, "little")
        return [at]
    if kind not in RELATIVE:
        raise LinkError(f"a relocation of type {kind}: declare what the code refers to as internal")
    size = RELATIVE[kind]
    content[at : at + size] = (target - at).to_bytes(size, "little", signed=True)
    return []
