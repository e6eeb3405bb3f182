"""Between instructions: timers, and the interrupts that are taken. All from the same meanings.

Generated code counts down the cycles until a timer's level changes, not all that it may use. Then, and behind each
instruction that changes what interrupts depend on, it goes to `j_look`, which joins the two.
"""

from __future__ import annotations

from typing import Any

from machine.bits import ite, u
from machine.csr.interrupts import pending
from machine.hart.clock import cycles_ahead
from machine.hart.timers import drive_line, ticks_ahead
from machine.native.dispatch import CONVENTION, SIGNATURE, tail
from machine.native.functions import Functions
from machine.native.layout import Block
from machine.native.lower import Lowering
from machine.native.staging import Stager
from machine.native.switching import deliver, go_on_behind
from machine.spec.rules import Reason
from machine.trap.delegation import destination, unexpected
from machine.trap.entry import Arrival
from machine.trap.interrupts import NO_INTERRUPT, select

__all__ = ["looking"]

WORD = (1 << 64) - 1


def looking(functions: Functions, make_hart: Any) -> list[str]:
    """The handlers that look; ``k`` is the pc, ``bud`` every cycle that is left, at least one."""

    def attend(hart: Any) -> None:
        _attend(functions, hart)

    return [_handler("j_attend", attend, make_hart), _handler("j_count_down", _count_down, make_hart)]


def _handler(name: str, body: Any, make_hart: Any) -> str:
    code = Lowering()
    stager = Stager(code)
    stager.run(lambda: body(make_hart(stager, stager.leaf("%k", 0, WORD))))
    return "\n".join([f"define internal {CONVENTION} void @{name}{SIGNATURE} nounwind {{", *code.lines, "}\n"])


def _attend(functions: Functions, hart: Any) -> None:
    """What the reference engine does between two batches: end a wait, take an interrupt, and look again behind it."""
    code, state = hart.code, hart.state
    drive_line(hart, hart.private(Block.MTIMECMP))
    candidates = pending(hart) & state.mie
    if candidates == 0:
        code.do(tail("@j_count_down" if state.waiting == 0 else "@j_attention"))
        return
    state.waiting = 0
    chosen = functions.copies.body(select)(hart, candidates)
    if chosen == NO_INTERRUPT:
        code.do(tail("@j_count_down"))
        return
    chosen = u(chosen, 6)
    to = destination(hart, chosen, 1)
    if unexpected(hart, to) != 0:
        code.do(tail("@j_attention"))
        return
    deliver(hart, to, Arrival(chosen, 1, 0, 0, 0, 0), 0, Reason.NONE)
    go_on_behind(code, hart, hart.target)


def _count_down(hart: Any) -> None:
    """Keep what is left beyond the next change of a timer's level, and go on."""
    code, left = hart.code, hart.stager.leaf("%bud", 0, WORD >> 1)
    ahead = cycles_ahead(hart.cycle(), hart.divisor, ticks_ahead(hart, hart.private(Block.MTIMECMP)))
    beyond = ite(ahead < left, left - ahead, 0)
    end = hart.private(Block.CYCLES) - beyond
    hart.stager.effect(lambda: hart.store_word("%pv", Block.RESERVE, beyond))
    hart.stager.effect(lambda: hart.store_word("%pv", Block.CYCLES, end))
    code.do(tail("@h_jump", bud=code.value(left - beyond, 64)))
