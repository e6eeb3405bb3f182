"""A payload as it travels: ``$``, the body with its escapes and runs, ``#``, two checksum digits.

GDB manual, "Remote Protocol", "Overview". These functions hold no state; `gdbstub.rsp.tokens` finds where frames begin
and end in a stream.
"""

from __future__ import annotations

import re
from functools import cache
from zlib import adler32

from gdbstub.errors import ProtocolError

__all__ = ["checksum", "compress", "decode", "encode", "escape", "expand", "unescape"]

RUN_OFFSET = 29  # a count travels as the printable character count + 29
LONGEST_RUN = 126 - RUN_OFFSET  # repeats after the first; '~' is the last printable character
SHORTEST_RUN = 3  # the manual's smallest count, and the first that saves a byte
# A count may not look like a frame's start or end (the manual), nor like an ack to a careless reader (ours).
FORBIDDEN_COUNTS = frozenset(ord(character) - RUN_OFFSET for character in "#$+-")

_TO_ESCAPE = re.compile(rb"[#$}*]")
_ESCAPED = re.compile(rb"\}(.?)", re.DOTALL)
# What replies repeat: zeros and ones of memory and registers, and "unavailable". Looking for a run of any
# character would cost more than the copying it saves. None of these is ever escaped: gdb would repeat an escaped one as
# it travels and lldb as it means.
_RUN = re.compile(rb"0000{1,95}|ffff{1,95}|xxxx{1,95}")  # of at most 1 + LONGEST_RUN; a longer one is several
EXACT = 256  # bytes whose sum certainly fits Adler-32's low half
LARGE = 4096
"""From this size on a body is searched only when it has a run worth the search."""
LONG_RUNS = (b"0" * 16, b"f" * 16, b"x" * 16)
_RUNS = re.compile(rb"([^*]?)((?:\*.?)+)", re.DOTALL)  # a second run right after a first repeats the same character


def checksum(body: bytes) -> int:
    """The sum of the body's bytes, modulo 256.

    >>> f"{checksum(b'OK'):02x}"
    '9a'
    """
    # Adler-32's low half is 1 + the sum, exact for as many bytes as keep it below 65521; sum() is ten times slower.
    if len(body) <= EXACT:
        return (adler32(body) - 1) & 0xFF
    parts = (body[at : at + EXACT] for at in range(0, len(body), EXACT))
    return sum((adler32(part) & 0xFFFF) - 1 for part in parts) & 0xFF


def escape(payload: bytes) -> bytes:
    """Replace each of ``# $ } *`` by ``}`` and the character exclusive-or 0x20.

    >>> escape(b"a#b")
    b'a}\\x03b'
    """
    if b"}" not in payload and b"#" not in payload and b"$" not in payload and b"*" not in payload:
        return payload  # all that is hexadecimal
    return _TO_ESCAPE.sub(lambda found: bytes((0x7D, found[0][0] ^ 0x20)), payload)


def unescape(body: bytes) -> bytes:
    """Undo `escape`; any byte may come escaped. Raises ProtocolError where the body ends inside an escape.

    >>> unescape(b"a}\\x03b")
    b'a#b'
    """
    return _ESCAPED.sub(_unescaped, body)


def _unescaped(found: re.Match[bytes]) -> bytes:
    if not found[1]:
        raise ProtocolError("the frame ends inside an escape: '}' needs a character after it")
    return bytes((found[1][0] ^ 0x20,))


def compress(body: bytes) -> bytes:
    """Write runs of 0, f and x in an escaped body as character, ``*``, count.

    >>> compress(b"0000"), compress(b"0" * 7)
    (b'0* ', b'0*"0')
    """
    if len(body) >= LARGE and not any(run in body for run in LONG_RUNS):
        return body
    return _RUN.sub(lambda found: _packed(found[0]), body)


@cache
def _packed(run: bytes) -> bytes:
    """One of the runs that `_RUN` finds, with as large a count as may travel."""
    count = next(count for count in range(len(run) - 1, 0, -1) if count not in FORBIDDEN_COUNTS)
    return run[:1] + b"*" + bytes((count + RUN_OFFSET,)) + run[1 + count :]


def expand(body: bytes) -> bytes:
    """Undo `compress`. Raises ProtocolError for a run of nothing and for a count that is no legal one.

    >>> expand(b'0*"0')
    b'0000000'
    """
    return _RUNS.sub(_expanded, body)


def _expanded(found: re.Match[bytes]) -> bytes:
    character, counts = found[1], found[2][1::2]
    if not character:
        raise ProtocolError("a run ('*') has no character before it to repeat")
    if 2 * len(counts) != len(found[2]):
        raise ProtocolError("the frame ends inside a run: '*' needs a count after it")
    for count in counts:
        if not SHORTEST_RUN + RUN_OFFSET <= count <= LONGEST_RUN + RUN_OFFSET:
            raise ProtocolError(
                f"{bytes((count,))!r} is no count for a run: it must be one of the characters ' ' to '~'"
            )
    return character * (1 + sum(counts) - RUN_OFFSET * len(counts))


def encode(payload: bytes, *, runs: bool = False) -> bytes:
    """The frame that carries ``payload``, with its runs compressed if ``runs``.

    >>> encode(b"OK"), encode(b"0000", runs=True)
    (b'$OK#9a', b'$0* #7a')
    """
    body = compress(escape(payload)) if runs else escape(payload)
    return b"$%b#%02x" % (body, checksum(body))


def decode(body: bytes) -> bytes:
    """The payload of a frame's body, which stands between ``$`` and ``#``. Raises ProtocolError as its parts do.

    >>> decode(b'0* }\\x03')
    b'0000#'
    """
    whole = expand(body) if b"*" in body else body
    return unescape(whole) if b"}" in whole else whole
