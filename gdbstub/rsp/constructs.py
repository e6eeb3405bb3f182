"""The few constructs of our own that field kinds are made of.

They differ from the library's in two ways: what is missing or left over is told in a sentence that quotes the bytes,
and nothing swallows an error to try something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeAlias

import construct

__all__ = ["End", "Field", "FieldError", "Listing", "Literal", "Match", "Optional", "Path", "Value", "shown"]

Field: TypeAlias = Any  # a construct.Construct; the library has no types, hence each "type: ignore" below
Path: TypeAlias = str  # where construct is, as in "(parsing) -> address"


LONGEST_LIST = 1024  # members; more is no debugger's request, and each one costs time


class FieldError(construct.ConstructError):  # type: ignore[misc]
    """A field cannot be read; ``reason`` says why, and the path given by construct says which field it was."""

    def __init__(self, reason: str, path: Path) -> None:
        super().__init__(reason, path=path)
        self.reason = reason
        self.field = path.split(" -> ")[1] if " -> " in path else ""


class Literal(construct.Construct):  # type: ignore[misc]
    """Bytes that must stand here; they carry no value."""

    def __init__(self, literal: bytes) -> None:
        super().__init__()
        self.flagbuildnone = True
        self.literal = literal

    def _parse(self, stream: BytesIO, context: Any, path: Path) -> None:
        found = stream.read(len(self.literal))
        if found != self.literal:
            raise FieldError(f"expected {shown(self.literal)}, found {shown(found + stream.read())}", path)

    def _build(self, obj: Any, stream: BytesIO, context: Any, path: Path) -> None:
        stream.write(self.literal)


class Match(construct.Construct):  # type: ignore[misc]
    """The longest run of bytes that matches a pattern."""

    def __init__(self, pattern: bytes) -> None:
        super().__init__()
        self.pattern = re.compile(pattern, re.DOTALL)

    def _parse(self, stream: BytesIO, context: Any, path: Path) -> bytes:
        found = self.pattern.match(stream.getbuffer(), stream.tell())  # the payload in place: it may be a megabyte
        if found is None:
            return b""
        stream.seek(found.end())
        return bytes(found[0])

    def _build(self, obj: bytes, stream: BytesIO, context: Any, path: Path) -> bytes:
        stream.write(obj)
        return obj


class Value(construct.Adapter):  # type: ignore[misc]
    """A value that ``read`` makes of what ``subcon`` parses, with ValueError where it cannot; ``write`` undoes it."""

    def __init__(self, subcon: Field, read: Callable[[Any, Any], Any], write: Callable[[Any, Any], Any]) -> None:
        super().__init__(subcon)
        self.read, self.write = read, write

    def _decode(self, obj: Any, context: Any, path: Path) -> Any:
        try:
            return self.read(obj, context)
        except ValueError as error:
            raise FieldError(str(error), path) from None

    def _encode(self, obj: Any, context: Any, path: Path) -> Any:
        return self.write(obj, context)


class Optional(construct.Subconstruct):  # type: ignore[misc]
    """What ``lead`` announces, or ``absent`` if something else comes next."""

    def __init__(self, lead: bytes, subcon: Field, absent: Any) -> None:
        super().__init__(subcon)
        self.lead, self.absent = lead, absent

    def _parse(self, stream: BytesIO, context: Any, path: Path) -> Any:
        if not _take(stream, self.lead):
            return self.absent
        return self.subcon._parsereport(stream, context, path)

    def _build(self, obj: Any, stream: BytesIO, context: Any, path: Path) -> Any:
        if obj == self.absent:
            return obj
        stream.write(self.lead)
        return self.subcon._build(obj, stream, context, path)


class Listing(construct.Subconstruct):  # type: ignore[misc]
    """One or more of ``subcon``, with a separator between them; the value is a tuple."""

    def __init__(self, subcon: Field, separator: bytes) -> None:
        super().__init__(subcon)
        self.separator = separator

    def _parse(self, stream: BytesIO, context: Any, path: Path) -> tuple[Any, ...]:
        items = [self.subcon._parsereport(stream, context, path)]
        while _take(stream, self.separator):
            if len(items) == LONGEST_LIST:
                raise FieldError(f"the list has more than {LONGEST_LIST} members", path)
            items.append(self.subcon._parsereport(stream, context, path))
        return tuple(items)

    def _build(self, obj: tuple[Any, ...], stream: BytesIO, context: Any, path: Path) -> tuple[Any, ...]:
        for place, item in enumerate(obj):
            stream.write(self.separator if place else b"")
            self.subcon._build(item, stream, context, path)
        return obj


class End(construct.Construct):  # type: ignore[misc]
    """The end of the payload."""

    def __init__(self) -> None:
        super().__init__()
        self.flagbuildnone = True

    def _parse(self, stream: BytesIO, context: Any, path: Path) -> None:
        if rest := stream.read():
            raise FieldError(f"{shown(rest)} is left over at the end", path)

    def _build(self, obj: Any, stream: BytesIO, context: Any, path: Path) -> None:
        pass


def _take(stream: BytesIO, literal: bytes) -> bool:
    """Read ``literal`` if it comes next; at the end of the stream the empty literal does not."""
    start = stream.tell()
    if (found := stream.read(max(1, len(literal)))) and found.startswith(literal):
        stream.seek(start + len(literal))
        return True
    stream.seek(start)
    return False


def shown(data: bytes) -> str:
    """Some bytes for a message, shortened."""
    if not data:
        return "the end of the packet"
    return repr(data)[1:] if len(data) <= 24 else f"{repr(data[:24])[1:]}... ({len(data)} bytes)"
