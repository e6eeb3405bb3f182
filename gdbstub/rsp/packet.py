"""How a packet is declared: its name on the wire, its fields in order, and a frozen dataclass of what they say.

    @packet("m", address=number(until=b","), length=number())
    class ReadMemory(Packet):
        address: int
        length: int

A layout may have a field that the dataclass has not: a count that follows from another field. Each packet's docstring
begins with its grammar and GDB's question in plain words, and has two doctests, one to parse and one to build.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from gdbstub.errors import ProtocolError
from gdbstub.rsp.constructs import Field, FieldError
from gdbstub.rsp.fields import layout, values_of

__all__ = ["DECLARED", "Packet", "packet"]

P = TypeVar("P", bound="Packet")

DECLARED: list[type[Packet]] = []  # filled by the decorator, read by the catalogue


class Packet:
    """A request of the debugger."""

    NAME: ClassVar[str]  # what it begins with on the wire
    RECOGNISED: ClassVar[bytes]  # a regular expression that matches the name where it really is this packet's
    LAYOUT: ClassVar[Field]

    @classmethod
    def parse(cls, arguments: bytes) -> Self:
        """The packet whose payload is the name and then ``arguments``.

        Raises ProtocolError, naming the packet, the field and what is wrong with it.
        """
        try:
            found = cls.LAYOUT.parse(arguments)
        except FieldError as error:
            where = f"{cls.NAME}: {error.field}" if error.field else cls.NAME
            raise ProtocolError(f"{where}: {error.reason}") from None
        return cls(**values_of(cls, found.__getitem__))

    def build(self) -> bytes:
        """The payload. Raises ValueError for a value that cannot travel."""
        fields: bytes = self.LAYOUT.build(values_of(type(self), lambda name: getattr(self, name)))
        return self.NAME.encode("ascii") + fields

    @classmethod
    def summary(cls) -> str:
        """The packet's grammar and GDB's question, in one line."""
        return (cls.__doc__ or "").partition("\n")[0]


@dataclass_transform(frozen_default=True)
def packet(name: str, /, *, followed_by: bytes | None = None, **fields: Any) -> Callable[[type[P]], type[P]]:
    """Declare a class as the packet that begins with ``name`` and has these ``fields``.

    ``followed_by`` is a regular expression for what must come after the name for it to be this packet's. Without it a
    one-letter name needs nothing, and a longer one must not go on as a word (``qCRC`` does not begin with ``qC``).
    """
    if followed_by is None:
        followed_by = rb"(?![0-9A-Za-z])" if len(name) > 1 else b""

    def declare(cls: type[P]) -> type[P]:
        declared = dataclasses.dataclass(frozen=True)(cls)
        declared.NAME = name
        declared.RECOGNISED = re.escape(name.encode("ascii")) + followed_by
        declared.LAYOUT = layout(fields)
        DECLARED.append(declared)
        return declared

    return declare
