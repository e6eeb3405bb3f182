"""The objects' cache: what is damaged, foreign or not to be written is as good as none."""

from __future__ import annotations

from machine.native.cache import KEPT, Cache


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
