"""What lies where when the machine comes out of reset, and the harts' first registers."""

from __future__ import annotations

import struct

import fdt
import pytest

from machine.board.device_tree import Chosen, build_dtb
from machine.board.image import Image, Segment
from machine.config import Config
from machine.csr.access import named
from machine.errors import MachineError
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from machine.startup.placement import place_tree, raw_image
from tests.programs import M_BASE, PASS, S_BASE, code

MIB = 1 << 20
A0, A1 = 10, 11


def program(base: int, *lines: str) -> Image:
    return raw_image("program", base, code(lines or PASS, base))


def machine(boot: Boot, harts: int = 1, memory: int = 64 * MIB) -> Machine:
    made = Machine(Config(memory=memory, harts=harts))
    boot.install(made)
    made.reset()
    return made


def test_without_firmware_every_hart_starts_in_m_mode() -> None:
    made = machine(Boot(program(M_BASE)), harts=3)
    tree = M_BASE + 62 * MIB
    for hart in made.harts:
        assert (hart.mode, hart.state.pc, hart.x[A0], hart.x[A1]) == (Mode.M, M_BASE, hart.number, tree)
        assert not hart.state.stopped
    assert made.ram.read(tree - M_BASE, 4).to_bytes(4, "little").hex() == "d00dfeed"


def test_firmware_from_a_file_starts_and_the_image_lies_beside_it() -> None:
    firmware, image = program(M_BASE, "addi a0,a0,0"), program(S_BASE)
    made = machine(Boot(image, firmware=firmware))
    assert (made.harts[0].mode, made.harts[0].state.pc) == (Mode.M, M_BASE)
    assert made.bus.peek_bytes(S_BASE, 4) == code(PASS)[:4]
    notice = made.bus.peek_bytes(made.harts[0].x[12], 48)  # OpenSBI's fw_dynamic_info
    assert struct.unpack("<6Q", notice) == (0x4942534F, 2, S_BASE, 1, 0, 0)


def test_builtin_firmware_enters_hs_mode_with_everything_delegated() -> None:
    made = machine(Boot(program(S_BASE), builtin=True), harts=2)
    first, second = made.harts
    assert (first.mode, first.state.pc, first.x[A0]) == (Mode.HS, S_BASE, 0)
    assert (first.state.stopped, second.state.stopped) == (0, 1)
    values = {name: named(first, name).read(first) for name in ("medeleg", "mideleg", "mcounteren", "stimecmp")}
    assert values == {"medeleg": 0xF0B5FF, "mideleg": 0x3666, "mcounteren": (1 << 32) - 1, "stimecmp": (1 << 64) - 1}
    assert named(first, "menvcfg").read(first) >> 61 == 0b111  # STCE, PBMTE and ADUE


def test_a_reset_clears_memory_and_loads_it_again() -> None:
    made = machine(Boot(program(M_BASE)))
    made.ram.write(0, 4, 0)
    made.ram.write(5 * MIB, 8, 77)
    assert made.run(100).reason is ExitReason.BUDGET
    made.reset()
    assert made.ram.read(5 * MIB, 8) == 0
    assert made.run(100).reason is ExitReason.SHUTDOWN


def test_the_ram_disk_and_the_command_line_are_in_the_tree() -> None:
    boot = Boot(program(M_BASE), initrd=b"disk" * 5000, append="console=ttyS0")
    made = machine(boot)
    place = boot.placement(made.config)
    assert place.initrd_address is not None
    assert place.initrd_address % 4096 == 0
    assert place.initrd_address + 20000 <= place.tree_address
    assert made.bus.peek_bytes(place.initrd_address, 20000) == b"disk" * 5000
    chosen = fdt.parse_dtb(place.tree).get_node("/chosen")
    assert chosen.get_property("bootargs").value == "console=ttyS0"
    assert chosen.get_property("linux,initrd-start").data == [0, place.initrd_address]
    assert chosen.get_property("linux,initrd-end").data == [0, place.initrd_address + 20000]


def test_our_users_tree_is_taken_as_it_is() -> None:
    own = build_dtb(32 * MIB, 1, "rv64gch", Chosen("mine"))
    made = machine(Boot(program(M_BASE), dtb=own))
    assert made.bus.peek_bytes(made.harts[0].x[A1], len(own)) == own
    with pytest.raises(MachineError, match="with --dtb, put them there"):
        machine(Boot(program(M_BASE), dtb=own, append="x"))


@pytest.mark.parametrize(
    ("memory", "images", "address"),
    [
        (256 * MIB, [], M_BASE + 254 * MIB),
        (8 << 30, [], 0xC000_0000 - 2 * MIB),  # below 3 GiB
        (4 * MIB, [(M_BASE, 3 * MIB)], M_BASE + 4 * MIB - 4096),  # the 2 MiB step is taken: a page, then
        (MIB, [(M_BASE, 4096)], M_BASE + MIB - 4096),
    ],
)
def test_the_tree_lies_near_the_top_of_low_memory(memory: int, images: list[tuple[int, int]], address: int) -> None:
    placed = [Image("image", at, (Segment(at, at, b"", size),), ()) for at, size in images]
    assert place_tree(Config(memory=memory), placed, "", None, bytes(3000)).tree_address == address


def test_no_room() -> None:
    full = Image("image", M_BASE, (Segment(M_BASE, M_BASE, b"", MIB),), ())
    with pytest.raises(MachineError, match=r"the device tree .* finds no room .* give more --memory"):
        place_tree(Config(memory=MIB), [full], "", None, None)
    with pytest.raises(MachineError, match=r"--initrd of 2097152 bytes does not fit .* give more"):
        place_tree(Config(memory=MIB), [], "", 2 * MIB, None)
    with pytest.raises(MachineError, match="overlaps"):
        machine(Boot(program(M_BASE), kernel=program(M_BASE + 4)))
