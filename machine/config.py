"""Every choice that the manual leaves open, one sentence each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from machine.errors import MachineError

__all__ = ["DEFAULT_ISA", "Config", "Isa", "Proposed", "parse_isa"]

DEFAULT_ISA = "rv64imafdch_zicsr_zifencei_zicntr_sstc_svadu"
REQUIRED = frozenset({"I", "M", "A", "Zicsr", "Zifencei", "Zicntr", "S", "U", "H"})
OPTIONAL = frozenset({"F", "D", "C", "Sstc", "Svadu"})
KNOWN = {name.lower(): name for name in REQUIRED | OPTIONAL}


@dataclass(frozen=True)
class Isa:
    """The extensions of every hart, by the manual's names."""

    extensions: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether the hart implements the extension; what is enabled now is the hart's state to say."""
        return name in self.extensions

    @property
    def string(self) -> str:
        """The ISA string for the device tree."""
        single = "".join(letter for letter in "imafdch" if letter.upper() in self.extensions)
        order = ("Zicsr", "Zifencei", "Zicntr", "Sstc", "Svadu")
        return "_".join(["rv64" + single, *(name.lower() for name in order if name in self.extensions)])


def parse_isa(text: str) -> Isa:
    """Read an ISA string such as ``rv64gch_sstc``.

    Raises:
        MachineError: not an RV64 string, an extension that the machine lacks, or one missing that it cannot omit.

    >>> parse_isa("rv64gch").has("D"), parse_isa("rv64gch").has("Sstc")
    (True, False)
    """
    found = re.fullmatch(r"rv64([a-z]*)((?:_[a-z0-9]+)*)", text.strip().lower())
    if not found:
        raise MachineError(f"--isa {text!r} is not an RV64 ISA string; write one like {DEFAULT_ISA}")
    single = found[1].replace("g", "imafd")
    names = [*single, *found[2].split("_")[1:], "zicsr", "zifencei", "zicntr", "s", "u"]
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        known = " ".join(sorted(KNOWN))
        raise MachineError(f"--isa {text!r}: the machine has no extension {unknown[0]!r}; it knows {known}")
    extensions = frozenset(KNOWN[name] for name in names)
    missing = sorted(REQUIRED - extensions)
    if missing:
        raise MachineError(f"--isa {text!r} omits {missing[0]}, which this machine always has")
    if "D" in extensions and "F" not in extensions:
        raise MachineError(f"--isa {text!r} has D without F; add f")
    return Isa(extensions)


DEFAULT = parse_isa(DEFAULT_ISA)


@dataclass(frozen=True)
class Proposed:
    """A proposal that is switched on; `machine.proposals` knows what there is.

    Attributes:
        name: as `--proposal` takes it.
        number: its parameter: the code of an interrupt, the number of a CSR; 0 where it has none.
        interrupt: whether it adds an interrupt, whose code the number is.
    """

    name: str
    number: int = 0
    interrupt: bool = False


@dataclass(frozen=True)
class Config:
    """One machine.

    Attributes:
        memory: bytes of DRAM at 0x80000000; only what is touched costs host memory.
        harts: 1–8 hardware threads.
        isa: the extensions.
        misaligned: loads and stores at any alignment work in main memory; without it they raise misaligned
            exceptions. AMO, LR and SC need natural alignment always.
        cycles_per_tick: cycles of one hart per tick of the 10 MHz timebase: a hart of nominally 100 MHz.
        quantum: cycles that a hart runs before the next hart has its turn.
        irqchip: "machine": PLIC and MTIP line deliver interrupts. "user": they are the embedder's: there is no PLIC,
            `Machine.run` returns when a timer's or device's level changes, and `Hart.wires` takes the levels of MTI,
            SEI and MEI. MSIP, and the comparisons of Sstc, stay the hart's own in both, as the manual has them.
        firmware: the machine itself serves SBI to HS-mode, in place of M-mode firmware.
        proposals: what the manual never ratified and this machine does all the same; `machine.proposals.parse` makes
            them. None of them leaves a trace in a machine without it.
    """

    memory: int = 256 << 20
    harts: int = 1
    isa: Isa = DEFAULT
    misaligned: bool = True
    cycles_per_tick: int = 10
    quantum: int = 1000
    firmware: bool = False
    irqchip: Literal["machine", "user"] = "machine"
    proposals: tuple[Proposed, ...] = ()

    def proposed(self, name: str) -> Proposed | None:
        """The proposal of this name if it is switched on: static, as an extension is."""
        return next((proposed for proposed in self.proposals if proposed.name == name), None)

    @property
    def proposal_names(self) -> tuple[str, ...]:
        """The names of the proposals that are switched on."""
        return tuple(proposed.name for proposed in self.proposals)

    @property
    def custom_interrupts(self) -> tuple[int, ...]:
        """Codes of the interrupts that proposals add, highest priority first."""
        return tuple(proposed.number for proposed in self.proposals if proposed.interrupt)

    def __post_init__(self) -> None:
        if not 1 <= self.harts <= 8:
            raise MachineError(f"--harts {self.harts} is outside 1–8")
        if self.memory < 1 << 20 or self.memory % 4096:
            raise MachineError(f"--memory {self.memory}: give at least 1M, in whole 4 KiB pages")
        if self.irqchip not in ("machine", "user"):
            raise MachineError(f"irqchip {self.irqchip!r} is neither 'machine' nor 'user'")
