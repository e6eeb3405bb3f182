from __future__ import annotations

import pytest

from machine.board.image import Image, Segment, Symbol, place, starts_in_m_mode
from machine.errors import MachineError
from machine.memory.ram import Ram

BASE = 0x8000_0000
FUNCTION, OBJECT, LABEL = 2, 1, 0


def image(address: int, content: bytes = b"code", size: int = 16, name: str = "guest.elf") -> Image:
    return Image(name, address, (Segment(address, address, content, size),), ())


def with_symbols(*symbols: Symbol) -> Image:
    return Image("guest.elf", BASE, (), symbols)


def test_symbols_by_name_and_the_missing_one_named() -> None:
    guest = with_symbols(Symbol("tohost", BASE + 64, 8, OBJECT), Symbol("tohost", 7, 0, LABEL))
    assert guest.symbol("tohost") == guest.symbols["tohost"] == BASE + 64
    with pytest.raises(MachineError, match=r"guest\.elf has no symbol 'fromhost'"):
        guest.symbol("fromhost")


def test_symbolise() -> None:
    guest = with_symbols(
        Symbol("trap", 0x200, 0, LABEL),
        Symbol("main", 0x100, 0x20, FUNCTION),
        Symbol("alias", 0x100, 0, LABEL),
        Symbol("$x", 0x110, 0, LABEL),
        Symbol(".Lloop", 0x118, 0, LABEL),
    )
    assert guest.symbolise(0x100) == ("main", 0)
    assert guest.symbolise(0x11E) == ("main", 0x1E)
    assert guest.symbolise(0x120) is None, "past main's end"
    assert guest.symbolise(0x5000) == ("trap", 0x4E00), "a label without a size reaches on"
    assert guest.symbolise(0xFF) is None
    assert with_symbols().symbolise(0) is None


@pytest.mark.parametrize(
    ("address", "machine_mode"), [(BASE, True), (BASE + 0x1F_F000, True), (BASE + 0x20_0000, False), (0, True)]
)
def test_where_it_is_linked_says_in_which_mode_it_starts(address: int, machine_mode: bool) -> None:
    assert starts_in_m_mode(image(address)) is machine_mode


def test_placing() -> None:
    ram = Ram(BASE, 1 << 16)
    place(ram, [image(BASE, b"firmware"), image(BASE + 16, b"kernel")])
    assert bytes(ram.data[:24]) == b"firmware".ljust(16, b"\0") + b"kernel\0\0"


@pytest.mark.parametrize(("address", "size"), [(BASE - 1, 16), (BASE + 0xFFF1, 16), (0x1000, 16), (BASE, 1 << 62)])
def test_outside_memory_names_both_ranges(address: int, size: int) -> None:
    with pytest.raises(MachineError, match=f"^guest.elf needs memory at {address:#x} .* is 0x80000000 to 0x80010000"):
        place(Ram(BASE, 1 << 16), [image(address, size=size)])


def test_overlapping_images_touch_nothing() -> None:
    ram = Ram(BASE, 1 << 16)
    with pytest.raises(MachineError, match=r"kernel at 0x8000000f to .* overlaps guest\.elf at 0x80000000 to"):
        place(ram, [image(BASE), image(BASE + 15, name="kernel")])
    assert not any(ram.data)
