"""``monitor vcpu``: everything that says which interrupts a guest has, beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from rich.console import Group
from rich.table import Table

from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from machine.csr.access import named
from machine.csr.interrupts import GUEST_BITS
from machine.hart.hart import Hart
from machine.machine import Machine
from machine.spec.causes import Interrupt

__all__ = ["vcpu"]

LOCAL = (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI)
REGISTERS = ("hvip", "hip", "hie", "hideleg", "vsip", "vsie")
SHIFTED = ("vsip", "vsie")
"""The guest's views show each bit one place lower, and only where hideleg is set."""


@command("vcpu", click.Argument(["hart"], type=click.IntRange(0), required=False, metavar="[HART]"))
def vcpu(context: MonitorContext, hart: int | None) -> Report:
    """A hart's pending guest interrupts: both bitmaps, hvip, hip, hie, hideleg, vsip, vsie side by side.

    The bitmaps hold what other threads, scripts and 'monitor inject' ask for; the next flush, at the next instruction
    boundary, merges pending into hvip where the mask is set. Where hideleg is clear, vsip and vsie are read-only zero:
    a hypervisor that saves and restores the guest's view loses those bits. If the hypervisor keeps two bitmaps of its
    own ('monitor ledger describe'), they are shown too.

    Example: monitor vcpu
    """
    chosen = context.hart if hart is None else _hart(context.machine, hart)
    columns = dict(_columns(context.machine, chosen))
    after = chosen.outside.preview(chosen.state.hvip)
    lost = _lost(chosen)
    data: Json = {"hart": chosen.number, "columns": columns, "hvip_after_flush": after, "saved_view_loses": lost}
    body = table(["", "value", *(f"{bit.name} ({int(bit)})" for bit in LOCAL)], _rows(columns))
    return Report(data, _text(body, chosen, after, lost))


def _hart(machine: Machine, number: int) -> Hart:
    if number >= len(machine.harts):
        raise click.BadParameter(f"there is no hart {number}; the machine has {len(machine.harts)}, from 0")
    return machine.harts[number]


def _columns(machine: Machine, hart: Hart) -> Iterator[tuple[str, int]]:
    """Name → value; of vsip and vsie, at the places that the bits have in hip."""
    described = machine.ledger.described.get(hart.number)
    if described is not None:
        yield "its own pending", described.pending
        yield "its own mask", described.mask
    yield "pending", hart.outside.pending
    yield "mask", hart.outside.changed
    for name in REGISTERS:
        value = named(hart, name).read(hart)
        yield name, value << 1 if name in SHIFTED else value


def _rows(columns: dict[str, int]) -> Iterable[list[str]]:
    for name, value in columns.items():
        shown = value >> 1 if name in SHIFTED else value
        yield [name, f"{shown:#x}", *(str(value >> bit & 1) for bit in LOCAL)]


def _lost(hart: Hart) -> int:
    """Bits of hip and hie that the guest's views do not show."""
    state = hart.state
    lost: int = (named(hart, "hip").read(hart) | state.mie) & GUEST_BITS & ~state.hideleg
    return lost


def _names(value: int) -> str:
    return " ".join(bit.name for bit in LOCAL if value >> bit & 1) or "nothing"


def _text(body: Table, hart: Hart, after: int, lost: int) -> Group:
    held = hart.state.hvip
    flush = f"the next flush writes hvip={after:#x}" if hart.outside.changed else "the next flush changes nothing"
    said = [f"hart {hart.number}: {flush} (now {held:#x}: {_names(held)})"]
    if lost:
        said.append(f"hideleg is clear for {_names(lost)}: vsip and vsie read 0 there, a saved view would lose it")
    return Group(body, *said)
