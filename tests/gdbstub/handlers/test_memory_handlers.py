from __future__ import annotations

import pytest

from gdbstub.handlers.memory import gdb_crc
from tests.gdbstub.debugger import Debugger
from tests.gdbstub.fake_target import BASE, SIZE, FakeTarget

END = BASE + SIZE


@pytest.mark.parametrize(
    ("payload", "reply"),
    [
        ("m1000,4", b"13000000"),
        (f"m{END - 2:x},10", b"0000"),  # as much as is readable
        (f"m{END:x},1", b"E0e"),
        ("m0,1", b"E0e"),
        ("mffffffffffffffff,ffffffffffffffff", b"E0e"),
        ("m1000,0", b"E16"),
        ("m1000", b"E16"),
        ("mxyz,4", b"E16"),
        ("m10000000000000000,4", b"E16"),
        ("x1000,4", b"b\x13\0\0\0"),
        ("x0,0", b"b"),  # "do you know this packet?"
        ("x0,4", b"E0e"),
        ("M2000,2:1234", b"OK"),
        ("M2000,0:", b"OK"),
        ("M2000,2:12", b"E16"),
        ("M2000,1:1234", b"E16"),
        ("M2000,1:zz", b"E16"),
        (f"M{END - 1:x},2:1234", b"E0e"),
        ("Mffffffffffffffff,2:1234", b"E0e"),
        ("X2000,0:", b"OK"),
        (b"X2000,3:#$}", b"OK"),
        (b"X2000,3:ab", b"E16"),
        ("qSearch:memory:1000;4000;nothing like it", b"0"),
        (b"qSearch:memory:1000;4000;\x73\x00\x10", b"1,1300"),
        ("qSearch:memory:1000;4000;", b"E16"),
        ("qSearch:memory:1000;5000;nothing like it", b"E0e"),
        ("qSearch:memory:ffffffffffffffff;2;x", b"E0e"),
        ("qCRC:1000,0", b"Cffffffff"),
        ("qCRC:1000,5000", b"E0e"),
        ("qCRC:ffffffffffffffff,2", b"E0e"),
    ],
)
def test_memory(gdb: Debugger, payload: str | bytes, reply: bytes) -> None:
    assert gdb.ask(payload) == reply


@pytest.mark.parametrize("written", ["M2000,3:23247d", b"X2000,3:#$}"])
def test_what_is_written_is_read_in_both_ways(gdb: Debugger, written: str | bytes) -> None:
    assert gdb.ask(written) == b"OK"
    assert gdb.ask("m2000,4") == b"23247d00"
    assert gdb.ask("x2000,4") == b"b#$}\0"


def test_a_write_that_fails_writes_nothing(gdb: Debugger) -> None:
    gdb.ask(f"M{END - 1:x},2:1234")
    assert gdb.ask(f"m{END - 1:x},1") == b"00"


def test_a_read_longer_than_a_packet_is_cut_to_one(
    gdb: Debugger, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "read_memory", lambda thread, address, length: bytes(length))
    assert 1000 < len(gdb.ask("m0,ffffffffffffffff")) <= 0x100000
    assert 1000 < len(gdb.ask("x0,ffffffffffffffff")) <= 0x100000


def test_a_pattern_is_found_across_the_seams_of_reading(gdb: Debugger, target: FakeTarget) -> None:
    whole = target.read_memory
    target.read_memory = lambda thread, address, length: whole(thread, address, min(length, 7))  # type: ignore[method-assign]
    gdb.ask(b"X2003,7:\xdeadbeef")
    assert gdb.ask(b"qSearch:memory:1000;4000;\xdeadbeef") == b"1,2003"


def test_the_crc_is_gdbs_own_definition_and_can_be_taken_in_parts(gdb: Debugger, target: FakeTarget) -> None:
    def by_definition(data: bytes) -> int:
        crc = 0xFFFFFFFF
        for byte in data:
            crc ^= byte << 24
            for _ in range(8):
                crc = (crc << 1) ^ (0x04C11DB7 if crc >> 31 else 0)
                crc &= 0xFFFFFFFF
        return crc

    data = bytes(target.memory[:0x400])
    assert gdb_crc(data) == by_definition(data) == gdb_crc(data[5:], gdb_crc(data[:5]))
    assert gdb.ask("qCRC:1000,400") == b"C%x" % by_definition(data)
