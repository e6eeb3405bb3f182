"""Modes and address spaces: what a hart is in now, how to say it, and how a debugger moves it to another.

An address means nothing until it is said whose it is. A machine with a hypervisor has five modes but four kinds of
address, and a debugger can read each of them wherever the hart is.
"""

from __future__ import annotations

from enum import Enum
from errno import EINVAL

from gdbstub.errors import TargetError
from machine.csr.h_mode import Hgatp
from machine.hart.hart import Hart
from machine.spec.modes import M, Mode

__all__ = ["Space", "describe", "enter", "here", "mode_text", "vmid"]


class Space(Enum):
    """Whose address it is; the value is its name for people."""

    PHYSICAL = "physical"
    """M-mode's, and the bus's."""
    HOST = "host virtual"
    """HS-mode's and U-mode's, through satp."""
    GUEST_PHYSICAL = "guest physical"
    """What a guest takes for physical, through hgatp."""
    GUEST = "guest virtual"
    """VS-mode's and VU-mode's, through vsatp and hgatp."""

    @classmethod
    def of(cls, mode: Mode) -> Space:
        """The addresses that a mode uses.

        >>> Space.of(Mode.VU).value
        'guest virtual'
        """
        if mode is Mode.M:
            return cls.PHYSICAL
        return cls.GUEST if mode.virtual else cls.HOST


def here(hart: Hart) -> Space:
    """The address space of the instruction that the hart is about to run.

    mstatus.MPRV is not followed: it is set for a few instructions of firmware, and code and stack must stay readable
    there.
    """
    return Space.of(hart.mode)


def vmid(hart: Hart) -> int:
    """The guest's number, from hgatp."""
    return Hgatp.VMID.get(hart.state.hgatp)


def mode_text(mode: Mode, guest: int) -> str:
    """A mode, with the guest's number where there is a guest.

    >>> mode_text(Mode.VS, 7), mode_text(Mode.HS, 7)
    ('VS (vmid 7)', 'HS')
    """
    return f"{mode.label} (vmid {guest})" if mode.virtual else mode.label


def describe(hart: Hart) -> str:
    """What a hart is doing, in a few words: ``"VS-mode, vmid 7"``."""
    if hart.state.stopped:
        return "stopped (HSM)"
    words = [f"{hart.mode.label}-mode"]
    if hart.mode.virtual:
        words.append(f"vmid {vmid(hart)}")
    if hart.state.waiting:
        words.append("waiting (WFI)")
    return ", ".join(words)


def enter(hart: Hart, privilege: int, virtual: int) -> None:
    """Put a hart into another mode by a debugger's hand; pc and CSRs stay as they are.

    Raises TargetError for what is no mode: privilege 2 and above 3, or M-mode with V=1.
    """
    if privilege not in (0, 1, M) or virtual not in (0, 1):
        raise TargetError(
            EINVAL, f"no mode has privilege {privilege} and V={virtual}: modes are U 0, S 1, M 3, V 0 or 1"
        )
    if privilege == M and virtual:
        raise TargetError(
            EINVAL, "M-mode has V=0: set $priv to 0 or 1 before $virt to 1, and $virt to 0 before $priv to 3"
        )
    asked = hart.stop_reason
    hart.state.priv, hart.state.virt = privilege, virtual
    hart.context_changed()
    hart.reconsider_interrupts()
    hart.stop_reason = asked  # a world switch by the debugger's own hand is not one to catch
