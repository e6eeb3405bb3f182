"""The options that every command with a machine has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from gdbstub.cli.types import Uart, address, proposal, size, uart
from machine.config import DEFAULT_ISA, Proposed
from machine.engines import AUTO, CHOICES

__all__ = ["MachineOptions", "machine_options"]

FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class MachineOptions:
    """What the user said about the machine and what it starts; see `OPTIONS` for each one's meaning."""

    image: Path | None
    load: int | None
    memory: int
    harts: int
    firmware: str | None
    kernel: Path | None
    initrd: Path | None
    append: str
    dtb: Path | None
    dump_dtb: Path | None
    isa: str
    engine: str
    proposals: tuple[Proposed, ...]
    uart: Uart
    quiet: bool
    json: bool


OPTIONS = (
    click.option("--load", type=address, metavar="ADDR", help="Load IMAGE as raw bytes at ADDR and start it there."),
    click.option(
        "--memory", type=size, metavar="SIZE", default="256M", show_default=True, help="DRAM at 0x80000000; K, M or G."
    ),
    click.option("--harts", type=int, default=1, show_default=True, help="Hardware threads, 1 to 8."),
    click.option(
        "--firmware",
        metavar="none|builtin|FILE",
        help="Who is in M-mode: nobody (IMAGE starts there), the machine itself (IMAGE starts in HS-mode and the "
        "machine serves SBI), or firmware from FILE such as OpenSBI's fw_jump.elf. Default: builtin for an image that "
        "is linked for S-mode (at 0x80200000 or above), none for one that lies where M-mode starts.",
    ),
    click.option(
        "--kernel",
        type=FILE,
        help="Also load this, for IMAGE to start; without IMAGE start it. A raw kernel goes to 0x80200000.",
    ),
    click.option("--initrd", type=FILE, help="Initial RAM disk, announced in the device tree."),
    click.option("--append", default="", metavar="STRING", help="Kernel command line, for the device tree's /chosen."),
    click.option("--dtb", type=FILE, help="Use this device tree in place of the generated one."),
    click.option("--dump-dtb", type=FILE, help="Write the device tree to FILE and exit; needs no IMAGE."),
    click.option("--isa", default=DEFAULT_ISA, show_default=True, metavar="STRING", help="Extensions of every hart."),
    click.option(
        "--engine",
        type=click.Choice(CHOICES),
        default=AUTO,
        show_default=True,
        help="What executes. auto: native, where it can run, else reference.",
    ),
    click.option(
        "--proposal",
        "proposals",
        type=proposal,
        multiple=True,
        metavar="NAME[=NUMBER]",
        help="Switch on what was proposed and never ratified, such as vgti or virtual-instruction-2020. Repeatable; "
        "'monitor proposals' tells what there is.",
    ),
    click.option(
        "--uart",
        type=uart,
        metavar="stdio|none|file:PATH|tcp:PORT",
        default="stdio",
        show_default=True,
        help="Where the serial line leads. stdio: the guest's output to stdout, and in run its input from stdin. TCP "
        "listens on 127.0.0.1; port 0 takes a free one and says which.",
    ),
    click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors on stderr."),
    click.option("--json", is_flag=True, help="Report as one line of JSON on stdout; the guest's output to stderr."),
)


def machine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: the options arrive as one `MachineOptions`, the command's own as keywords."""
    names = [field.name for field in fields(MachineOptions)]

    @wraps(command)
    def gathered(**values: Any) -> Any:
        return command(MachineOptions(**{name: values.pop(name) for name in names}), **values)

    for option in reversed(OPTIONS):
        gathered = option(gathered)
    return gathered
