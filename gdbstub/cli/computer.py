"""From options to a machine that has come out of reset."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from gdbstub.cli.options import MachineOptions
from machine.board.elf import ELF_MAGIC, load_image
from machine.board.image import Image, starts_in_m_mode
from machine.board.user_dtb import check_dtb
from machine.board.virt import DRAM
from machine.config import Config, parse_isa
from machine.engines import make_engine
from machine.errors import MachineError
from machine.machine import Machine
from machine.startup.boot import Boot
from machine.startup.console import Console
from machine.startup.placement import place_tree

__all__ = ["Computer", "build", "dump_tree", "open_output", "prepare"]

KERNEL = DRAM + (2 << 20)
"""Where a raw kernel goes, and where OpenSBI's fw_jump finds it."""


@dataclass(frozen=True)
class Computer:
    """A machine, and the image that it starts."""

    machine: Machine
    console: Console
    boot: Boot
    firmware: str
    """``none``, ``builtin`` or the name of a file."""

    @property
    def image(self) -> Image:
        """The program."""
        return self.boot.image


def prepare(options: MachineOptions) -> tuple[Config, Boot, str]:
    """Read every file that the options name. Raises MachineError for each that is not what it should be."""
    kernel = _program(options.kernel, KERNEL)
    image = load_image(options.image, options.load) if options.image is not None else kernel
    if image is None:
        raise click.UsageError("give an IMAGE to start, or --kernel", click.get_current_context())
    firmware = options.firmware or ("none" if starts_in_m_mode(image) else "builtin")
    builtin = firmware == "builtin"
    boot = Boot(
        image,
        firmware=None if firmware in ("none", "builtin") else _program(Path(firmware), DRAM),
        builtin=builtin,
        kernel=kernel if kernel is not image else None,
        initrd=_content(options.initrd),
        append=options.append,
        dtb=_tree(options.dtb),
    )
    config = Config(options.memory, options.harts, parse_isa(options.isa), proposals=options.proposals)
    return config, boot, firmware


def build(options: MachineOptions, output: Callable[[bytes], None]) -> Computer:
    """A machine out of reset; says on stderr which firmware was chosen. Raises MachineError."""
    config, boot, firmware = prepare(options)
    machine = Machine(config, output)
    machine.engine = make_engine(options.engine, config, _progress(options))
    console = boot.install(machine)
    machine.reset()
    if not options.quiet:
        click.echo(f"hartbreak: {_choice(options, boot)}", err=True)
    return Computer(machine, console, boot, firmware)


def _progress(options: MachineOptions) -> Callable[[str], None]:
    return lambda line: None if options.quiet else click.echo(f"hartbreak: {line}", err=True)


def _choice(options: MachineOptions, boot: Boot) -> str:
    start = f"{boot.image.name} starts at {boot.image.entry:#x}"
    if boot.firmware is not None:
        return f"firmware {boot.firmware.name} starts at {boot.firmware.entry:#x} in M-mode; {start}"
    why = "" if options.firmware else "; --firmware chooses otherwise"
    if boot.builtin:
        return f"{start} in HS-mode, built-in firmware serves SBI{why}"
    return f"{start} in M-mode, no firmware{why}"


def dump_tree(options: MachineOptions) -> None:
    """Write the device tree that an image would find; without one, that of the bare board. Raises MachineError."""
    assert options.dump_dtb is not None
    if options.image is not None or options.kernel is not None:
        config, boot, _ = prepare(options)
        tree = boot.placement(config).tree
    else:
        config = Config(options.memory, options.harts, parse_isa(options.isa))
        initrd = _content(options.initrd)
        size = None if initrd is None else len(initrd)
        tree = place_tree(config, (), options.append, size, _tree(options.dtb)).tree
    try:
        options.dump_dtb.write_bytes(tree)
    except OSError as error:
        raise MachineError(f"cannot write {options.dump_dtb}: {error.strerror}; choose another --dump-dtb") from error


def _program(path: Path | None, raw_address: int) -> Image | None:
    """An ELF where it is linked, anything else as raw bytes at ``raw_address``."""
    if path is None:
        return None
    is_elf = _content(path, len(ELF_MAGIC)) == ELF_MAGIC
    return load_image(path, None if is_elf else raw_address)


def _content(path: Path | None, limit: int = -1) -> bytes | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise MachineError(f"cannot read {path}: {error.strerror or error}") from error


def _tree(path: Path | None) -> bytes | None:
    content = _content(path)
    return None if content is None else check_dtb(content, os.fspath(path or ""))


def open_output(path: Path | None, option: str) -> int | None:
    """A file descriptor to write to. Raises MachineError when the file cannot be made; None for no path."""
    if path is None:
        return None
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    except OSError as error:
        raise MachineError(f"cannot write {path}: {error.strerror}; choose another {option}") from error
