"""Frames: checksums, escapes, runs; GDB manual, "Remote Protocol", "Overview"."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdbstub.errors import ProtocolError
from gdbstub.rsp import framing

SPECIAL = (b"#", b"$", b"}", b"*", b"+", b"-", b"\x03", b"]", b"\n", b"0", b"\x00", b"}]", b"ab")


def with_runs(program: bytes) -> bytes:
    """A payload of runs of special bytes: each pair of bytes is what to repeat, and how often."""
    runs = [
        (SPECIAL[what] if what < len(SPECIAL) else bytes((what,))) * times
        for what, times in zip(program[::2], program[1::2], strict=False)
    ]
    return b"".join(runs)


PAYLOAD = st.binary(max_size=12).map(with_runs) | st.binary(max_size=30)


@pytest.mark.parametrize(
    ("payload", "frame"),
    [
        (b"", b"$#00"),
        (b"OK", b"$OK#9a"),
        (b"m80000000,4", b"$m80000000,4#55"),
        (b"#$}*", b"$}\x03}\x04}]}\n#62"),
        (b"\xff\xff", b"$\xff\xff#fe"),
    ],
)
def test_frame_of_a_payload(payload: bytes, frame: bytes) -> None:
    assert framing.encode(payload) == frame
    assert framing.decode(frame[1:-3]) == payload


@pytest.mark.parametrize(
    ("run", "packed"),
    [
        (b"000", b"000"),
        (b"0" * 4, b"0* "),  # 3 repeats, the manual's smallest count
        (b"0" * 6, b'0*"'),
        (b"0" * 7, b'0*"0'),  # 6 repeats would be '#'
        (b"0" * 8, b'0*"00'),  # 7 repeats would be '$'
        (b"0" * 9, b"0*%"),
        (b"0" * 15, b"0**0"),  # 14 repeats would be '+'
        (b"0" * 17, b"0*,0"),  # 16 repeats would be '-'
        (b"0" * 98, b"0*~"),
        (b"0" * 99, b"0*~0"),
        (b"0" * 196, b"0*~0*~"),
        (b"]" * 9, b"]" * 9),  # only what replies repeat is looked for
        (b"ffff", b"f* "),
        (b"}]" + b"x" * 4, b"}]x* "),
        (b"}\x03" * 5, b"}\x03" * 5),
        (b"ab" * 9, b"ab" * 9),
    ],
)
def test_runs_of_an_escaped_body(run: bytes, packed: bytes) -> None:
    assert framing.compress(run) == packed
    assert framing.expand(packed) == run


def test_a_run_after_a_run_repeats_the_same_character() -> None:
    assert framing.decode(b"0*~*~") == b"0" * 195


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a}", "ends inside an escape"),
        (b"*~", "no character before it"),
        (b"a*", "ends inside a run"),
        (b"a*~*", "ends inside a run"),
        (b"a*\x1f", r"b'\\x1f' is no count"),
        (b"a*\x7f", r"b'\\x7f' is no count"),
        (b"a*\xff", r"b'\\xff' is no count"),
    ],
)
def test_a_malformed_body_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        framing.decode(body)


@settings(max_examples=2000, deadline=None)
@given(payload=PAYLOAD)
@example(payload=b"}" * 100)
@example(payload=bytes(range(256)))
def test_what_is_encoded_decodes_to_itself(payload: bytes) -> None:
    for runs in (False, True):
        frame = framing.encode(payload, runs=runs)
        body = frame[1:-3]
        assert frame[:1] == b"$"
        assert frame[-3:-2] == b"#"
        assert int(frame[-2:], 16) == sum(body) % 256
        assert not set(body) & set(b"#$")
        assert framing.decode(body) == payload


@settings(max_examples=2000, deadline=None)
@given(payload=PAYLOAD)
def test_runs_never_lengthen_and_use_legal_counts(payload: bytes) -> None:
    escaped = framing.escape(payload)
    packed = framing.compress(escaped)
    assert len(packed) <= len(escaped)
    counts = re.findall(rb"[^*]\*(.)", packed, re.DOTALL)
    assert all(b" " <= count <= b"~" and count not in b"#$+-" for count in counts)
    assert sum(count[0] - 29 - 2 for count in counts) == len(escaped) - len(packed)


@settings(max_examples=2000, deadline=None)
@given(body=st.binary(max_size=40))
def test_any_body_decodes_or_is_refused(body: bytes) -> None:
    try:
        payload = framing.decode(body)
    except ProtocolError:
        return
    assert framing.decode(framing.encode(payload)[1:-3]) == payload
