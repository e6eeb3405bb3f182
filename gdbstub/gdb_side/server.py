"""One question to the server behind gdb's connection; where there is no answer, one sentence why."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import gdb

__all__ = ["ask", "forget_registers", "text_of"]

UNCONNECTED = "gdb is not connected to a machine; connect it to hartbreak: target remote HOST:PORT"
FOREIGN = "the server that gdb is connected to is not hartbreak, and has no answer to this"


def ask(question: str) -> Any:
    """What a monitor command says to programs. Raises gdb.GdbError."""
    try:
        return json.loads(_monitor(question + " --json"))
    except ValueError:
        raise gdb.GdbError(FOREIGN) from None


def text_of(question: str) -> str:
    """What a monitor command prints for people. Raises gdb.GdbError."""
    if not _is_ours():  # QEMU "answers" an unknown command, too
        raise gdb.GdbError(FOREIGN)
    return _monitor(question)


def _monitor(line: str) -> str:
    try:
        _select_thread()
        return str(gdb.execute("monitor " + line, to_string=True))
    except gdb.error as error:
        raise gdb.GdbError(_sentence(line, str(error))) from None


def _select_thread() -> None:
    """A monitor command is about the hart that gdb asked for last; a cached register would not make gdb ask."""
    inferior = gdb.selected_inferior()
    if gdb.selected_thread() is not None and len(inferior.threads()) > 1:
        forget_registers()
        gdb.parse_and_eval("$pc")


def forget_registers() -> None:
    """Registers are read anew when they are wanted; before gdb 11 the command had another name."""
    try:
        gdb.execute("maintenance flush register-cache", to_string=True)
    except gdb.error:
        gdb.execute("flushregs", to_string=True)


def _sentence(line: str, said: str) -> str:
    """Why a monitor command failed."""
    if "not supported by this target" in said:
        return UNCONNECTED
    if "Protocol error with Rcmd" not in said:
        return said
    told = said.partition("Rcmd: ")[2]
    return told or _repeated(line)


def _repeated(line: str) -> str:
    """gdb before 16 has the reason printed, not in its error: let it be printed, if it is ours."""
    if not _is_ours():
        return FOREIGN
    with contextlib.suppress(gdb.error):
        gdb.execute("monitor " + line)
    return f"hartbreak refused: monitor {line}"


def _is_ours() -> bool:
    try:
        return "hart" in json.loads(gdb.execute("monitor mode --json", to_string=True) or "")
    except gdb.error as error:
        if "not supported by this target" in str(error):
            raise gdb.GdbError(UNCONNECTED) from None
        return False
    except (ValueError, TypeError):
        return False
