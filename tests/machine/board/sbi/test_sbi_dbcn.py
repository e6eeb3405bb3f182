from __future__ import annotations

import pytest

from tests.machine.board.sbi.sbi_world import RAM, RAM_SIZE, World

DBCN = 0x4442434E
WRITE, READ, WRITE_BYTE = range(3)


def test_write(world: World) -> None:
    world.memory[8:13] = b"hello"
    assert world.call(DBCN, WRITE, 5, RAM + 8, 0) == (0, 5)
    assert world.call(DBCN, WRITE, 0, RAM, 0) == (0, 0)
    assert world.shown == b"hello"


def test_read_takes_what_there_is(world: World) -> None:
    world.typed = b"typed"
    assert world.call(DBCN, READ, 3, RAM, 0) == (0, 3)
    assert world.call(DBCN, READ, 100, RAM + 0x10, 0) == (0, 2)
    assert world.call(DBCN, READ, 100, RAM + 0x20, 0) == (0, 0)
    assert bytes(world.memory[:0x30]) == b"typ".ljust(16, b"\0") + b"ed".ljust(32, b"\0")


@pytest.mark.parametrize("fid", [WRITE, READ])
@pytest.mark.parametrize(
    ("size", "low", "high"),
    [
        (1, RAM - 1, 0),
        (1, RAM + RAM_SIZE, 0),
        (2, RAM + RAM_SIZE - 1, 0),
        (2**64 - 1, RAM, 0),
        (1, 0x1000_0000, 0),
        (1, RAM, 1),
    ],
)
def test_buffers_outside_memory_are_invalid(world: World, fid: int, size: int, low: int, high: int) -> None:
    world.typed = b"kept"
    assert world.call(DBCN, fid, size, low, high) == (-3, 0)
    assert (world.shown, world.typed) == (b"", b"kept")


def test_write_byte_takes_the_low_byte(world: World) -> None:
    assert world.call(DBCN, WRITE_BYTE, 0x1_0041) == (0, 0)
    assert world.shown == b"A"
