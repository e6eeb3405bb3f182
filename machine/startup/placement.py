"""What lies where in memory when the machine starts: images, device tree, initial RAM disk.

Addresses follow QEMU's virt: the device tree stands near the top of memory below 3 GiB, aligned to 2 MiB where that is
free; the initial RAM disk stands right below it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from machine.board.device_tree import Chosen, build_dtb
from machine.board.image import Image, Segment
from machine.board.virt import DRAM
from machine.config import Config
from machine.errors import MachineError

__all__ = ["Placement", "place_tree", "raw_image"]

LOW_MEMORY_END = 0xC000_0000
"""The device tree stays below 3 GiB, where every boot loader reaches it."""

ALIGNMENTS = (2 << 20, 4096, 8)
"""Of the device tree: the first that leaves it room above the images (devicetree specification: at least 8)."""

PAGE = 4096
NOTICE_ROOM = 64


@dataclass(frozen=True)
class Placement:
    """The device tree's address and bytes, and the initial RAM disk's address (None without one)."""

    tree_address: int
    tree: bytes
    initrd_address: int | None

    @property
    def notice_address(self) -> int:
        """Right behind the tree: `NOTICE_ROOM` bytes that are kept free for a word to the firmware."""
        return self.tree_address + len(self.tree) + 7 & -8


def raw_image(name: str, address: int, content: bytes) -> Image:
    """Bytes at an address, entered at their start."""
    return Image(name, address, (Segment(address, address, content, len(content)),), ())


def place_tree(
    config: Config, images: Iterable[Image], append: str, initrd: int | None, own: bytes | None
) -> Placement:
    """Find room for the device tree and for an initial RAM disk of ``initrd`` bytes.

    Args:
        own: our user's device tree, taken as it is in place of the generated one.

    Raises MachineError when there is no room.
    """
    images = tuple(images)
    tree = own if own is not None else _tree(config, append, None if initrd is None else (0, 0))
    address = _tree_address(config, images, len(tree) + NOTICE_ROOM)
    if initrd is None:
        return Placement(address, tree, None)
    start = (address - initrd) & -PAGE
    if start < DRAM:
        raise MachineError(f"--initrd of {initrd} bytes does not fit in {config.memory} bytes of --memory; give more")
    return Placement(address, tree if own is not None else _tree(config, append, (start, start + initrd)), start)


def _tree(config: Config, append: str, initrd: tuple[int, int] | None) -> bytes:
    return build_dtb(config.memory, config.harts, config.isa.string, Chosen(append, initrd))


def _tree_address(config: Config, images: tuple[Image, ...], size: int) -> int:
    top = min(DRAM + config.memory, LOW_MEMORY_END)
    for alignment in ALIGNMENTS:
        address = (top - size) & -alignment
        if address >= DRAM and not any(_overlaps(image, address, size) for image in images):
            return address
    raise MachineError(f"the device tree ({size} bytes) finds no room below {top:#x}; give more --memory")


def _overlaps(image: Image, address: int, size: int) -> bool:
    return any(segment.address < address + size and address < segment.end for segment in image.segments)
