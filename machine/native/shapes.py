"""Which handlers there are: an instruction has one for each way in which what is known of it differs."""

from __future__ import annotations

import json
from dataclasses import dataclass

__all__ = ["CATALOGUE", "HANDLERS", "Shape", "read_catalogue"]

HANDLERS, CATALOGUE = "handlers", "catalogue"
"""The symbols of the table of handlers' addresses, and of a text that says what they are, for `read_catalogue`."""


@dataclass(frozen=True)
class Shape:
    """Which handler of an instruction: its bytes, whether the target lies in its page, the CSR's number, and whether
    the destination is x0."""

    name: str
    length: int
    near: bool = False
    csr: int = 0
    zero: bool = False

    @property
    def symbol(self) -> str:
        """The name in the code."""
        register = f"_{self.csr:x}" if self.csr else ""
        variant = f"{'n' if self.near else ''}{'z' if self.zero else ''}"
        return f"i_{self.name.replace('.', '_')}_{self.length}{variant}{register}"


def read_catalogue(text: str) -> list[str | Shape]:
    """What each handler of the table is: a name, or the shape of an instruction."""
    return [item if isinstance(item, str) else Shape(*item) for item in json.loads(text)]
