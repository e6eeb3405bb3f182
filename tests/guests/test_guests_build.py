"""The guest programs that the package ships are what their sources make, byte for byte, wherever they are built."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "gdbstub" / "guests"
VCPU = ["vcpu", "vcpu_mask_first", "vcpu_stale_hvip", "vcpu_no_sync"]
NAMES = [
    "hypervisor",
    "nested",
    "nested_bench",
    "hello",
    "fail",
    "htif",
    "two_harts",
    "loop",
    "worlds",
    "idle",
    "timer",
    "switch",
    "switch_wrong_vmid",
    *VCPU,
]

MACHINE_PATH = re.compile(rb"/(?:home|root|tmp|usr|work|Users|opt|var)/[\w./-]+")


def run_build(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "build_guests"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


@pytest.fixture(scope="module")
def other_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in a directory of another name and length, built there."""
    root = tmp_path_factory.mktemp("another checkout of it")
    (root / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "build_guests", root / "scripts")
    shutil.copytree(ROOT / "scripts" / "guests", root / "scripts" / "guests")
    done = run_build(root)
    assert done.returncode == 0, done.stderr
    return root


def test_every_shipped_guest_has_a_test_here() -> None:
    assert sorted(path.stem for path in SHIPPED.glob("*.elf")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_rebuilding_in_another_directory_gives_the_shipped_bytes(other_checkout: Path, name: str) -> None:
    fresh = other_checkout / "gdbstub" / "guests" / f"{name}.elf"
    assert fresh.read_bytes() == (SHIPPED / f"{name}.elf").read_bytes(), (
        f"{name}.elf is stale: run scripts/build_guests"
    )


def test_check_passes_on_fresh_guests_and_names_a_changed_one(other_checkout: Path) -> None:
    assert run_build(other_checkout, "--check", "hello", "fail").returncode == 0
    hello = other_checkout / "gdbstub" / "guests" / "hello.elf"
    original = hello.read_bytes()
    try:
        hello.write_bytes(original[:0x20] + bytes([original[0x20] ^ 1]) + original[0x21:])
        changed = run_build(other_checkout, "--check", "hello", "fail")
        hello.unlink()
        absent = run_build(other_checkout, "--check", "hello")
    finally:
        hello.write_bytes(original)
    assert changed.returncode == 1
    assert "hello.elf: differs from its sources at byte 0x20" in changed.stderr
    assert "fail.elf" not in changed.stderr
    assert absent.returncode == 1
    assert "hello.elf: is not shipped" in absent.stderr


@pytest.mark.parametrize("name", NAMES)
def test_no_path_of_a_machine_is_in_a_guest(name: str) -> None:
    assert MACHINE_PATH.findall((SHIPPED / f"{name}.elf").read_bytes()) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_guest_is_small_and_has_debug_information(name: str) -> None:
    path = SHIPPED / f"{name}.elf"
    assert path.stat().st_size < 200_000
    with path.open("rb") as file:
        units = [
            unit.get_top_DIE().attributes["DW_AT_name"].value for unit in ELFFile(file).get_dwarf_info().iter_CUs()
        ]
    assert all(not unit.startswith(b"/") for unit in units)
    assert any(unit.endswith(b".c") for unit in units)


@pytest.mark.parametrize(
    ("name", "entry", "symbols"),
    [
        (
            "hypervisor",
            0x80200000,
            {"vm_enter", "vm_exit", "handle_virtual_instruction", "vs_sret_vtsr", "vu_wfi", "guest_trap"},
        ),
        ("idle", 0x80200000, {"emulate_wfi", "vcpu_main", "ring"}),
        ("timer", 0x80200000, {"work", "serve", "vcpu_main", "ring", "handle_host_trap"}),
        ("htif", 0x80000000, {"tohost", "fromhost", "magic_mem"}),
        ("two_harts", 0x80000000, {"main", "second_main", "total"}),
        ("loop", 0x80000000, {"tick", "counter"}),
        ("worlds", 0x80000000, {"landmark", "visits", "hs_main", "vs_main", "vu_main"}),
    ],
)
def test_entry_and_the_names_to_break_at(name: str, entry: int, symbols: set[str]) -> None:
    with (SHIPPED / f"{name}.elf").open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        assert elf["e_entry"] == entry
        assert symbols <= {symbol.name for symbol in table.iter_symbols()}


def test_the_hypervisors_segments_do_not_overlap_in_physical_memory() -> None:
    with (SHIPPED / "hypervisor.elf").open("rb") as file:
        loads = sorted(
            (segment["p_paddr"], segment["p_paddr"] + segment["p_memsz"])
            for segment in ELFFile(file).iter_segments("PT_LOAD")
        )
    assert loads[0][0] == 0x80200000
    assert all(end <= start for (_, end), (start, _) in pairwise(loads))
