from __future__ import annotations

import pytest

from machine.devices.plic import Plic

UART, OTHER = 10, 40
M, S = 0, 1


class Wired:
    """A PLIC for one hart, with its lines' levels and the guest's view of its registers."""

    def __init__(self) -> None:
        self.lines: dict[int, bool] = {}
        self.changes = 0
        self.plic = Plic(2, self.set_line)

    def set_line(self, context: int, level: bool) -> None:
        self.lines[context] = level
        self.changes += 1

    def priority(self, source: int, value: int) -> None:
        self.plic.write(4 * source, 4, value)

    def enable(self, context: int, *sources: int) -> None:
        for word in range(4):
            mask = sum(1 << source % 32 for source in sources if source // 32 == word)
            self.plic.write(0x2000 + 0x80 * context + 4 * word, 4, mask)

    def threshold(self, context: int, value: int) -> None:
        self.plic.write(0x200000 + 0x1000 * context, 4, value)

    def claim(self, context: int) -> int:
        return self.plic.read(0x200004 + 0x1000 * context, 4)

    def complete(self, context: int, source: int) -> None:
        self.plic.write(0x200004 + 0x1000 * context, 4, source)

    def pending(self, source: int) -> int:
        return self.plic.read(0x1000 + source // 32 * 4, 4) >> source % 32 & 1


@pytest.fixture
def wired() -> Wired:
    wired = Wired()
    for source in (UART, OTHER):
        wired.priority(source, 1)
        wired.enable(S, UART, OTHER)
    return wired


def test_a_line_pends_claims_and_completes(wired: Wired) -> None:
    wired.plic.set_source(UART, True)
    assert wired.lines == {S: True}
    assert wired.pending(UART) == 1
    assert wired.claim(S) == UART
    assert (wired.pending(UART), wired.lines) == (0, {S: False})
    wired.plic.set_source(UART, False)
    wired.complete(S, UART)
    assert (wired.pending(UART), wired.lines, wired.claim(S)) == (0, {S: False}, 0)


def test_a_level_still_high_at_completion_pends_again(wired: Wired) -> None:
    wired.plic.set_source(UART, True)
    assert wired.claim(S) == UART
    wired.plic.set_source(UART, True)
    assert wired.pending(UART) == 0
    wired.complete(S, UART)
    assert wired.pending(UART) == 1
    assert wired.lines == {S: True}


def test_a_forwarded_request_outlives_its_level(wired: Wired) -> None:
    wired.plic.set_source(UART, True)
    wired.plic.set_source(UART, False)
    assert wired.claim(S) == UART


def test_highest_priority_first_then_lowest_number(wired: Wired) -> None:
    wired.plic.set_source(OTHER, True)
    wired.plic.set_source(UART, True)
    assert wired.plic.peek(0x201004, 4) == UART
    wired.priority(OTHER, 2)
    assert [wired.claim(S), wired.claim(S), wired.claim(S)] == [OTHER, UART, 0]


def test_priority_zero_never_interrupts(wired: Wired) -> None:
    wired.priority(UART, 0)
    wired.plic.set_source(UART, True)
    assert wired.pending(UART) == 1
    assert wired.lines == {}
    assert wired.claim(S) == 0


def test_the_threshold_masks_the_line_and_not_the_claim(wired: Wired) -> None:
    wired.priority(UART, 3)
    wired.threshold(S, 3)
    wired.plic.set_source(UART, True)
    assert wired.lines == {}
    wired.threshold(S, 2)
    assert wired.lines == {S: True}
    wired.threshold(S, 7)
    assert wired.lines == {S: False}
    assert wired.claim(S) == UART


def test_contexts_are_independent(wired: Wired) -> None:
    wired.enable(M, OTHER)
    wired.plic.set_source(OTHER, True)
    assert wired.lines == {M: True, S: True}
    assert wired.claim(M) == OTHER
    assert wired.lines == {M: False, S: False}
    assert wired.claim(S) == 0


def test_a_completion_by_a_context_without_the_source_is_ignored(wired: Wired) -> None:
    wired.plic.set_source(UART, True)
    wired.claim(S)
    for context, source in ((M, UART), (S, 0), (S, 97), (S, 2**32 - 1)):
        wired.complete(context, source)
        assert wired.pending(UART) == 0
    wired.complete(S, UART)
    assert wired.pending(UART) == 1


def test_registers_keep_only_legal_bits(wired: Wired) -> None:
    wired.priority(0, 7)
    wired.priority(UART, 0xFFFF_FFFF)
    wired.priority(97, 7)
    wired.threshold(M, 0xFF)
    wired.plic.write(0x1000, 4, 0xFFFF_FFFF)
    for word in range(5):
        wired.plic.write(0x2000 + 4 * word, 4, 0xFFFF_FFFF)
    read = wired.plic.read
    assert [read(4 * source, 4) for source in (0, UART, 97)] == [0, 7, 0]
    assert read(0x200000, 4) == 7
    assert read(0x1000, 4) == 0
    assert [read(0x2000 + 4 * word, 4) for word in range(5)] == [0xFFFF_FFFE, 2**32 - 1, 2**32 - 1, 1, 0]


def test_absent_contexts_read_zero_and_ignore_writes(wired: Wired) -> None:
    for offset in (0x2100, 0x202000, 0x202004, 0x5FFFFC, 0x200008):
        wired.plic.write(offset, 4, 7)
        assert wired.plic.read(offset, 4) == wired.plic.peek(offset, 4) == 0


def test_peeking_a_claim_does_not_claim(wired: Wired) -> None:
    wired.plic.set_source(UART, True)
    assert wired.plic.peek(0x201004, 4) == UART
    assert wired.pending(UART) == 1
    assert wired.lines == {S: True}


def test_reset_lowers_the_lines(wired: Wired) -> None:
    wired.plic.set_source(UART, True)
    wired.plic.reset()
    assert wired.lines == {S: False}
    assert wired.plic.read(4 * UART, 4) == wired.plic.read(0x2080, 4) == wired.pending(UART) == 0
