"""The benchmark works, on tiny sizes; nothing here is timed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from machine.board.elf import load_image
from machine.config import Config
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.startup.boot import Boot
from scripts.benchmark.__main__ import main
from scripts.benchmark.contestants import Hartbreak, rival
from scripts.benchmark.images import image, sized
from scripts.benchmark.once import FUNCTIONS, functions
from scripts.benchmark.race import agree, run
from scripts.benchmark.remote import escaped, expanded
from scripts.benchmark.stopwatch import Sample, calibrate, measure
from scripts.benchmark.workloads import BY_NAME, WORKLOADS, Workload
from tests.tools import needed

HARTBREAK = Hartbreak("reference")


@pytest.fixture
def qemu() -> str:
    """The peer; a machine without it fails the test."""
    return needed("qemu-system-riscv64")


def retired(workload: Workload, units: int, place: Path) -> int:
    """Instructions of a whole run, set-up included."""
    machine = Machine(Config())
    Boot(load_image(sized(image(workload), units, place))).install(machine)
    machine.reset()
    assert machine.run(5_000_000).reason is ExitReason.SHUTDOWN
    return int(machine.harts[0].state.minstret)


@pytest.mark.parametrize("workload", [each for each in WORKLOADS if each.instructions], ids=lambda each: each.name)
def test_a_unit_has_as_many_instructions_as_its_row_says(workload: Workload, tmp_path: Path) -> None:
    assert retired(workload, 41, tmp_path) - retired(workload, 40, tmp_path) == workload.instructions


@pytest.mark.usefixtures("qemu")
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each.name)
def test_hartbreak_and_qemu_compute_the_same(workload: Workload, tmp_path: Path) -> None:
    contestants = (HARTBREAK, rival())
    samples = [run(each, image(workload), 64, tmp_path) for each in contestants]
    agree(workload, samples, contestants)
    assert samples[0].checksum


def test_a_guest_that_pages_beyond_its_memory_begins_again(tmp_path: Path) -> None:
    assert run(HARTBREAK, image(BY_NAME["guest_page_faults"]), 4100, tmp_path).checksum == 4100


def test_different_checksums_are_reported() -> None:
    samples = [Sample(1, 2, 0.5), Sample(1, 3, 0.5)]
    with pytest.raises(Exception, match=r"integer: the checksums differ: hartbreak \(reference\) 0x2, .* 0x3"):
        agree(BY_NAME["integer"], samples, (HARTBREAK, HARTBREAK))


def test_a_program_that_does_not_report_is_an_error() -> None:
    with pytest.raises(Exception, match="did not end as it should: b'begin"):
        measure(["printf", "begin\\ntrapped"])


def test_the_length_of_a_run_is_found() -> None:
    assert calibrate(lambda units: units / 1000, 10, 2.0) == 2000
    assert calibrate(lambda units: units / 1e6, 10, 2.0, most=3000) == 3000


def test_run_once_code_is_of_the_announced_size() -> None:
    lines = [line.strip() for line in functions().splitlines()]
    assert lines.count("ret") == FUNCTIONS
    instructions = [line for line in lines if not line.startswith(".") and not line.endswith(":")]
    assert 4 * len(instructions) == 456_000


def test_what_is_escaped_or_run_together_comes_back() -> None:
    data = bytes(range(256))
    assert expanded(escaped(data)) == data
    assert expanded(b"10*!;0* ") == b"100000;0000"


def test_without_qemu_the_user_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = CliRunner().invoke(main, ["--quick"])
    assert result.exit_code == 1
    assert "apt-get install qemu-system-misc" in result.output


def test_the_command_prints_every_figure_as_json() -> None:
    arguments = ["--alone", "--seconds", "0.02", "--runs", "1", "--profile", "--json", "--workload", "syscalls"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert [row["title"] for row in found["workloads"]] == ["VU→VS system calls"]
    assert len(found["debugging"]) == 10
    assert all(row["contestants"][0]["median"] > 0 for rows in ("workloads", "debugging") for row in found[rows])
    assert sum(found["profile of workloads"]["VU→VS system calls"].values()) == pytest.approx(1)
    assert found["engine in this process"][0]["mips"] > 0
