from __future__ import annotations

import pytest

from machine.errors import MachineError
from machine.memory.bus import Bus, BusError
from machine.memory.ram import Ram

RAM, DEVICE = 0x8000_0000, 0x1000_0000


class Counter:
    """A register file of words; loads of offset 0 count."""

    def __init__(self, name: str = "counter", size: int = 16, widths: tuple[int, ...] = (4, 8)) -> None:
        self.name = name
        self.size = size
        self.widths = widths
        self.loads = 0
        self.stores: list[tuple[int, int, int]] = []

    def read(self, offset: int, size: int) -> int:
        value = self.peek(offset, size)
        self.loads += 1
        return value

    def peek(self, offset: int, size: int) -> int:
        return 0x0302_0100 + 0x0404_0404 * (offset // 4) + (self.loads << 32 if size == 8 else 0)

    def write(self, offset: int, size: int, value: int) -> None:
        self.stores.append((offset, size, value))


@pytest.fixture
def device() -> Counter:
    return Counter()


@pytest.fixture
def bus(device: Counter) -> Bus:
    bus = Bus()
    bus.add_ram(Ram(RAM, 4096))
    bus.add_device(DEVICE, device)
    return bus


def test_find_needs_the_whole_access_in_one_region(bus: Bus) -> None:
    found = bus.find(DEVICE + 15)
    assert found is not None
    assert (found.base, found.end, found.is_ram) == (DEVICE, DEVICE + 16, False)
    assert bus.find(DEVICE + 15, 2) is None
    assert bus.find(DEVICE - 1) is None
    assert bus.find(0) is None
    assert bus.find(RAM + 4096) is None


def test_ram_takes_every_width_and_alignment(bus: Bus) -> None:
    bus.write(RAM + 1, 8, 0x0807_0605_0403_0201)
    assert [bus.read(RAM + 1, size) for size in (1, 2, 4, 8)] == [1, 0x201, 0x4030201, 0x807060504030201]
    ram = bus.ram_at(RAM + 4088, 8)
    assert ram is not None
    assert ram.base == RAM
    assert bus.ram_at(RAM + 4089, 8) is None
    assert bus.ram_at(DEVICE) is None


@pytest.mark.parametrize(
    ("address", "size"),
    [(DEVICE, 1), (DEVICE, 2), (DEVICE + 2, 4), (DEVICE + 4, 8), (DEVICE + 16, 4), (RAM + 4093, 4), (2**64 - 4, 8)],
)
def test_what_nothing_answers_is_a_bus_error(bus: Bus, device: Counter, address: int, size: int) -> None:
    for access in (bus.read, bus.peek):
        with pytest.raises(BusError, match=f"{address:#x}") as caught:
            access(address, size)
        assert caught.value.address == address
    with pytest.raises(BusError):
        bus.write(address, size, 0)
    assert device.loads == 0
    assert device.stores == []


def test_devices_see_offsets(bus: Bus, device: Counter) -> None:
    bus.write(DEVICE + 8, 8, 5)
    assert device.stores == [(8, 8, 5)]
    assert bus.read(DEVICE + 4, 4) == 0x0706_0504
    assert device.loads == 1


def test_peeking_leaves_the_device_alone(bus: Bus, device: Counter) -> None:
    assert bus.peek(DEVICE, 4) == 0x0302_0100
    assert bus.peek_bytes(DEVICE + 3, 10) == bytes(range(3, 13))
    assert device.loads == 0


def test_peek_bytes_crosses_neighbours_and_stops_at_a_hole(bus: Bus) -> None:
    bus.add_device(RAM + 4096, Counter(name="neighbour"))
    bus.write(RAM + 4094, 2, 0xBBAA)
    assert bus.peek_bytes(RAM + 4094, 4) == b"\xaa\xbb\x00\x01"
    with pytest.raises(BusError) as caught:
        bus.peek_bytes(RAM + 4094, 64)
    assert caught.value.address == RAM + 4096 + 16


@pytest.mark.parametrize("base", [RAM - 15, RAM, RAM + 4095])
def test_overlap_is_the_users_error(bus: Bus, base: int) -> None:
    with pytest.raises(MachineError, match=f"second at {base:#x} to .* overlaps memory at 0x80000000 to 0x80001000"):
        bus.add_device(base, Counter(name="second"))
    assert len(bus.regions) == 2
