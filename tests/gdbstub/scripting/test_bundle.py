"""Bundles: written, read, opened at the same moment; and refused when they are not what they should be."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gdbstub.__main__ import status_of
from gdbstub.scripting import DirectSession
from gdbstub.scripting.boot import Setup
from gdbstub.scripting.bundle import read_bundle, write_bundle
from gdbstub.scripting.errors import ScriptingError
from machine.history.replay import digest
from tests.tools import GDB, needed

GUESTS = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"


@pytest.fixture(params=["bundle.zip", "bundle"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "made" / str(request.param)


def failed(place: Path, name: str = "hypervisor", **setup: object) -> tuple[Path, str]:
    """A run with typed bytes, an interrupt and a hand at it; its bundle and the digest of its end."""
    made = Setup(GUESTS / f"{name}.elf", **setup)  # type: ignore[arg-type]
    with DirectSession(made.image, **setup) as session:
        session.machine.run(30_000)
        session.snapshot()
        session.type("typed")
        session.machine.harts[0].outside.set(2)
        with session.machine.inputs.by_hand():
            session.regs["s11"] = 77
        session.machine.run(9_999)
        write_bundle(place, made, session.machine, why="AssertionError: it is", console=session.console)
        return place, digest(session.machine)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_it_opens_at_the_moment_of_failure(place: Path, engine: str) -> None:
    path, wanted = failed(place)
    with read_bundle(path) as bundle:
        said: list[bytes] = []
        started = bundle.open(said.append, engine)
        assert digest(started.machine) == wanted
        assert started.machine.engine.name == engine
        assert b"".join(said).decode() == bundle.console
        assert (bundle.why, bundle.cycle) == ("AssertionError: it is", started.machine.clock.cycles)


def test_it_keeps_the_machine_that_it_was(tmp_path: Path) -> None:
    setup = {"harts": 2, "memory": 64 << 20, "proposals": ("vgti=30",), "isa": "rv64gch_sstc", "firmware": "none"}
    path, wanted = failed(tmp_path / "it.zip", "vcpu", **setup)
    with read_bundle(path) as bundle:
        machine = bundle.open(lambda data: None).machine
        assert (len(machine.harts), machine.ram.size, machine.config.custom_interrupts) == (2, 64 << 20, (30,))
        assert digest(machine) == wanted


def manifest(path: Path, **changed: object) -> Path:
    """The directory with something else in its manifest."""
    file = path / "bundle.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changed}))
    return path


def test_another_state_is_told(tmp_path: Path) -> None:
    path, _ = failed(tmp_path / "it")
    recorded = [e for e in json.loads((path / "bundle.json").read_text())["recorded"] if e["kind"] != "Altered"]
    with (
        read_bundle(manifest(path, recorded=recorded)) as bundle,
        pytest.raises(ScriptingError, match="in another state than it was recorded in"),
    ):
        bundle.open(lambda data: None)
    with (
        read_bundle(manifest(path, cycle=1 << 40)) as bundle,
        pytest.raises(ScriptingError, match=r"cannot be repeated: the run ended at cycle \d+ \(shutdown\)"),
    ):
        bundle.open(lambda data: None)


def replayed(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    status = status_of(["replay", *options, str(path)])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_what_is_no_bundle_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, _ = failed(tmp_path / "good")
    whole = failed(tmp_path / "whole.zip")[0].read_bytes()
    cases: dict[str, tuple[Path, str]] = {}
    cases["missing"] = tmp_path / "missing.zip", "is no bundle, or it is damaged"
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    cases["cut"] = tmp_path / "cut.zip", "is no bundle, or it is damaged"
    (tmp_path / "text").write_text("hello")
    cases["text"] = tmp_path / "text", "is no bundle, or it is damaged"
    with zipfile.ZipFile(tmp_path / "foreign.zip", "w") as archive:
        archive.writestr("bundle.json", '{"format": "theirs", "sha256": {}}')
    cases["foreign"] = tmp_path / "foreign.zip", "is no bundle of hartbreak's"
    with zipfile.ZipFile(tmp_path / "escape.zip", "w") as archive:
        archive.writestr("bundle.json", '{"format": "hartbreak bundle", "sha256": {"../evil": ""}}')
        archive.writestr("../evil", "x")
    cases["escape"] = tmp_path / "escape.zip", "not a plain file name"
    for what, (path, sentence) in cases.items():
        status, _, err = replayed(path, capsys)
        assert status == 2, what
        assert sentence in err, what
        assert err.count("\n") == 1, what
    assert "made by hartbreak" in replayed(manifest(good, version=2), capsys)[2]
    manifest(good, version=1)
    (good / "image-hypervisor.elf").write_bytes(b"\x7fELF")
    assert "is damaged: image-hypervisor.elf is not the file that was put in" in replayed(good, capsys)[2]
    assert not (tmp_path.parent / "evil").exists()


def test_status_says_where_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Setup(GUESTS / "hypervisor.elf")
    with DirectSession(made.image) as session:
        session.until("vs_sret_vtsr")
        session.stepi()
        path = write_bundle(tmp_path / "it.zip", made, session.machine, why="it failed")
    status, out, _ = replayed(path, capsys, "--status", "--engine", "reference")
    assert status == 0
    assert "hypervisor.elf after" in out
    assert "as recorded: it failed" in out
    assert "hart 0 in HS-mode, V=0, at " in out
    assert "<vm_exit>" in out
    assert "virtual-instruction, VS to HS, at " in out
    assert "rule        H_virtinst_vs_sret_vtsr1" in out
    assert "the guest's console" in out


def test_run_goes_on_to_the_guests_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = failed(tmp_path / "it.zip", "hypervisor", engine="native")
    status, out, err = replayed(path, capsys, "--run")
    assert status == 0, err
    assert "0 failed" in out
    assert "pass after" in err
    assert replayed(path, capsys, "--run", "--max-instructions", "10")[0] == 3


def test_a_real_gdb_finds_the_moment(tmp_path: Path) -> None:
    made = Setup(GUESTS / "hypervisor.elf")
    with DirectSession(made.image) as session:
        session.until("vs_sret_vtsr")
        path = write_bundle(tmp_path / "it.zip", made, session.machine)
        pc, cycle = session.pc, session.cycles
    command = [sys.executable, "-m", "gdbstub", "replay", "--port", "0", "--once", str(path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = next(line for line in server.stdout if line.startswith("listening"))
        remote = line.split("'")[1]
        done = subprocess.run(
            [needed(GDB), "--nx", "--batch", "-ex", remote, "-ex", "print $pc", "-ex", "monitor traps 1"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert f"{pc:#x}" in done.stdout
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()  # type: ignore[union-attr]
    assert cycle > 0
