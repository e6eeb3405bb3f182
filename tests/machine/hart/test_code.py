"""The guard of decoded instructions and mailboxes."""

from __future__ import annotations

import pytest

from machine.hart.code import CODE, MAILBOX, StoreGuard

PAGE = 4096


@pytest.fixture
def guard():
    guard = StoreGuard(4 * PAGE)
    guard.calls = []
    guard.page_guarded.append(lambda: guard.calls.append("guarded"))
    guard.code_written.append(lambda page: guard.calls.append(page))
    guard.code_forgotten.append(lambda: guard.calls.append("forgotten"))
    return guard


def test_a_page_is_guarded_once_for_each_reason(guard):
    guard.add_code(PAGE, 4)
    guard.add_code(PAGE + 4, 2)
    assert (guard.calls, guard.guarded(PAGE + 1), guard.guarded(0)) == (["guarded"], CODE, 0)
    guard.add_mailbox(PAGE + 64, 8, lambda: None)
    assert (guard.calls, guard.guarded(PAGE)) == (["guarded", "guarded"], CODE | MAILBOX)


@pytest.mark.parametrize(
    ("offset", "size", "hits"),
    [
        *((98, 1, False), (99, 1, False), (100, 1, True), (105, 1, True), (106, 1, False)),
        *((92, 8, False), (93, 8, True), (105, 8, True), (106, 8, False), (0, 100, False), (0, 2 * PAGE, True)),
        *((98, 2, False), (99, 2, True), (100, 0, False)),
    ],
)
def test_only_stores_that_touch_an_instruction_forget(guard, offset, size, hits):
    guard.add_code(100, 2)
    guard.add_code(102, 4)
    guard.calls.clear()
    guard.wrote(offset, size)
    assert guard.calls == ([0] if hits else [])
    guard.wrote(100, 6)
    assert guard.calls == [0], "what is forgotten is not forgotten again"


def test_a_store_forgets_the_pages_that_it_touches_only(guard):
    for offset in (0, PAGE - 2, PAGE, 3 * PAGE):
        guard.add_code(offset, 2)
    guard.calls.clear()
    guard.wrote(PAGE - 1, 8)
    assert guard.calls == [0, PAGE]
    guard.wrote(0, 8)
    assert guard.calls == [0, PAGE]
    guard.wrote(3 * PAGE, 1)
    assert guard.calls == [0, PAGE, 3 * PAGE]


def test_the_last_halfword_of_memory(guard):
    guard.add_code(4 * PAGE - 2, 2)
    guard.calls.clear()
    guard.wrote(4 * PAGE - 8, 8)
    assert guard.calls == [3 * PAGE]


def test_forgetting_keeps_mailboxes(guard):
    seen = []
    guard.add_code(0, 4)
    guard.add_mailbox(8, 4, lambda: seen.append(1))
    guard.forget_code()
    assert (guard.guarded(0), guard.guarded(PAGE), guard.calls[-1]) == (MAILBOX, 0, "forgotten")
    guard.wrote(4, 4)
    guard.wrote(11, 4)
    guard.remove_mailbox(8, 4)
    guard.wrote(8, 4)
    assert seen == [1]
