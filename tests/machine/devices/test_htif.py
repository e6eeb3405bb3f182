from __future__ import annotations

import pytest

from machine.devices.finish import Finish, FinishKind
from machine.devices.htif import Htif
from machine.errors import MachineError
from machine.memory.ram import Ram

BASE = 0x8000_0000
TOHOST, FROMHOST, BLOCK, TEXT = BASE + 0x1000, BASE + 0x1040, BASE + 0x2000, BASE + 0x3000


class Terminal:
    """What was shown, and what will be typed."""

    def __init__(self) -> None:
        self.shown = b""
        self.typed = bytearray()

    def write(self, data: bytes) -> None:
        self.shown += data

    def read(self) -> int | None:
        return self.typed.pop(0) if self.typed else None


class Guest:
    """The guest's side of the two words."""

    def __init__(self) -> None:
        self.ram = Ram(BASE, 1 << 16)
        self.terminal = Terminal()
        self.htif = Htif(self.ram, TOHOST, FROMHOST, self.terminal)

    def word(self, address: int) -> int:
        return self.ram.read(address - BASE, 8)

    def store(self, address: int, value: int, size: int = 8) -> None:
        self.ram.write(address - BASE, size, value)

    def send(self, value: int, size: int = 8) -> Finish | None:
        self.store(TOHOST, value, size)
        return self.htif.written()

    def receive(self) -> int:
        answer = self.word(FROMHOST)
        self.store(FROMHOST, 0)
        assert self.htif.written() is None
        return answer

    def call(self, *words: int) -> int:
        for place, word in enumerate(words):
            self.store(BLOCK + 8 * place, word)
        assert self.send(BLOCK) is None
        assert self.receive() == 1
        result = self.word(BLOCK)
        return result - (1 << 64) if result >> 63 else result


@pytest.fixture
def guest() -> Guest:
    return Guest()


@pytest.mark.parametrize(
    ("word", "finish"),
    [(1, Finish(FinishKind.PASS)), (1337 << 1 | 1, Finish(FinishKind.FAIL, 1337)), (3, Finish(FinishKind.FAIL, 1))],
)
def test_exit_codes(guest: Guest, word: int, finish: Finish) -> None:
    assert guest.send(word) == finish
    assert guest.word(TOHOST) == 0


def test_exit_by_a_32_bit_store(guest: Guest) -> None:
    assert guest.send(5, size=4) == Finish(FinishKind.FAIL, 2)
    guest.store(TOHOST + 4, 0, 4)
    assert guest.htif.written() is None


def test_zero_asks_for_nothing(guest: Guest) -> None:
    assert guest.send(0) is None
    assert guest.word(FROMHOST) == 0


def test_putchar(guest: Guest) -> None:
    for byte in b"Hi":
        assert guest.send(1 << 56 | 1 << 48 | byte) is None
        assert guest.word(TOHOST) == 0
    assert guest.terminal.shown == b"Hi"
    assert guest.word(FROMHOST) == 0


def test_getchar_answers_when_a_byte_comes(guest: Guest) -> None:
    guest.send(1 << 56)
    assert guest.word(FROMHOST) == 0
    guest.terminal.typed += b"xy"
    guest.htif.poll()
    assert guest.receive() == 1 << 56 | 0x100 | ord("x")
    assert guest.terminal.typed == b"y", "one request takes one byte"
    guest.send(1 << 56)
    assert guest.receive() == 1 << 56 | 0x100 | ord("y")


def test_answers_wait_until_fromhost_is_free(guest: Guest) -> None:
    guest.terminal.typed += b"ab"
    guest.send(1 << 56)
    guest.send(1 << 56)
    assert guest.receive() & 0xFF == ord("a")
    assert guest.receive() & 0xFF == ord("b")
    assert guest.word(FROMHOST) == 0


def test_write_system_call(guest: Guest) -> None:
    guest.ram.load(TEXT, b"hello\n")
    assert guest.call(64, 1, TEXT, 6) == 6
    assert guest.call(64, 2, TEXT, 0) == 0
    assert guest.terminal.shown == b"hello\n"


def test_system_calls_that_fail(guest: Guest) -> None:
    assert guest.call(64, 7, TEXT, 1) == -9
    assert guest.call(64, 1, 0x1000, 1) == -14
    assert guest.call(64, 1, TEXT, 1 << 40) == -14
    assert guest.call(57, 1) == -38
    assert guest.terminal.shown == b""


def test_exit_system_call(guest: Guest) -> None:
    guest.store(BLOCK, 93)
    guest.store(BLOCK + 8, 4)
    assert guest.send(BLOCK) == Finish(FinishKind.FAIL, 4)


@pytest.mark.parametrize("word", [2 << 56, 1 << 56 | 2 << 48, 0xFF << 56 | 1, 1 << 48 | 1])
def test_unknown_devices_and_commands_are_ignored(guest: Guest, word: int) -> None:
    assert guest.send(word) is None
    assert guest.word(TOHOST) == guest.word(FROMHOST) == 0


def test_a_block_outside_memory_completes_without_a_result(guest: Guest) -> None:
    assert guest.send(0x1000) is None
    assert guest.receive() == 1


def test_reset_forgets_requests(guest: Guest) -> None:
    guest.send(1 << 56)
    guest.htif.reset()
    guest.terminal.typed += b"x"
    guest.htif.poll()
    assert guest.word(FROMHOST) == 0


def test_symbols_outside_memory_are_the_images_error(guest: Guest) -> None:
    with pytest.raises(MachineError, match="symbol fromhost at 0x1000 is outside"):
        Htif(guest.ram, TOHOST, 0x1000, guest.terminal)
