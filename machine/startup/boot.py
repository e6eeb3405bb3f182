"""What is in memory, and in the harts' first registers, when the machine comes out of reset.

Three ways to start an image:

- *no firmware*: every hart enters the image in M-mode, with a0 = its number and a1 = the device tree;
- *firmware from a file*: the same for the firmware's entry; the image lies where it is linked, and the firmware finds
  it there (OpenSBI's fw_jump looks at 0x80200000, its fw_dynamic is told by a2 as QEMU tells it);
- *built-in firmware*: hart 0 enters the image in HS-mode and the machine serves SBI (`supervisor_state`).
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from machine.board.image import Image, place
from machine.config import Config
from machine.errors import MachineError
from machine.spec.modes import Mode
from machine.startup.console import Console
from machine.startup.mailbox import Mailbox
from machine.startup.placement import Placement, place_tree, raw_image
from machine.startup.sbi_platform import serve_sbi
from machine.startup.supervisor_state import leave_to_supervisor

if TYPE_CHECKING:
    from machine.machine import Machine

__all__ = ["Boot"]

A0, A1, A2 = 10, 11, 12

NEXT_STAGE = Struct("<6Q")
NEXT_STAGE_MAGIC, NEXT_STAGE_VERSION = 0x4942534F, 2
"""OpenSBI's struct fw_dynamic_info: magic, version, address and mode of what comes next, options, boot hart."""


@dataclass(frozen=True)
class Boot:
    """What starts.

    Attributes:
        image: the program to run; with firmware, what the firmware starts.
        firmware: M-mode firmware from a file.
        builtin: the machine itself is the firmware; not together with ``firmware``.
        kernel: a second program that is only put into memory, for the first one to start.
        initrd: initial RAM disk.
        append: the kernel's command line.
        dtb: a device tree in place of the generated one.
    """

    image: Image
    firmware: Image | None = None
    builtin: bool = False
    kernel: Image | None = None
    initrd: bytes | None = None
    append: str = ""
    dtb: bytes | None = None

    @property
    def entry(self) -> int:
        """Physical address of the first instruction of all."""
        return (self.firmware or self.image).entry

    @property
    def images(self) -> tuple[Image, ...]:
        """The programs in memory."""
        return tuple(image for image in (self.firmware, self.image, self.kernel) if image is not None)

    def placement(self, config: Config) -> Placement:
        """Where the device tree and the RAM disk lie. Raises MachineError when they do not fit."""
        if self.dtb is not None and (self.append or self.initrd is not None):
            raise MachineError(
                "--append and --initrd are told in the generated device tree; with --dtb, put them there"
            )
        size = None if self.initrd is None else len(self.initrd)
        return place_tree(config, self.images, self.append, size, self.dtb)

    def install(self, machine: Machine) -> Console:
        """Make ``machine`` start so at every reset; gives the console that its terminal is to be connected to.

        Raises MachineError when something does not fit into memory, or the image's HTIF words are not in it.
        """
        console = Console(machine.wiring.transmit, machine.board.uart.receive)
        console.recorder, machine.inputs.terminal = machine.inputs.typed, console.receive
        machine.followers.append(console)
        placement = self.placement(machine.config)
        mailbox = Mailbox.of(self.image, machine, console)
        if self.builtin:
            serve_sbi(machine, console)

        def boot(machine: Machine) -> None:
            console.reset()
            if mailbox is not None:
                mailbox.reset()
            self._fill(machine, placement)
            self._start(machine, placement)

        machine.boot = boot
        return console

    def _fill(self, machine: Machine, placement: Placement) -> None:
        extras = [raw_image("the device tree", placement.tree_address, placement.tree)]
        if self.firmware is not None:
            next_stage = (NEXT_STAGE_MAGIC, NEXT_STAGE_VERSION, self.image.entry, Mode.HS.privilege, 0, 0)
            extras.append(raw_image("fw_dynamic_info", placement.notice_address, NEXT_STAGE.pack(*next_stage)))
        if self.initrd and placement.initrd_address is not None:
            extras.append(raw_image("--initrd", placement.initrd_address, self.initrd))
        place(machine.ram, (*self.images, *extras))

    def _start(self, machine: Machine, placement: Placement) -> None:
        for hart in machine.harts:
            hart.state.pc = self.entry
            hart.x[A0], hart.x[A1] = hart.number, placement.tree_address
            if self.firmware is not None:
                hart.x[A2] = placement.notice_address
            if self.builtin:
                leave_to_supervisor(hart)
