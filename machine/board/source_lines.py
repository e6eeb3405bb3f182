"""Which line of which source an instruction comes from, by the line tables of an image (DWARF 4 and 5, chapter 6.2).

pyelftools reads them. A table is read when it is first asked, because a kernel's takes seconds.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from elftools.elf.elffile import ELFFile

from machine.board.elf import MALFORMED

__all__ = ["Row", "SourceLines"]

OWN_DIRECTORY = 0
DIRECTORIES_FROM_ZERO = 5
"""The DWARF version from which directories and files are counted from 0; before, from 1."""


class Row(NamedTuple):
    """One row of a line table: the code from ``address`` on belongs to the line. ``line`` 0 ends a sequence."""

    address: int
    file: str
    line: int
    statement: bool


class SourceLines:
    """The lines of one image.

    Args:
        path: the ELF; one without debug information, or with one that cannot be read, knows no line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def rows(self) -> list[Row]:
        """All rows by ascending address; of several rows at an address the table's last one counts."""
        try:
            with self._path.open("rb") as file:
                found = _read(ELFFile(file))
        except (OSError, *MALFORMED):
            return []
        # The end of one sequence must not hide the beginning of the next at the same address.
        ordered = sorted(found, key=lambda row: (row.address, row.line != 0))
        return list({row.address: row for row in ordered}.values())

    @cached_property
    def _addresses(self) -> list[int]:
        return [row.address for row in self.rows]

    def at(self, address: int) -> Row | None:
        """The row that covers an address, or None."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0 or not self.rows[index].line:
            return None
        return self.rows[index]

    def following(self, address: int) -> Row | None:
        """The first row of another line behind the row that covers an address, in the same run of code."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0 or not self.rows[index].line:
            return None
        line = self.rows[index].line
        row = next((row for row in self.rows[index + 1 :] if row.line != line), None)
        return row if row is not None and row.line else None

    def addresses(self, file: str, line: int) -> list[int]:
        """Where the code of a line begins, lowest first; ``file`` may leave leading directories out."""
        wanted = "/" + file.lstrip("/")
        return [row.address for row in self.rows if row.line == line and ("/" + row.file).endswith(wanted)]


def _read(elf: ELFFile) -> list[Row]:
    if not elf.has_dwarf_info():
        return []
    dwarf = elf.get_dwarf_info()
    return [row for unit in dwarf.iter_CUs() for row in _rows(dwarf.line_program_for_CU(unit))]


def _rows(program: Any) -> list[Row]:
    if program is None:
        return []
    names = _file_names(program.header)
    states = (entry.state for entry in program.get_entries() if entry.state is not None)
    return [_row(state, names) for state in states]


def _row(state: Any, names: list[str]) -> Row:
    if state.end_sequence:
        return Row(state.address, "", 0, False)
    name = names[state.file] if state.file < len(names) else ""
    return Row(state.address, name, state.line, bool(state.is_stmt))


def _file_names(header: Any) -> list[str]:
    """By the numbers that rows use, each as the compiler wrote it, below its include directory."""
    directories = [_text(each) for each in header["include_directory"]]
    if header["version"] < DIRECTORIES_FROM_ZERO:
        directories = ["", *directories]
    names = [_joined(directories, entry.dir_index, _text(entry.name)) for entry in header["file_entry"]]
    return names if header["version"] >= DIRECTORIES_FROM_ZERO else ["", *names]


def _joined(directories: list[str], index: int, name: str) -> str:
    """A directory of the compilation itself is left out, as gdb leaves it out."""
    if index == OWN_DIRECTORY or index >= len(directories):
        return name
    return posixpath.join(directories[index], name)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
