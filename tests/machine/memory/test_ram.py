from __future__ import annotations

import pytest

from machine.errors import MachineError
from machine.memory.ram import Ram

BASE = 0x8000_0000


def resident_kib() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4


def test_values_are_little_endian_and_truncated() -> None:
    ram = Ram(BASE, 4096)
    ram.write(8, 4, 0x1_1234_5678)
    assert bytes(ram.data[8:13]) == b"\x78\x56\x34\x12\x00"
    assert ram.read(8, 4) == ram.peek(8, 4) == 0x1234_5678
    assert ram.read(9, 8) == 0x12_3456
    ram.write(0, 8, -2)
    assert ram.read(0, 8) == 2**64 - 2


def test_untouched_memory_costs_nothing() -> None:
    before = resident_kib()
    ram = Ram(BASE, 4 << 30)
    ram.write((4 << 30) - 8, 8, 1)
    assert resident_kib() - before < 4096


def test_clear_zeroes_and_keeps_the_view() -> None:
    ram = Ram(BASE, 1 << 20)
    view = ram.data
    ram.load(BASE + 0x1000, b"\xff" * 5000)
    ram.clear()
    assert view is ram.data
    assert not any(view)
    view[0] = 1
    assert ram.read(0, 1) == 1


def test_load_outside_names_the_addresses() -> None:
    ram = Ram(BASE, 4096)
    ram.load(BASE + 4092, b"abcd")
    assert ram.read(4092, 4) == int.from_bytes(b"abcd", "little")
    for address in (BASE + 4093, BASE - 1, 0):
        with pytest.raises(MachineError, match=f"{address:#x} lie outside the memory"):
            ram.load(address, b"abcd")


def test_more_than_the_host_has_is_the_users_error() -> None:
    with pytest.raises(MachineError, match="ask for less"):
        Ram(BASE, 1 << 62)
    with pytest.raises(MachineError, match="ask for less"):
        Ram(BASE, 1 << 70)
