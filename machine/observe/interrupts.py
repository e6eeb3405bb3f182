"""Every interrupt of a hart as it stands: who asserts it, where it would go, and whether it is taken next.

Whether an interrupt can be taken is asked of `machine.trap.interrupts.select` itself, once for all that is pending and
once for each alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from machine.bits import u
from machine.csr.access import named
from machine.csr.interrupts import GUEST_BITS, HYPERVISOR_BITS, SUPERVISOR_BITS, pending
from machine.csr.register import View
from machine.spec import status
from machine.spec.causes import INTERRUPT_BIT, Interrupt, cause_name
from machine.spec.modes import Mode
from machine.trap.delegation import TO_HS, TO_M, TO_VS
from machine.trap.interrupts import NO_INTERRUPT, select

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["InterruptState", "Verdict", "interrupt_states"]

PENDING_VIEWS, ENABLE_VIEWS = ("mip", "sip", "hip", "vsip"), ("mie", "sie", "hie", "vsie")


class Verdict(Enum):
    """What happens to an interrupt at the next instruction; the value says it."""

    TAKEN = "taken next"
    BEHIND = "after one of higher priority"
    MASKED = "its handler's mode has interrupts off"
    DISABLED = "not enabled in mie"
    QUIET = "not pending"


@dataclass(frozen=True)
class InterruptState:
    """One interrupt of one hart.

    Attributes:
        interrupt: which.
        sources: what asserts it now: a wire, a software bit, a timer.
        pending_in, enabled_in: the registers that show it set, most privileged first.
        target: the mode that would take it.
        verdict: what happens next.
        obstacle: the field that masks it, such as ``"vsstatus.SIE=0"``, or "".
    """

    interrupt: Interrupt
    sources: tuple[str, ...]
    pending_in: tuple[str, ...]
    enabled_in: tuple[str, ...]
    target: Mode
    verdict: Verdict
    obstacle: str


def interrupt_states(hart: Hart) -> list[InterruptState]:
    """All interrupts, by number."""
    return [_state(hart, interrupt) for interrupt in Interrupt]


def _state(hart: Hart, interrupt: Interrupt) -> InterruptState:
    target, verdict = _target(hart, interrupt), _verdict(hart, interrupt)
    return InterruptState(
        interrupt,
        tuple(_sources(hart, interrupt)),
        _seen(hart, interrupt, PENDING_VIEWS),
        _seen(hart, interrupt, ENABLE_VIEWS),
        target,
        verdict,
        _obstacle(hart, interrupt, target, verdict),
    )


def _seen(hart: Hart, interrupt: Interrupt, views: tuple[str, ...]) -> tuple[str, ...]:
    """The registers among ``views`` in which the interrupt's bit is set, wherever each has it."""
    return tuple(name for name in views if _shows(hart, interrupt, name))


def _shows(hart: Hart, interrupt: Interrupt, name: str) -> bool:
    register = named(hart, name)
    if not isinstance(register, View):
        return bool(register.read(hart) >> interrupt & 1)
    inside = register.shown(hart) >> interrupt & 1
    return bool(inside and register.read(hart) >> interrupt - register.shift & 1)


def _target(hart: Hart, interrupt: Interrupt) -> Mode:
    """By mideleg and hideleg alone: a VS-level interrupt keeps its target while the hart is elsewhere."""
    state = hart.state
    if not state.mideleg >> interrupt & 1:
        return Mode(TO_M)
    return Mode(TO_VS if state.hideleg >> interrupt & 1 else TO_HS)


def _verdict(hart: Hart, interrupt: Interrupt) -> Verdict:
    raised, alone = pending(hart), 1 << interrupt
    if not raised & alone:
        return Verdict.QUIET
    if select(hart, raised) == interrupt:
        return Verdict.TAKEN
    if not hart.state.mie & alone:
        return Verdict.DISABLED
    return Verdict.MASKED if select(hart, alone) == NO_INTERRUPT else Verdict.BEHIND


def _obstacle(hart: Hart, interrupt: Interrupt, target: Mode, verdict: Verdict) -> str:
    """What would have to change before the interrupt can be taken."""
    if verdict is Verdict.DISABLED:
        return f"mie.{interrupt.name}E=0"
    if verdict is Verdict.BEHIND:
        return f"{cause_name(1 << INTERRUPT_BIT | select(hart, pending(hart))).removeprefix('interrupt ')} comes first"
    if verdict is not Verdict.MASKED:
        return ""
    if hart.mode is target:
        return {Mode.M: "mstatus.MIE=0", Mode.HS: "sstatus.SIE=0", Mode.VS: "vsstatus.SIE=0"}[target]
    return f"the hart is in {hart.mode.label}-mode"


def _sources(hart: Hart, interrupt: Interrupt) -> list[str]:
    state, mask = hart.state, 1 << interrupt
    found = [f"{interrupt.name} wire"] if state.lines & mask else []
    if mask & SUPERVISOR_BITS and state.mip & mask and not (interrupt is Interrupt.STI and _sstc(hart)):
        found.append(f"mip.{interrupt.name}P")
    if mask & GUEST_BITS and state.hvip & mask:
        found.append(f"hvip.{interrupt.name}P")
    return [*found, *_timers(hart, interrupt), *(_guest_lines(hart, interrupt) if mask & HYPERVISOR_BITS else ())]


def _sstc(hart: Hart) -> bool:
    return bool(hart.state.menvcfg >> status.ENVCFG_STCE & 1)


def _timers(hart: Hart, interrupt: Interrupt) -> list[str]:
    state = hart.state
    if interrupt is Interrupt.STI and _sstc(hart) and u(hart.time()) >= state.stimecmp:
        return ["stimecmp"]
    guest = interrupt is Interrupt.VSTI and state.henvcfg >> status.ENVCFG_STCE & 1
    return ["vstimecmp"] if guest and u(hart.time() + state.htimedelta) >= state.vstimecmp else []


def _guest_lines(hart: Hart, interrupt: Interrupt) -> list[str]:
    """Guest external interrupt lines: the one that VGEIN chooses makes VSEI, those in hgeie make SGEI."""
    state = hart.state
    chosen = named(hart, "hstatus").read(hart) >> status.HSTATUS_VGEIN & (1 << status.HSTATUS_VGEIN_WIDTH) - 1
    if interrupt is Interrupt.VSEI and chosen and state.hgeip >> chosen & 1:
        return [f"hgeip[{chosen}] by hstatus.VGEIN"]
    if interrupt is Interrupt.SGEI:
        return [f"hgeip[{line}]" for line in range(1, 64) if state.hgeip & state.hgeie & 1 << line]
    return []
