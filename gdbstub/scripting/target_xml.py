"""The registers that a server describes (GDB manual, "Target Descriptions"), by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from gdbstub.scripting.errors import RemoteError

__all__ = ["RemoteRegister", "registers_of"]

INCLUDE = "include"


class RemoteRegister(NamedTuple):
    """One register: its number in packets, and its bytes."""

    number: int
    size: int


def registers_of(fetch: Callable[[str], str], annex: str = "target.xml") -> dict[str, RemoteRegister]:
    """Every register of a description; ``fetch`` gives a document by its annex. Raises RemoteError for what is none."""
    found: dict[str, RemoteRegister] = {}
    number = 0
    for element in _elements(fetch, annex):
        number = int(element.get("regnum", number))
        found[element.get("name", "")] = RemoteRegister(number, int(element.get("bitsize", "64")) // 8)
        number += 1
    return found


def _elements(fetch: Callable[[str], str], annex: str) -> Iterator[ElementTree.Element]:
    try:
        document = fetch(annex).replace("<xi:", "<")  # QEMU does not declare the prefix
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise RemoteError(f"the server's description {annex} is no XML: {error}") from error
    for element in root.iter():
        if element.tag == "reg":
            yield element
        elif element.tag == INCLUDE:
            yield from _elements(fetch, element.get("href", ""))
