"""Every choice that the manual leaves open, one sentence each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from machine.errors import MachineError
from machine.spec.extensions import COMPOSED, EXTENSIONS, KNOWN, REQUIRED, canonical, closure

__all__ = ["DEFAULT_ISA", "Config", "Isa", "Proposed", "parse_isa"]

BY_LOWER = {name.lower(): name for name in (*KNOWN, *COMPOSED)}
DEFAULT_ISA = "default"
"""Every extension of the machine but those that change what software finds after reset."""
MOST_CYCLES = 1 << 29
"""Per tick, of one of 8 harts."""


@dataclass(frozen=True)
class Isa:
    """The extensions of every hart, by the manual's names."""

    extensions: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether the hart implements the extension; what is enabled now is the hart's state to say."""
        return name in self.extensions

    @property
    def string(self) -> str:
        """The ISA string for the device tree: S and U, which are modes, are not part of it."""
        names = sorted(self.extensions - {"S", "U"}, key=canonical)
        single = "".join(name.lower() for name in names if len(name) == 1)
        return "_".join(["rv64" + single, *(name.lower() for name in names if len(name) > 1)])


def parse_isa(text: str) -> Isa:
    """Read an ISA string such as ``rv64gch_sstc``, or ``default``; names behind ``,-`` and ``,+`` go and come.

    Raises:
        MachineError: not an RV64 string, an extension that the machine lacks, or one missing that it cannot omit.

    >>> parse_isa("rv64gch").has("D"), parse_isa("rv64gch").has("Sstc"), parse_isa("default,-sstc").has("Sstc")
    (True, False, False)
    """
    base, *changes = text.strip().lower().split(",")
    names = {e.name for e in EXTENSIONS if e.default} if base == DEFAULT_ISA else set(_named(text, base))
    for change in changes:
        if change[:1] not in ("-", "+"):
            raise MachineError(f"--isa {text!r}: write {change!r} as +{change} or -{change}")
        name = _known(text, change[1:])
        of = set(COMPOSED.get(name, (name,)))
        names = names | of if change[0] == "+" else names - of
    return Isa(_consistent(text, closure(names)))


def _named(text: str, base: str) -> list[str]:
    """The extensions that an ISA string names."""
    found = re.fullmatch(r"rv64([a-z]*)((?:_[a-z0-9]+)*)", base)
    if not found:
        raise MachineError(f"--isa {text!r} is not an RV64 ISA string; write one like rv64gch_sstc, or default")
    return [_known(text, name) for name in [*found[1], *found[2].split("_")[1:]]]


def _known(text: str, name: str) -> str:
    if name not in BY_LOWER:
        near = get_close_matches(name, BY_LOWER, 1)
        hint = f"did you mean {near[0]}?" if near and len(name) > 1 else "hartbreak info isa lists what it has"
        raise MachineError(f"--isa {text!r}: the machine does not implement {name!r}; {hint}")
    return BY_LOWER[name]


def _consistent(text: str, extensions: frozenset[str]) -> frozenset[str]:
    missing = [name for name in REQUIRED if name not in extensions]
    if missing:
        raise MachineError(f"--isa {text!r} omits {missing[0]}, which this machine always has")
    for extension in EXTENSIONS:
        lacking = [need for need in extension.needs if need not in extensions]
        if extension.name in extensions and lacking:
            raise MachineError(f"--isa {text!r} has {extension.name} without {lacking[0]}; add {lacking[0].lower()}")
    return extensions


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
        proposals: what the manual never ratified and this machine does all the same; `machine.proposals.parse` makes
            them. None of them leaves a trace in a machine without it.
    """

    memory: int = 256 << 20
    harts: int = 1
    isa: Isa = DEFAULT
    misaligned: bool = True
    cycles_per_tick: int = 10
    quantum: int = 1000
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
        if not 1 <= self.cycles_per_tick <= MOST_CYCLES:
            raise MachineError(f"cycles_per_tick {self.cycles_per_tick} is outside 1–{MOST_CYCLES}")
        if self.memory < 1 << 20 or self.memory % 4096:
            raise MachineError(f"--memory {self.memory}: give at least 1M, in whole 4 KiB pages")
        if self.irqchip not in ("machine", "user"):
            raise MachineError(f"irqchip {self.irqchip!r} is neither 'machine' nor 'user'")
