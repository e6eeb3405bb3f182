"""Small things in the words of people: instructions, traps' causes, lines of a table of labels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import click

from gdbstub.riscv.commands.parameters import suggestion
from machine.csr.file import BY_NUMBER
from machine.isa.disassemble import disassemble
from machine.spec.causes import INTERRUPT_BIT, Cause, Interrupt, cause_name

__all__ = ["CAUSES", "NO_FLUSH", "WIDTH", "instruction", "labelled", "parse_cause"]

WIDTH = 100
"""Columns that a text should keep to."""
NO_FLUSH = "gdb shows its registers anew after: maintenance flush register-cache"
"""gdb keeps copies of the registers, which a monitor command does not refresh."""

CAUSES = {
    **{cause_name(cause): int(cause) for cause in Cause},
    **{cause_name(1 << INTERRUPT_BIT | code).lower(): 1 << INTERRUPT_BIT | code for code in Interrupt},
}
"""Every cause of a trap by the name that commands take."""
CUSTOM = range(16, 64)
"""Interrupts without a name of ours, such as those of proposals: by number."""


def instruction(word: int, pc: int) -> str:
    """Assembler text, CSRs by name."""
    return disassemble(word, pc, lambda number: BY_NUMBER[number].name if number in BY_NUMBER else None)


def labelled(label: str, text: str, width: int = 12) -> list[str]:
    """A label and its text, folded at `WIDTH` under itself.

    >>> labelled("mode", "VS", 6)
    ['mode  VS']
    """
    indent = " " * width
    return textwrap.wrap(text, WIDTH, initial_indent=label.ljust(width), subsequent_indent=indent) or [label]


def parse_cause(words: Iterable[str]) -> int:
    """A cause register's value from what was typed: ``virtual-instruction``, ``22``, ``interrupt vsti``, ``vsti``.

    Raises click.BadParameter.

    >>> parse_cause(["22"]), parse_cause(["interrupt", "6"]) == parse_cause(["VSTI"])
    (22, True)
    >>> parse_cause(["interrupt", "24"]) & 63
    24
    """
    typed = " ".join(words).lower().replace("_", "-")
    name = f"interrupt {typed}"
    found = CAUSES.get(typed, CAUSES.get(name))
    if found is None:
        found = _numbered(typed)
    if found is None:
        guess = suggestion(typed, [*CAUSES, *(known.removeprefix("interrupt ") for known in CAUSES)])
        raise click.BadParameter(f"there is no cause {typed!r}{guess} 'monitor catch trap --help' lists them")
    return found


def _numbered(typed: str) -> int | None:
    digits = typed.removeprefix("interrupt ")
    if not digits.isdecimal():
        return None
    interrupt = digits != typed
    value = int(digits) | (1 << INTERRUPT_BIT if interrupt else 0)
    return value if value in CAUSES.values() or (interrupt and int(digits) in CUSTOM) else None
