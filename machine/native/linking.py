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
INDIRECT = {TYPES["R_X86_64_GOTPCREL"], 41, 42}  # R_X86_64_GOTPCRELX and R_X86_64_REX_GOTPCRELX
"""The distance to a word that holds the address: how code refers to data that other modules might replace."""
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
    references = References(content)
    for section in file.iter_sections():
        if section["sh_type"] == "SHT_RELA" and section["sh_info"] in places:
            for relocation in section.iter_relocations():
                at = places[section["sh_info"]] + relocation["r_offset"]
                symbol = _address(table.get_symbol(relocation["r_info_sym"]), places)
                references.resolve(relocation["r_info_type"], at, symbol, relocation["r_addend"])
    symbols = {
        symbol.name: _address(symbol, places)
        for symbol in table.iter_symbols()
        if symbol["st_info"]["bind"] == "STB_GLOBAL"
    }
    return Image(bytes(content), symbols, tuple(references.pointers))


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


class References:
    """Writes references into the content; ``pointers`` are the places of those that depend on where it will lie."""

    def __init__(self, content: bytearray) -> None:
        self.pointers: list[int] = []
        self._content = content
        self._words: dict[int, int] = {}

    def resolve(self, kind: int, at: int, symbol: int, addend: int) -> None:
        """One relocation. Raises LinkError."""
        if kind == ABSOLUTE:
            self._content[at : at + 8] = (symbol + addend).to_bytes(8, "little")
            self.pointers.append(at)
            return
        if kind not in RELATIVE and kind not in INDIRECT:
            raise LinkError(f"a relocation of type {kind}")
        target = symbol if kind in RELATIVE else self._word(symbol)
        size = RELATIVE.get(kind, 4)
        self._content[at : at + size] = (target + addend - at).to_bytes(size, "little", signed=True)

    def _word(self, symbol: int) -> int:
        """The place of a word behind everything else that holds the symbol's address."""
        if symbol not in self._words:
            self._content += bytes(-len(self._content) % 8)
            self._words[symbol] = len(self._content)
            self.pointers.append(len(self._content))
            self._content += symbol.to_bytes(8, "little")
        return self._words[symbol]
