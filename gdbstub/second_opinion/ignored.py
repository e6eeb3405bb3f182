"""Differences that the user knows: registers, fields of CSRs, and either of them behind one instruction only.

A file has one per line; what follows ``#`` is the reason:

    mstatus.GVA                  # mstatus_gva_op: QEMU 7.2 never clears it
    mstatus.MPRV at mret sret    # mstatus_mprv_clr_mret_sret_less_priv
    memory                       # bytes that stores leave
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.register_names import ALIASES
from gdbstub.second_opinion.shared import FLOATS, INTEGERS
from machine.csr.file import BY_NAME
from machine.isa.decode import BY_NAME as INSTRUCTIONS

__all__ = ["MEMORY", "Entry", "Ignored"]

ALL = (1 << 64) - 1
MEMORY = "memory"
AT = "at"


@dataclass(frozen=True)
class Entry:
    """Bits of a register that may differ: always, or behind some instructions, where ours then become theirs."""

    register: str
    mask: int = ALL
    instructions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Entry:
        """Read ``NAME[.FIELD] [at MNEMONIC…]``. Raises ScriptingError for a name that nothing has.

        >>> Entry.parse("hstatus.GVA at sret")
        Entry(register='hstatus', mask=64, instructions=('sret',))
        """
        what, *rest = text.split()
        if rest and (rest[0] != AT or len(rest) == 1):
            raise ScriptingError(f"{text!r}: write NAME, NAME.FIELD, or either with 'at' and instructions")
        unknown = [name for name in rest[1:] if name not in INSTRUCTIONS]
        if unknown:
            raise ScriptingError(f"{text!r}: there is no instruction {unknown[0]!r}")
        typed, _, field = what.partition(".")
        register = ALIASES.get(typed, typed)
        if register not in (*INTEGERS, *FLOATS, *BY_NAME, "priv", "virt", MEMORY):
            raise ScriptingError(f"{text!r}: there is no register {typed!r}; CSRs have the manual's names")
        return cls(register, _mask(register, field) if field else ALL, tuple(rest[1:]))


def _mask(register: str, field: str) -> int:
    fields = {each.name: each for each in BY_NAME[register].fields} if register in BY_NAME else {}
    if field not in fields:
        known = " ".join(fields) or "none"
        raise ScriptingError(f"{register} has no field {field!r}; it has {known}")
    return fields[field].mask


class Ignored:
    """All of the user's entries."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Ignored:
        """Of options; ``@FILE`` stands for the lines of a file. Raises ScriptingError."""
        return cls(Entry.parse(line) for text in texts for line in _lines(text))

    def mask(self, register: str, instruction: str) -> int:
        """The bits of a register that may differ behind an instruction."""
        found = (e.mask for e in self.entries if e.register == register and _applies(e, instruction))
        mask = 0
        for each in found:
            mask |= each
        return mask

    def once(self, register: str, instruction: str) -> bool:
        """Whether a difference there is excused for this instruction only."""
        return any(e.register == register and instruction in e.instructions for e in self.entries)

    @property
    def memory(self) -> bool:
        """Whether memory is left out."""
        return any(entry.register == MEMORY for entry in self.entries)


def _applies(entry: Entry, instruction: str) -> bool:
    return not entry.instructions or instruction in entry.instructions


def _lines(text: str) -> list[str]:
    if not text.startswith("@"):
        return [text]
    try:
        content = Path(text[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptingError(f"cannot read the list of differences {text[1:]}: {error}") from error
    stripped = (line.partition("#")[0].strip() for line in content.splitlines())
    return [line for line in stripped if line]
