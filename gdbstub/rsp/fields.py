"""The kinds of field that packets are made of: each reads and writes its part of a payload, on construct.

``lead`` and ``until`` are the literal bytes that must stand before and after a field. Reading is strict: a field takes
the characters it can be made of, and what is left over is an error of whatever should come next.

GDB manual, "Remote Protocol", "Overview": numbers are hexadecimal, most significant digit first.
"""

from __future__ import annotations

import dataclasses
import re
from binascii import hexlify, unhexlify
from collections.abc import Callable
from enum import Enum
from typing import Any

import construct

from gdbstub.rsp.constructs import End, Field, Listing, Literal, Match, Optional, Value, shown
from gdbstub.rsp.thread_id import ThreadId

__all__ = [
    "binary",
    "choice",
    "counted_hex",
    "flag",
    "given",
    "hex_bytes",
    "hex_text",
    "layout",
    "listing",
    "number",
    "number_or_nothing",
    "optional",
    "record",
    "size_of",
    "text",
    "thread_id",
    "values_of",
]


def _between(lead: bytes, field: Field, until: bytes) -> Field:
    """``field`` with the literals that stand around it."""
    parts = [Literal(lead)] * bool(lead) + ["value" / field] + [Literal(until)] * bool(until)
    return construct.FocusedSeq("value", *parts) if len(parts) > 1 else field


def number(*, bits: int = 64, lead: bytes = b"", until: bytes = b"") -> Field:
    """A hexadecimal number without a sign, of at most ``bits`` bits; an int."""

    def read(digits: bytes, _context: Any) -> int:
        if not digits:
            raise ValueError("a hexadecimal number is missing")
        if (value := int(digits, 16)) >> bits:
            raise ValueError(f"{shown(digits)} has more than {bits} bits")
        return value

    def write(value: int, _context: Any) -> bytes:
        if value < 0 or value >> bits:
            raise ValueError(f"{value} is no unsigned number of {bits} bits")
        return b"%x" % value

    return _between(lead, Value(Match(rb"[0-9a-fA-F]*"), read, write), until)


def number_or_nothing(*, lead: bytes = b"", until: bytes = b"") -> Field:
    """A `number` that may be left out though what stands around it is there; an int or None."""
    plain = number()
    return _between(
        lead,
        Value(
            plain.subcon,
            lambda digits, context: plain.read(digits, context) if digits else None,
            lambda value, context: b"" if value is None else plain.write(value, context),
        ),
        until,
    )


def size_of(field: str, *, until: bytes = b"") -> Field:
    """The number of bytes of another field, which must be told (``size=``) where it stands; computed when building."""
    return construct.Rebuild(number(until=until), lambda context: len(context[field]))


def hex_bytes(*, size: str = "", lead: bytes = b"", until: bytes = b"") -> Field:
    """Bytes, two hexadecimal digits each; as many as the field named ``size`` announced, if given."""

    def read(digits: bytes, context: Any) -> bytes:
        try:
            data = unhexlify(digits)
        except ValueError:
            raise ValueError(f"{shown(digits)} is not a sequence of pairs of hexadecimal digits") from None
        return _sized(data, size, context)

    return _between(lead, Value(Match(rb"[^;:,X=]*"), read, lambda data, _context: hexlify(data)), until)


def counted_hex(*, until: bytes) -> Field:
    """The number of some bytes, ``until``, and the bytes in hexadecimal; only the bytes are the value."""
    return construct.FocusedSeq("data", "size" / size_of("data", until=until), "data" / hex_bytes(size="size"))


def binary(*, size: str = "", lead: bytes = b"") -> Field:
    """All the bytes that are left, as they are; as many as the field named ``size`` announced, if given."""
    return _between(lead, Value(Match(rb".*"), lambda data, context: _sized(data, size, context), _as_is), b"")


def _sized(data: bytes, size: str, context: Any) -> bytes:
    if size and len(data) != context[size]:
        raise ValueError(f"{context[size]} bytes are announced and {len(data)} came")
    return data


def _as_is(value: Any, _context: Any) -> Any:
    return value


def text(*, without: bytes = b"", lead: bytes = b"", until: bytes = b"") -> Field:
    """Printable ASCII characters, except those in ``without`` and those of ``until``; a str."""
    pattern = rb"[^\x00-\x1f\x7f-\xff%b]*" % re.escape(without + until)
    return _between(
        lead,
        Value(
            Match(pattern), lambda found, _context: found.decode("ascii"), lambda said, _context: said.encode("ascii")
        ),
        until,
    )


def hex_text(*, lead: bytes = b"", until: bytes = b"") -> Field:
    """Text that travels as hexadecimal UTF-8; a str, in which foreign bytes stand as lone surrogates."""
    return Value(
        hex_bytes(lead=lead, until=until),
        lambda data, _context: data.decode("utf-8", "surrogateescape"),
        lambda said, _context: said.encode("utf-8", "surrogateescape"),
    )


def thread_id(*, lead: bytes = b"", until: bytes = b"") -> Field:
    """A `ThreadId`."""
    return _between(
        lead,
        Value(
            Match(rb"[0-9a-fA-Fp.\-]{0,40}"),
            lambda found, _context: ThreadId.parse(found),
            lambda thread, _context: thread.build(),
        ),
        until,
    )


def choice(kind: type[Enum], *, lead: bytes = b"", until: bytes = b"") -> Field:
    """One character, which is the value of a member of the enumeration ``kind``."""

    def read(found: bytes, _context: Any) -> Enum:
        try:
            return kind(found.decode("latin-1"))
        except ValueError:
            known = ", ".join(member.value for member in kind)
            raise ValueError(f"expected one of {known}, found {shown(found)}") from None

    return _between(lead, Value(Match(rb"."), read, lambda member, _context: member.value.encode("ascii")), until)


def flag(*, lead: bytes = b"", until: bytes = b"") -> Field:
    """``0`` or ``1``; a bool."""

    def read(found: bytes, _context: Any) -> bool:
        if found not in (b"0", b"1"):
            raise ValueError(f"expected 0 or 1, found {shown(found)}")
        return found == b"1"

    return _between(lead, Value(Match(rb"."), read, lambda value, _context: b"%d" % value), until)


def optional(field: Field, *, lead: bytes = b"", absent: Any = None) -> Field:
    """``field`` if ``lead`` comes next (or anything does, without a lead); else the value is ``absent``."""
    return Optional(lead, field, absent)


def listing(field: Field, *, separator: bytes, lead: bytes = b"") -> Field:
    """One or more of ``field``; a tuple."""
    return _between(lead, Listing(field, separator), b"")


def given(condition: Callable[[Any], bool], field: Field) -> Field:
    """``field`` where ``condition`` of the fields before it holds, else nothing, and the value None."""
    return construct.If(condition, field)


def record(kind: Callable[..., Any], /, **fields: Field) -> Field:
    """Several fields that make one value of ``kind``, a dataclass."""
    return Value(
        construct.Struct(*(name / field for name, field in fields.items())),
        lambda found, _context: kind(**values_of(kind, found.__getitem__)),
        lambda value, _context: values_of(kind, lambda name: getattr(value, name)),
    )


def values_of(kind: Any, get: Callable[[str], Any]) -> dict[str, Any]:
    """``get`` of each field's name of the dataclass ``kind``, by that name."""
    return {field.name: get(field.name) for field in dataclasses.fields(kind)}


def layout(fields: dict[str, Field]) -> Field:
    """A whole packet's fields, in order, and then the end of the payload."""
    return construct.Struct(*(name / field for name, field in fields.items()), End())
