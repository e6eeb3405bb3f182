"""``hv status``, ``walk``, ``why``, ``traps`` and ``csr``: a server's answers with symbols and colour."""

from __future__ import annotations

from typing import Any

import gdb

from .colour import painted_text
from .completion import csr_names, endings, walk_words
from .lines import csr_lines, status_lines, traps_lines, written_lines
from .server import ask, forget_registers, text_of
from .values import evaluated, paint, place

__all__ = ["add_commands"]


def show(lines: list[str]) -> None:
    """Print, through gdb's pager."""
    gdb.write("\n".join(lines) + "\n")


class Hv(gdb.Command):
    """The hypervisor's view of a hartbreak machine."""

    def __init__(self) -> None:
        super().__init__("hv", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)


class Status(gdb.Command):
    """Mode, V, guest, translation, the other harts and the last trap.

    hv status"""

    def __init__(self) -> None:
        super().__init__("hv status", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument: str, from_tty: bool) -> None:
        none_expected("hv status", argument)
        show(status_lines(ask("mode"), ask("harts"), ask("traps 1"), place, paint()))


class Walk(gdb.Command):
    """Translate an address step by step, through both stages; ADDR is an expression, $pc without one.

    hv walk [ADDR] [--as M|HS|U|VS|VU] [--access r|w|x] [--guest-physical]

    Example: hv walk &counter --as VS --access w"""

    def __init__(self) -> None:
        super().__init__("hv walk", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        expression, at, options = argument.partition("--")
        address = evaluated(expression.strip() or "$pc")
        text = text_of(f"walk {address:#x} {(at + options).strip()}".rstrip())
        show([painted_text(text.rstrip(), paint())])

    def complete(self, text: str, word: str) -> Any:
        words = walk_words(text)
        return gdb.COMPLETE_EXPRESSION if words is None else endings(words, text, word)


class Why(gdb.Command):
    """Explain the hart's last trap, or the Nth last: the rule, and the bits that decided.

    hv why [N]"""

    def __init__(self) -> None:
        super().__init__("hv why", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument: str, from_tty: bool) -> None:
        show([painted_text(text_of("why " + count(argument, 1)).rstrip(), paint())])


class Traps(gdb.Command):
    """The last traps of all harts, oldest first; 10 without N.

    hv traps [N]"""

    def __init__(self) -> None:
        super().__init__("hv traps", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument: str, from_tty: bool) -> None:
        show(traps_lines(ask("traps " + count(argument, 10)), place, paint()))


class ControlRegister(gdb.Command):
    """List CSRs, take one apart, or write one; VALUE is an expression, NAME may be a field such as hstatus.VTW.

    hv csr [NAME [VALUE]]

    Example: hv csr hgatp"""

    def __init__(self) -> None:
        super().__init__("hv csr", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        name, _, value = argument.strip().partition(" ")
        if not name:
            show([painted_text(text_of("csr").rstrip(), paint())])
        elif not value:
            show(csr_lines(ask("csr " + name), paint()))
        else:
            show(written_lines(ask(f"csr {name} {evaluated(value):#x}"), paint()))
            forget_registers()

    def complete(self, text: str, word: str) -> Any:
        if " " in text:  # the value
            return gdb.COMPLETE_EXPRESSION
        try:
            return endings(csr_names(text, ask), text, word)
        except (gdb.error, gdb.GdbError):  # Tab is no place for a complaint
            return []


def count(argument: str, without: int) -> str:
    """How many, as an expression. Raises gdb.error for one that has no value."""
    return str(evaluated(argument)) if argument.strip() else str(without)


def none_expected(name: str, argument: str) -> None:
    """Raises gdb.GdbError for arguments where there are none."""
    if argument.strip():
        raise gdb.GdbError(f"{name} takes no arguments, and was given {argument}")


def add_commands() -> None:
    """Tell gdb of them."""
    for command in (Hv, Status, Walk, Why, Traps, ControlRegister):
        command()
