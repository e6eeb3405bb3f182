from __future__ import annotations

import pytest

from machine.devices.finish import Finish, FinishKind
from machine.devices.finisher import Finisher


@pytest.mark.parametrize(
    ("value", "finish"),
    [
        (0x5555, Finish(FinishKind.PASS)),
        (0xBEEF_5555, Finish(FinishKind.PASS)),
        (0x0007_3333, Finish(FinishKind.FAIL, 7)),
        (0xFFFF_3333, Finish(FinishKind.FAIL, 0xFFFF)),
        (0x7777, Finish(FinishKind.RESET)),
    ],
)
def test_a_store_ends_the_run(value: int, finish: Finish) -> None:
    seen: list[Finish] = []
    Finisher(seen.append).write(0, 4, value)
    assert seen == [finish]


def test_other_values_and_offsets_do_nothing() -> None:
    seen: list[Finish] = []
    finisher = Finisher(seen.append)
    for offset, value in ((0, 0), (0, 0x5554), (4, 0x5555), (0x555, 0x5555)):
        finisher.write(offset, 4, value)
    finisher.reset()
    assert seen == []
    assert finisher.read(0, 4) == finisher.peek(0, 4) == 0


def test_exit_status_never_turns_a_failure_into_a_pass() -> None:
    failures = [Finish(FinishKind.FAIL, code).exit_status for code in (0, 1, 255, 256, 0xFFFF)]
    assert failures == [1, 1, 255, 1, 1]
    assert Finish(FinishKind.PASS).exit_status == Finish(FinishKind.RESET).exit_status == 0
