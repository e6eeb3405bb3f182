"""From a raised `Trap` or a selected interrupt to the handler's first instruction, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine.isa.transform import transform
from machine.spec.causes import INTERRUPT_BIT, Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from machine.trap.delegation import TO_HS, TO_M, TO_VS, destination, unexpected
from machine.trap.entry import Arrival, enter
from machine.trap.trap import Trap

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["TrapRecord", "take_interrupt", "take_trap"]


@dataclass(frozen=True)
class TrapRecord:
    """One trap as it was taken.

    Attributes:
        count: ordinal of the trap on its hart, from 1.
        cycle: the machine's cycle.
        cause: Interrupt bit and code, as M- and HS-mode number them: VSTI is 6 also where vscause shows the guest 5.
        pc, tval, gpa: as delivered; gpa in bytes.
        instruction: the instruction's bits, or 0 for an interrupt or a fetch that failed.
        gva: 1 when tval is a guest virtual address.
        tinst: what htinst or mtinst received (0 for a trap to VS-mode).
        source, target: modes.
        reason: the clause of the manual.
        medeleg, hedeleg: the delegation registers that applied (mideleg and hideleg for an interrupt).
    """

    count: int
    cycle: int
    hart: int
    cause: int
    pc: int
    tval: int
    gpa: int
    instruction: int
    gva: int
    tinst: int
    source: Mode
    target: Mode
    reason: Reason
    medeleg: int
    hedeleg: int

    @property
    def interrupt(self) -> bool:
        """Whether it was an interrupt."""
        return bool(self.cause >> INTERRUPT_BIT)

    @property
    def code(self) -> int:
        """The cause code without the Interrupt bit."""
        return self.cause & ((1 << INTERRUPT_BIT) - 1)


def take_trap(hart: Hart, trap: Trap) -> None:
    """Enter the handler of a synchronous trap raised by the instruction at ``hart.pc``; `hart.next` is set."""
    hart.unretire()
    if hart.environment is not None and destination(hart, trap.cause, 0) == TO_M and hart.environment(hart, trap):
        return
    word = hart.word
    tval = word if trap.tval == Trap.INSTRUCTION else trap.tval
    tinst = transform(word, trap.offset) if trap.tinst == Trap.EXPLICIT else trap.tinst
    gva = hart.state.virt if trap.cause == Cause.BREAKPOINT else trap.gva
    arrival = Arrival(int(trap.cause), 0, tval, trap.gpa, gva, tinst)
    _deliver(hart, arrival, word, trap.reason, not_for_guest=trap.not_for_guest)


def take_interrupt(hart: Hart, code: int) -> None:
    """Enter the handler of an interrupt before the instruction at ``hart.pc``."""
    hart.unretire()
    hart.state.waiting = 0
    _deliver(hart, Arrival(code, 1, 0, 0, 0, 0), 0, Reason.NONE)


def _deliver(hart: Hart, arrival: Arrival, word: int, reason: int, not_for_guest: bool = False) -> None:
    state = hart.state
    hart.settle()
    to = destination(hart, arrival.cause, arrival.interrupt)
    if not_for_guest and to == TO_VS:
        to = TO_HS
    if unexpected(hart, to):
        if hart.environment is not None and hart.environment(hart, Trap(Cause.DOUBLE_TRAP, arrival.tval)):
            return
        first = arrival.cause | arrival.interrupt << INTERRUPT_BIT
        arrival, to = arrival._replace(cause=int(Cause.DOUBLE_TRAP), interrupt=0, first=first), TO_M
    source, target = hart.mode, Mode(to)
    delegation = (state.mideleg, state.hideleg) if arrival.interrupt else (state.medeleg, state.hedeleg)
    enter(hart, to, arrival)
    if hart.events.active:
        hart.reconsider_interrupts()  # what is counted, and when it will overflow, depends on the mode
    state.trap_count += 1
    state.trap_cause = arrival.cause | arrival.interrupt << INTERRUPT_BIT
    state.trap_pc, state.trap_tval, state.trap_gpa = hart.pc, arrival.tval, arrival.gpa
    state.trap_insn, state.trap_from, state.trap_to = word, source, target
    state.trap_reason = reason
    if arrival.cause == Cause.VIRTUAL_INSTRUCTION and not arrival.interrupt:
        state.vi_reason = reason
    if hart.trap_observers:
        record = TrapRecord(
            count=state.trap_count,
            cycle=hart.clock.cycles,
            hart=hart.number,
            cause=state.trap_cause,
            pc=hart.pc,
            tval=arrival.tval,
            gpa=arrival.gpa,
            instruction=word,
            gva=arrival.gva,
            tinst=0 if target is Mode.VS else arrival.tinst,
            source=source,
            target=target,
            reason=Reason(reason),
            medeleg=delegation[0],
            hedeleg=delegation[1],
        )
        for observe in hart.trap_observers:
            observe(hart, record)
