"""A machine for a script: from a file and a few words to a machine that has come out of reset."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gdbstub.scripting.errors import ScriptingError
from machine.board.elf import load_image
from machine.board.image import Image, starts_in_m_mode
from machine.config import DEFAULT_ISA, Config, parse_isa
from machine.engines import AUTO, make_engine
from machine.errors import MachineError
from machine.machine import Machine
from machine.proposals import parse
from machine.startup.boot import Boot
from machine.startup.console import Console

__all__ = ["FilePath", "Setup", "Started"]

FilePath = str | os.PathLike[str]


@dataclass(frozen=True)
class Started:
    """A machine out of reset, its terminal, and the images in its memory."""

    machine: Machine
    console: Console
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Setup:
    """What a machine is made of; the words are those of ``hartbreak run``.

    Attributes:
        image: the program, an ELF.
        harts, memory, isa: the machine's.
        firmware: "none", "builtin" or a file; by default what suits the image.
        kernel: a second program that is only put into memory, for the first to start.
        append: the kernel's command line.
        engine: by default the one that the command line takes, too.
        proposals: names, such as "vgti".
    """

    image: FilePath
    harts: int = 1
    memory: int = 256 << 20
    isa: str = DEFAULT_ISA
    firmware: FilePath | None = None
    kernel: FilePath | None = None
    append: str = ""
    engine: str = AUTO
    proposals: Iterable[str] = ()

    def options(self) -> list[str]:
        """The same as options of ``hartbreak serve``."""
        named = {"firmware": self.firmware, "kernel": self.kernel, "append": self.append or None}
        given = [(f"--{name}", os.fspath(value)) for name, value in named.items() if value is not None]
        plain = [("--harts", self.harts), ("--memory", self.memory), ("--isa", self.isa), ("--engine", self.engine)]
        pairs = [*plain, *given, *(("--proposal", name) for name in self.proposals)]
        return [str(word) for pair in pairs for word in pair]

    def start(self, output: Callable[[bytes], None]) -> Started:
        """Make it; ``output`` receives what the guest writes. Raises ScriptingError for whatever does not fit."""
        try:
            return self._start(output)
        except MachineError as error:
            raise ScriptingError(str(error)) from error

    def _start(self, output: Callable[[bytes], None]) -> Started:
        boot = self._boot()
        proposals = tuple(parse(name) for name in self.proposals)
        config = Config(self.memory, self.harts, parse_isa(self.isa), proposals=proposals)
        machine = Machine(config, output)
        machine.engine = make_engine(self.engine, config)
        console = boot.install(machine)
        machine.reset()
        return Started(machine, console, boot.images)

    def _boot(self) -> Boot:
        image = load_image(Path(self.image))
        firmware = self.firmware or ("none" if starts_in_m_mode(image) else "builtin")
        builtin = firmware == "builtin"
        file = None if firmware in ("none", "builtin") else load_image(Path(firmware))
        kernel = None if self.kernel is None else load_image(Path(self.kernel))
        return Boot(image, firmware=file, builtin=builtin, kernel=kernel, append=self.append)
