from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.board.device_tree import Chosen, build_dtb
from machine.board.user_dtb import check_dtb
from machine.errors import MachineError

BLOB = build_dtb(1 << 20, 2, "rv64imafdch_zicsr_zifencei_zicntr_sstc", Chosen("console=ttyS0"))


@pytest.mark.parametrize("blob", [b"", b"\xd0\x0d\xfe\xed", b"\x7fELF" + bytes(100), bytes(100)])
def test_what_is_no_device_tree(blob: bytes) -> None:
    with pytest.raises(MachineError, match=r"^my\.dtb is not a flattened device tree; compile it with dtc -O dtb$"):
        check_dtb(blob, "my.dtb")


def test_truncated_names_both_lengths() -> None:
    with pytest.raises(MachineError, match=f"truncated: its header says {len(BLOB)} bytes, there are 500"):
        check_dtb(BLOB[:500])


def test_malformed_structure() -> None:
    at = struct.unpack_from(">I", BLOB, 8)[0]
    with pytest.raises(MachineError, match=r"malformed device tree .*Tag"):
        check_dtb(BLOB[:at] + b"\0\0\0\x77" + BLOB[at + 4 :])


def test_no_root() -> None:
    at = struct.unpack_from(">I", BLOB, 8)[0]
    with pytest.raises(MachineError, match="no root node"):
        check_dtb(BLOB[:at] + b"\0\0\0\x09" + BLOB[at + 4 :])


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(BLOB) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_mutated_bytes_give_a_tree_or_one_clear_error(changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(BLOB)
    for place, value in changes:
        mutated[place] = value
    survives(bytes(mutated))


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(BLOB)), st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_cut_and_with_any_header_word(length: int, word: int, place: int) -> None:
    mutated = bytearray(BLOB)
    struct.pack_into(">I", mutated, 4 * place, word)
    survives(bytes(mutated[:length]))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_after_a_good_header(tail: bytes) -> None:
    survives(struct.pack(">10I", 0xD00DFEED, 40 + len(tail), 56, 40, 40, 17, 16, 0, len(tail), len(tail)) + tail)


def survives(blob: bytes) -> None:
    """The blob passes, or is refused in one line of ours; any other exception fails the test."""
    refusal = ""
    try:
        assert blob.startswith(check_dtb(blob))
    except MachineError as error:
        refusal = str(error)
    assert refusal == "" or (refusal.startswith("--dtb ") and "\n" not in refusal)
