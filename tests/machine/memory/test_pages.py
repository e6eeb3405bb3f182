"""Memory kept and given back by pages: what the host tells, and what comparing finds, come to the same."""

from __future__ import annotations

from random import Random

import pytest

from machine.memory.pages import PAGE
from machine.memory.ram import Ram

SIZE = 4 << 20


@pytest.fixture(params=[True, False], ids=["told", "compared"])
def ram(request: pytest.FixtureRequest) -> Ram:
    made = Ram(0x8000_0000, SIZE)
    made.pages._tells = made.pages._tells and request.param
    return made


def scribble(ram: Ram, random: Random, count: int) -> None:
    for _ in range(count):
        at = random.randrange(SIZE - 8)
        ram.data[at : at + 8] = random.randbytes(8)


def test_what_was_kept_comes_back(ram: Ram) -> None:
    random, kept = Random(1), []
    for _ in range(6):
        scribble(ram, random, random.choice((0, 1, 30)))
        kept.append((ram.pages.keep(), bytes(ram.data)))
    for _ in range(30):
        scribble(ram, random, random.choice((0, 1, 30)))
        content, whole = random.choice(kept)
        differing = set(ram.pages.differing(content))
        now = bytes(ram.data)
        assert {at for at in range(0, SIZE, PAGE) if now[at : at + PAGE] != whole[at : at + PAGE]} <= differing
        ram.pages.give_back(content)
        assert bytes(ram.data) == whole
        assert ram.pages.written() == []


def test_pages_that_became_zero_are_not_kept(ram: Ram) -> None:
    ram.data[PAGE] = 1
    first = ram.pages.keep()
    ram.data[PAGE] = 0
    assert (list(first), list(ram.pages.keep())) == ([PAGE], [])
    ram.pages.give_back(first)
    assert ram.data[PAGE] == 1


def test_pages_that_did_not_change_are_shared(ram: Ram) -> None:
    ram.data[0], ram.data[PAGE] = 1, 2
    first = ram.pages.keep()
    ram.data[PAGE] = 3
    second = ram.pages.keep()
    assert second[0] is first[0]
    assert (first[PAGE][0], second[PAGE][0]) == (2, 3)


def test_clearing_forgets_what_was_kept(ram: Ram) -> None:
    ram.data[5] = 1
    kept = ram.pages.keep()
    ram.clear()
    assert not any(ram.data[:PAGE])
    ram.data[2 * PAGE] = 7
    assert list(ram.pages.keep()) == [2 * PAGE]
    ram.pages.give_back(kept)
    assert (ram.data[5], ram.data[2 * PAGE]) == (1, 0)
