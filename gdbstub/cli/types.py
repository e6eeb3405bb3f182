"""Values on the command line: sizes, addresses, and where the serial line leads. Each function converts a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import click

from machine.config import Proposed
from machine.errors import MachineError

__all__ = ["Uart", "UartKind", "address", "proposal", "size", "uart"]

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def size(text: str) -> int:
    """Bytes, with K, M or G for powers of 1024. Raises BadParameter.

    >>> size("256M") == size("262144KiB") == size("268435456")
    True
    """
    found = re.fullmatch(r"(\d{1,15})([kmg]?)(?:i?b)?", text.strip().lower())
    if not found:
        raise click.BadParameter(f"{text!r} is no size; write it like 256M (K, M or G, or plain bytes)")
    return int(found[1]) * UNITS[found[2]]


def address(text: str) -> int:
    """A physical address, decimal or with 0x. Raises BadParameter.

    >>> hex(address("0x80200000"))
    '0x80200000'
    """
    try:
        value = int(text, 0)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no address; write it like 0x80200000") from None
    if not 0 <= value < 1 << 64:
        raise click.BadParameter(f"{text!r} is not an address of 64 bits; write it like 0x80200000")
    return value


def proposal(text: str) -> Proposed:
    """A proposal's name, with its number where it takes one. Raises BadParameter.

    >>> proposal("vgti=48").number
    48
    """
    from machine.proposals import parse

    try:
        return parse(text)
    except MachineError as error:
        raise click.BadParameter(str(error).removeprefix("--proposal ")) from error


class UartKind(Enum):
    """Where the serial line can lead."""

    STDIO = "stdio"
    NONE = "none"
    FILE = "file"
    TCP = "tcp"


@dataclass(frozen=True)
class Uart:
    """Where the serial line leads: ``path`` for a file, ``port`` for TCP."""

    kind: UartKind
    path: str = ""
    port: int = 0


def uart(text: str) -> Uart:
    """``stdio``, ``none``, ``file:PATH`` or ``tcp:PORT``. Raises BadParameter.

    >>> uart("tcp:4000").port, uart("file:out.txt").path
    (4000, 'out.txt')
    """
    kind, _, rest = text.partition(":")
    if kind in ("stdio", "none") and not rest:
        return Uart(UartKind(kind))
    if kind == "file" and rest:
        return Uart(UartKind.FILE, path=rest)
    if kind == "tcp" and rest.isdecimal() and int(rest) < 1 << 16:
        return Uart(UartKind.TCP, port=int(rest))
    raise click.BadParameter(f"{text!r} is none of stdio, none, file:PATH, tcp:PORT (a port is 0 to 65535)")
