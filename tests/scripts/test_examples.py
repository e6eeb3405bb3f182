"""The worked examples do what they say, on both engines where they choose one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, GUESTS = ROOT / "scripts" / "examples", ROOT / "gdbstub" / "guests"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250, check=False
    )


def example(name: str, *guests: str) -> tuple[int, str]:
    done = run(str(EXAMPLES / name), *(str(GUESTS / f"{guest}.elf") for guest in guests))
    return done.returncode, done.stdout + done.stderr


def test_the_planted_bug_is_found_at_its_line() -> None:
    status, told = example("find_wrong_vmid.py", "switch_wrong_vmid")
    assert status == 1
    line = next(n for n, text in enumerate(source("switch/world.h"), 1) if "csr_read(hgatp)" in text)
    assert "VM 2 is about to run under VMID 1" in told
    assert f"<world_switch+24> at switch/world.h:{line} wrote hgatp" in told
    assert "called by world_switch < hypervisor_main" in told


def test_a_build_without_the_bug_is_clean() -> None:
    assert example("find_wrong_vmid.py", "switch") == (0, "18 entries, each under the VM's own VMID\n")


def test_two_builds_are_compared() -> None:
    assert example("compare_builds.py", "switch", "switch") == (0, "alike at 36 landmarks and at the end\n")
    status, told = example("compare_builds.py", "switch", "switch_wrong_vmid")
    assert status == 1
    assert "alike at 2 landmarks; then, at vm_enter:\n  hgatp.VMID: 0x2 and 0x1\n" in told
    line = next(n for n, text in enumerate(source("switch/world.h"), 1) if "#else" in text) + 1
    assert f"at switch/world.h:{line}: hgatp.VMID 0x1 -> 0x2" in told
    assert told.endswith("switch_wrong_vmid.elf wrote:\n  nothing of this\n")


@pytest.mark.parametrize("name", ["find_wrong_vmid.py", "compare_builds.py"])
def test_wrong_arguments_are_told(name: str) -> None:
    assert example(name)[0] == 2
    status, told = example(name, *["nowhere"] * (1 + (name == "compare_builds.py")))
    assert (status, "Traceback" in told) == (2, False)
    assert "nowhere.elf" in told


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_the_step_suite_passes(engine: str) -> None:
    quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    loaded = () if hartbreak_is_installed() else ("-p", "gdbstub.scripting.plugin")
    suite = str(EXAMPLES / "test_hypervisor.py")
    done = run("-m", "pytest", *quiet, *loaded, "--hartbreak-engine", engine, suite)
    assert "20 passed" in done.stdout, done.stdout + done.stderr


def hartbreak_is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.name == "hartbreak" for entry in entry_points(group="pytest11"))


def source(name: str) -> list[str]:
    return (ROOT / "scripts" / "guests" / name).read_text().splitlines()
