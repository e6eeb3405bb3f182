"""The objects' cache: what is damaged, foreign or not to be written is as good as none."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

import pytest

from machine.native.cache import KEPT, Cache
from machine.native.engine import key_of
from machine.native.loading import build
from machine.native.prebuild import CONFIGS, prebuild


def test_what_was_stored_is_found(tmp_path):
    cache = Cache(tmp_path / "not yet there")
    assert cache.load("source", "cpu") is None
    cache.store(b"object", "source", "cpu")
    assert cache.load("source", "cpu") == b"object"
    assert cache.load("source", "other cpu") is None
    assert [path.suffix for path in cache.directory.iterdir()] == [".code"]


def test_damaged_files_are_ignored(tmp_path):
    cache = Cache(tmp_path)
    cache.store(b"object", "source")
    path = cache.path("source")
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], b"x" + whole[1:], whole[:-1] + b"x", b"\x7fELF" * 20):
        path.write_bytes(damaged)
        assert cache.load("source") is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file")
    cache.store(b"object", "source")
    assert cache.load("source") is None


def test_old_objects_go(tmp_path):
    cache = Cache(tmp_path)
    for number in range(KEPT + 5):
        cache.store(b"object", str(number))
    assert len(list(tmp_path.iterdir())) == KEPT
    assert cache.load(str(KEPT + 4)) == b"object"


def test_what_a_wheel_brings_comes_first_and_is_checked(tmp_path):
    wheel, own = Cache(tmp_path / "wheel"), Cache(tmp_path / "own", tmp_path / "wheel")
    wheel.store(b"of the wheel", "source")
    own.store(b"own", "source")
    assert own.load("source") == b"of the wheel"
    assert own.load("other source") is None
    wheel.path("source").write_bytes(b"damaged")
    assert own.load("source") == b"own"


WAITER = """
import sys
from pathlib import Path
from machine.native.cache import Cache
from machine.native.loading import load
cache = Cache(Path(sys.argv[1]))
def make():
    print("made", flush=True)
    return "define i64 @seven() { ret i64 7 }"
print(load(make, ("key",), cache, print).address("seven") > 0)
"""


def test_of_two_processes_one_compiles(tmp_path):
    command = [sys.executable, "-c", WAITER, str(tmp_path)]
    with ExitStack() as other:
        with Cache(tmp_path).alone():
            process = other.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            assert "waiting for it" in process.stdout.readline()
            Cache(tmp_path).store(build(lambda: "define i64 @seven() { ret i64 7 }"), "key")
        assert process.stdout.read() == "True\n"


def test_a_place_without_a_lock_keeps_nobody_out(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with Cache(tmp_path / "file").alone():
        pass


def test_what_a_wheel_brings_is_what_machines_look_for(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("machine.native.prebuild.generate", lambda config: "define i64 @seven() { ret i64 7 }")
    prebuild(tmp_path)
    installed = Cache(tmp_path / "own", tmp_path)
    assert all(installed.load(*key_of(config)) for config in CONFIGS)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}
