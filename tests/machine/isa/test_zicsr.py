"""Zicsr: which accesses happen, and what they do."""

from __future__ import annotations

import pytest

from machine.isa.decode import decode
from machine.isa.encode import encode
from machine.spec.modes import Mode
from machine.spec.rules import Reason

ONES = (1 << 64) - 1

ROWS = [
    ("csrrw a0,mscratch,a1", 0b1010, 0b1010, 0b1100),
    ("csrrs a0,mscratch,a1", 0b1010, 0b1010, 0b1110),
    ("csrrc a0,mscratch,a1", 0b1010, 0b1010, 0b0010),
    ("csrrwi a0,mscratch,12", 0b1010, 0b1010, 12),
    ("csrrsi a0,mscratch,12", 0b1010, 0b1010, 0b1110),
    ("csrrci a0,mscratch,12", 0b1010, 0b1010, 0b0010),
    ("csrrw a0,mscratch,zero", 7, 7, 0),
    ("csrrs a0,mscratch,zero", 7, 7, 7),
    ("csrrc a0,mscratch,a1", ONES, ONES, ONES - 0b1100),
]


@pytest.mark.parametrize(("text", "before", "read", "after"), ROWS)
def test_rows(bench, text, before, read, after):
    expected = {"a0": read, "mscratch": after}
    assert bench.after(text, {"a1": 0b1100, "mscratch": before}, expected) == expected


def test_destination_and_source_may_be_one(bench):
    expected = {"a1": 5, "mscratch": 9}
    assert bench.after("csrrw a1,mscratch,a1", {"a1": 9, "mscratch": 5}, expected) == expected


class Recorder:
    """The words that a CSR instruction uses, written down as they come."""

    def __init__(self) -> None:
        self.x = [0, 11, *[0] * 30]
        self.words: list[tuple[str, object]] = []

    def csr_check(self, number: int, write: bool) -> None:
        self.words.append(("check", write))

    def csr_read(self, number: int) -> int:
        self.words.append(("read", None))
        return 4

    def csr_read_for_update(self, number: int) -> int:
        self.words.append(("read for update", None))
        return 4

    def csr_write(self, number: int, value: int) -> None:
        self.words.append(("write", value))


def words(name: str, **operands: int) -> list[tuple[str, object]]:
    """What the instruction asks of the hart; x1 holds 11 and the CSR 4."""
    recorder, decoded = Recorder(), decode(encode(name, csr=0x340, **operands))
    decoded.meaning(recorder, decoded.operands)
    return recorder.words


@pytest.mark.parametrize(
    ("name", "operands", "kinds"),
    [
        ("csrrw", {"rd": 0, "rs1": 1}, ["check", "write"]),
        ("csrrwi", {"rd": 0, "imm": 0}, ["check", "write"]),
        ("csrrw", {"rd": 2, "rs1": 0}, ["check", "read", "write"]),
        ("csrrs", {"rd": 2, "rs1": 0}, ["check", "read"]),
        ("csrrc", {"rd": 0, "rs1": 0}, ["check", "read"]),
        ("csrrsi", {"rd": 2, "imm": 0}, ["check", "read"]),
        ("csrrci", {"rd": 2, "imm": 0}, ["check", "read"]),
    ],
)
def test_the_operands_numbers_decide_which_accesses_happen(name, operands, kinds):
    done = words(name, **operands)
    assert [kind for kind, _ in done] == kinds
    assert done[0] == ("check", "write" in kinds)


def test_a_source_register_that_holds_zero_still_writes():
    assert ("write", 4) in words("csrrs", rd=2, rs1=3)


@pytest.mark.rule("mip_seip_wrcsr")
def test_set_and_clear_write_back_what_software_wrote(bench):
    seip, ssip = 1 << 9, 1 << 1
    bench.set(lines=seip)
    assert bench.after("csrrs a0,mip,a1", {"a1": ssip}, {"a0": 0, "mip": 0}) == {"a0": seip, "mip": ssip}


@pytest.mark.rule("Zicsr_illegal_acc")
@pytest.mark.parametrize("text", ["csrrw zero,mhartid,zero", "csrrs a0,mhartid,a1", "csrrsi a0,mhartid,1"])
def test_writing_a_read_only_csr_is_illegal(bench, text):
    trap = bench.run(text, a0=3)
    assert (trap.cause, trap.reason, bench.get("a0")) == (2, Reason.CSR_READ_ONLY, 3)
    assert trap.tval == trap.instruction


@pytest.mark.parametrize("text", ["csrrs a0,mhartid,zero", "csrrci a0,mhartid,0"])
def test_reading_a_read_only_csr_is_not(bench, text):
    assert bench.after(text, {"a0": 3}, {"a0": 0}) == {"a0": 0}


@pytest.mark.rule("Zicsr_illegal_mode")
@pytest.mark.parametrize("mode", [Mode.U, Mode.HS])
def test_too_little_privilege_is_illegal(bench, mode):
    bench.enter(mode)
    trap = bench.run("csrrs a0,mscratch,zero")
    assert (trap.cause, trap.reason) == (2, Reason.CSR_PRIVILEGE)
