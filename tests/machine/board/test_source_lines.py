"""Source lines and call frames of the shipped guests, as gdb knows them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from machine.board.call_frames import CallFrames
from machine.board.elf import load_image
from machine.board.source_lines import SourceLines
from tests.tools import GDB, needed

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"
LINE = re.compile(r'^Line (\d+) of "([^"]+)" starts at address (0x[0-9a-f]+)', re.MULTILINE)


@pytest.mark.parametrize(
    ("guest", "names"),
    [("hypervisor", ["vm_exit", "vs_sret_vtsr"]), ("loop", ["main", "tick"]), ("worlds", ["main"])],
)
def test_lines_are_gdbs(guest: str, names: list[str]) -> None:
    path = GUESTS / f"{guest}.elf"
    asked = [word for name in names for word in ("-ex", f"info line {name}")]
    said = subprocess.run([needed(GDB), "-nx", "-batch", *asked, str(path)], capture_output=True, text=True, check=True)
    expected = [(file, int(line), int(address, 16)) for line, file, address in LINE.findall(said.stdout)]
    assert len(expected) == len(names)
    lines = SourceLines(path)
    for file, line, address in expected:
        row = lines.at(address)
        assert row is not None
        assert (row.file, row.line, row.address, row.statement) == (file, line, address, True)
        assert address in lines.addresses(Path(file).name, line)
        assert lines.at(address + 1) == row


def test_a_body_begins_behind_the_line_of_the_function() -> None:
    path = GUESTS / "loop.elf"
    lines, entry = SourceLines(path), load_image(path).symbol("tick")
    body = lines.following(entry)
    first = lines.at(entry)
    assert body is not None
    assert first is not None
    assert body.address > entry
    assert body.line == first.line + 1


def test_frames_lead_to_the_caller() -> None:
    path = GUESTS / "loop.elf"
    frames, entry = CallFrames(path), load_image(path).symbol("tick")
    at_entry, inside = frames.rule(entry), frames.rule(entry + 8)
    assert at_entry is not None
    assert inside is not None
    assert (at_entry.register, at_entry.offset, dict(at_entry.saved)) == (2, 0, {})
    assert (inside.register, dict(inside.saved)) == (8, {1: -8, 8: -16})
    assert frames.rule(0x10) is None


def test_a_file_without_debug_information_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.elf"
    path.write_bytes(b"\x7fELF")
    for missing in (path, tmp_path / "nowhere"):
        assert SourceLines(missing).at(0x8000_0000) is None
        assert SourceLines(missing).addresses("a.c", 1) == []
        assert SourceLines(missing).following(0x8000_0000) is None
        assert CallFrames(missing).rule(0x8000_0000) is None
