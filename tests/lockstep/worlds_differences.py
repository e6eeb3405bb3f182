"""What QEMU 7.2 is known to do otherwise in random hypervisor programs; `differences` is the same for single cases.

A difference is one register of one record of a handler's log, or of the state behind the program. One of them is a
`FATE`: from there on the two programs go different ways, and no more of them is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machine.isa.decode import decode
from machine.spec import status
from machine.spec.causes import Cause

__all__ = ["DIFFERENCES", "FATE", "Difference", "explain"]

Record = dict[str, int]


@dataclass(frozen=True)
class Difference:
    """One known difference; see `tests.lockstep.differences.Difference`. The predicate has the register's name and
    both records."""

    name: str
    rule: str
    because: str
    explains: Callable[[str, Record, Record], bool]


DIFFERENCES: list[Difference] = []


def difference(rule: str, because: str) -> Callable[[Callable[[str, Record, Record], bool]], Difference]:
    """Declare one; the decorated predicate's name is its name."""

    def declare(explains: Callable[[str, Record, Record], bool]) -> Difference:
        found = Difference(explains.__name__, rule, because, explains)
        DIFFERENCES.append(found)
        return found

    return declare


def explain(name: str, ours: Record, theirs: Record) -> Difference | None:
    """The known difference that a register's is, or None."""
    return next((known for known in DIFFERENCES if known.explains(name, ours, theirs)), None)


@difference("mtinst_val", "htinst may be 0 for every fault of an explicit access; QEMU chose 0, we the instruction")
def no_transformed_instruction(name: str, ours: Record, theirs: Record) -> bool:
    return name == "htinst" and theirs["htinst"] == 0


@difference("hfence-vvma_hfence-gvma_exceptions", "virtual with V=1; QEMU says illegal in VU-mode")
def hfence_in_vu(name: str, ours: Record, theirs: Record) -> bool:
    found = decode(ours["stval"] & 0xFFFF_FFFF)
    causes = (ours["scause"], theirs["scause"]) == (Cause.VIRTUAL_INSTRUCTION, Cause.ILLEGAL_INSTRUCTION)
    return name == "scause" and causes and found is not None and found.instruction.name.startswith("hfence")


@difference("vsip_vsie_sei", "vsip shows hip's VSEIP where hideleg has its bit; QEMU shows VSSIP alone")
def guest_pending_bits_hidden(name: str, ours: Record, theirs: Record) -> bool:
    return name == "vsip" and ours["vsip"] ^ theirs["vsip"] == 1 << 9 and not theirs["vsip"]


@difference("vsstatus_mxr_vm", "vsstatus.MXR makes executable pages readable in the first stage; QEMU's in both")
def guests_mxr(name: str, ours: Record, theirs: Record) -> bool:
    mxr = ours.get("vsstatus", 0) >> status.MXR & 1
    return name == "scause" and ours["scause"] == Cause.LOAD_GUEST_PAGE_FAULT and mxr == 1


FATE = guests_mxr
