"""Names and source lines of several images, each where it was loaded: a hypervisor, and guests at offsets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.values import Location
from machine.board.call_frames import CallFrames, FrameRule
from machine.board.elf import load_image
from machine.board.image import Image
from machine.board.source_lines import SourceLines
from machine.errors import MachineError

__all__ = ["ImagePath", "Program", "Symbols", "Where"]

ImagePath = str | os.PathLike[str] | tuple[str | os.PathLike[str], int]
"""A file with symbols, or such a file and how many bytes above its linked addresses it runs."""
Where = str | int
"""A place: an address, ``"symbol"``, ``"symbol+8"`` or ``"file.c:12"``."""

OFFSET = re.compile(r"(?P<name>.+?)\s*\+\s*(?P<offset>0[xX][0-9a-fA-F]+|\d+)")
LINE = re.compile(r"(?P<file>.+):(?P<line>\d+)")


class Program:
    """One image that runs ``offset`` bytes above the addresses that it is linked at.

    Raises MachineError when the file is not an ELF for this machine.
    """

    def __init__(self, path: Path, offset: int = 0, image: Image | None = None) -> None:
        self.path, self.offset = path, offset
        self.image = image or load_image(path)
        self.lines, self.frames = SourceLines(path), CallFrames(path)


class Symbols:
    """What addresses mean. Where several images know a name or an address, the first one counts."""

    def __init__(self, programs: Iterable[Program] = ()) -> None:
        self.programs = list(programs)

    @classmethod
    def of(cls, images: Iterable[ImagePath]) -> Symbols:
        """Load them. Raises ScriptingError for a file that is not an image."""
        try:
            return cls([_program(image) for image in images])
        except MachineError as error:
            raise ScriptingError(str(error)) from error

    @cached_property
    def names(self) -> dict[str, int]:
        """Every symbol with its address."""
        found: dict[str, int] = {}
        for program in reversed(self.programs):
            found |= {name: address + program.offset for name, address in program.image.symbols.items()}
        return found

    def address(self, where: Where) -> int:
        """The address of a place. Raises ScriptingError for a name or line that no image has."""
        if isinstance(where, int):
            return where
        typed = where.strip().removeprefix("*")
        if typed in self.names:
            return self.names[typed]
        if found := OFFSET.fullmatch(typed):
            return self.address(found["name"]) + int(found["offset"], 0)
        if found := LINE.fullmatch(typed):
            return self._line(found["file"], int(found["line"]))
        return self._number(typed)

    def _number(self, typed: str) -> int:
        try:
            return int(typed, 0)
        except ValueError:
            images = ", ".join(program.path.name for program in self.programs) or "none"
            raise ScriptingError(f"there is no symbol {typed!r} in the images ({images})") from None

    def _line(self, file: str, line: int) -> int:
        for program in self.programs:
            if found := program.lines.addresses(file, line):
                return found[0] + program.offset
        raise ScriptingError(f"no instruction begins at {file}:{line} in the images that have line tables")

    def location(self, address: int) -> Location:
        """What is known about an address."""
        symbol, offset = self.nearest(address) or ("", 0)
        rows = (program.lines.at(address - program.offset) for program in self.programs)
        row = next(filter(None, rows), None)
        return Location(address, symbol, offset, row.file if row else "", row.line if row else 0)

    def nearest(self, address: int) -> tuple[str, int] | None:
        """The symbol that covers an address, and the offset from it."""
        found = (program.image.symbolise(address - program.offset) for program in self.programs)
        return next(filter(None, found), None)

    def begins_line(self, address: int) -> bool:
        """Whether a line's code begins there, at a place that the compiler recommends for a breakpoint."""
        rows = ((program.lines.at(address - program.offset), program.offset) for program in self.programs)
        return any(row is not None and row.statement and row.address + offset == address for row, offset in rows)

    def body(self, address: int) -> int:
        """Where the function that begins at an address has made its frame: at its second line. Else the address."""
        for program in self.programs:
            found = program.lines.following(address - program.offset)
            if found is not None:
                return found.address + program.offset
        return address

    def frame_rule(self, address: int) -> FrameRule | None:
        """How to find the caller of the code at an address."""
        rules = (program.frames.rule(address - program.offset) for program in self.programs)
        return next(filter(None, rules), None)


def _program(image: ImagePath) -> Program:
    path, offset = image if isinstance(image, tuple) else (image, 0)
    return Program(Path(path), offset)
