"""HTIF on a machine: the image's tohost and fromhost words watched, its requests served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine.board.image import Image
from machine.devices.htif import Htif
from machine.errors import MachineError
from machine.startup.console import Console

if TYPE_CHECKING:
    from machine.machine import Machine

__all__ = ["Mailbox"]

WORD = 8


class Mailbox:
    """The two words of one image."""

    def __init__(self, machine: Machine, htif: Htif) -> None:
        self._machine, self._htif = machine, htif
        for address in (htif.tohost, htif.fromhost):
            machine.guard.add_mailbox(address - machine.ram.base, WORD, self._written)

    @classmethod
    def of(cls, image: Image, machine: Machine, console: Console) -> Mailbox | None:
        """The mailbox of an image that has the symbol ``tohost``, else None.

        Raises MachineError when fromhost is missing, or one of the words lies outside memory.
        """
        if "tohost" not in image.symbols:
            return None
        if "fromhost" not in image.symbols:
            raise MachineError(f"{image.name} has the symbol tohost but not fromhost; HTIF needs both, 8 bytes each")
        htif = Htif(machine.ram, physical(image, "tohost"), physical(image, "fromhost"), console)
        console.listener = htif.poll
        machine.followers.append(htif)
        return cls(machine, htif)

    def reset(self) -> None:
        """Forget requests under way."""
        self._htif.reset()

    def _written(self) -> None:
        finish = self._htif.written()
        if finish is not None:
            self._machine.wiring.finish(finish)


def physical(image: Image, name: str) -> int:
    """The physical address of a symbol of an image that may be linked elsewhere than it loads."""
    address = image.symbol(name)
    for segment in image.segments:
        if segment.virtual <= address < segment.virtual + segment.size:
            return segment.address + address - segment.virtual
    return address
