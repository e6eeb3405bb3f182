"""``monitor worlds`` and ``monitor nested``: who shares the harts, by VMID, and which of three levels each is."""

from __future__ import annotations

import re

import click

from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from machine.observe.worlds import Convention, World, Worlds

__all__ = ["nested_describe", "nested_forget", "worlds"]

LEVELS = {0: "host hypervisor", 1: "guest hypervisor", 2: "its guest", None: "guest"}
VIEWS = {0: "HS", 1: "guest HS", 2: "guest VS", None: "VS"}
HEADERS = ["  hart", "level", "vmid", "who", "mode", "pc", "entered", "instructions"]
LAST = 0x3FFF
NOT_FOLLOWING = "Only what has the harts now: 'monitor nested describe' begins to follow them."


def vmids(value: str) -> tuple[range, ...]:
    """A parameter's type: VMIDs as ``1``, ``16-19``, ``1,16-19``. Raises click.BadParameter.

    >>> vmids("1,16-19")
    (range(1, 2), range(16, 20))
    """
    return tuple(_part(part) for part in value.split(","))


def _part(text: str) -> range:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no VMID; write one as 1, several as 16-19 or 1,3")
    first, last = int(found[1]), int(found[2] or found[1])
    if not first <= last <= LAST:
        raise click.BadParameter(f"{text!r} is no range of VMIDs: they are 0-{LAST}, the smaller first")
    return range(first, last + 1)


@command("worlds")
def worlds(context: MonitorContext) -> Report:
    """Who shares the harts: the host and each guest by VMID, and its level.

    A star marks the world that has its hart now. Entered and instructions count from the moment at which
    'monitor nested describe' began to follow; a guest hypervisor and its guest are two VMIDs of the host.

    Example: monitor worlds
    """
    seen = context.machine.worlds
    running = {(world.hart, world.vmid) for world in map(seen.now, context.machine.harts)}
    listed = [(world, (world.hart, world.vmid) in running) for world in seen.all()]
    rows = table(HEADERS, [_row(seen.convention, *each) for each in listed])
    data = [_facts(seen.convention, *each) for each in listed]
    if not seen.following:
        rows.caption, rows.caption_justify = NOT_FOLLOWING, "left"
        seen.clear()
    return Report(data, rows)


def _mode(world: World, level: int | None) -> str:
    """The mode that the hart is in and, of a nested world, what it takes itself for."""
    if level in (0, None):
        return world.mode.label
    user = "U" if level == 1 else "VU"
    believed = VIEWS[level] if world.mode.privilege else f"guest {user}"
    return f"{world.mode.label} ({believed})"


def _row(convention: Convention, world: World, running: bool) -> list[str]:
    level = convention.level(world.vmid)
    name = f"{'*' if running else ' '} {world.hart}"
    vmid = "-" if world.vmid is None else str(world.vmid)
    number = "-" if level is None else str(level)
    return [
        *(name, number, vmid, LEVELS[level], _mode(world, level), f"{world.pc:#x}"),
        *(str(world.entries), str(world.instructions)),
    ]


def _facts(convention: Convention, world: World, running: bool) -> dict[str, Json]:
    level = convention.level(world.vmid)
    return {
        "hart": world.hart,
        "level": level,
        "vmid": world.vmid,
        "who": LEVELS[level],
        "mode": world.mode.label,
        "pc": world.pc,
        "running": running,
        "entered": world.entries,
        "instructions": world.instructions,
    }


def _text(parts: tuple[range, ...]) -> str:
    return ",".join(f"{part.start}" if len(part) == 1 else f"{part.start}-{part.stop - 1}" for part in parts)


@command(
    "nested describe",
    click.Argument(["hypervisors"], type=vmids, metavar="VMIDS"),
    click.Argument(["guests"], type=vmids, metavar="VMIDS_OF_GUESTS"),
)
def nested_describe(context: MonitorContext, hypervisors: tuple[range, ...], guests: tuple[range, ...]) -> Report:
    """Say which VMIDs are guest hypervisors, and which their guests.

    From now on 'monitor worlds' names three levels and follows the harts from world to world. The shipped guest
    'nested' has its guest hypervisor at VMID 1 and that one's guests at 16 to 19.

    Example: monitor nested describe 1 16-19
    """
    both = {vmid for part in hypervisors for vmid in part} & {vmid for part in guests for vmid in part}
    if both:
        raise click.BadParameter(f"VMID {min(both)} cannot be a guest hypervisor and a guest of one")
    seen: Worlds = context.machine.worlds
    seen.convention = Convention(hypervisors, guests)
    seen.start()
    text = f"Level 1, guest hypervisors: VMID {_text(hypervisors)}. Level 2, their guests: VMID {_text(guests)}."
    return Report({"hypervisors": _text(hypervisors), "guests": _text(guests)}, text)


@command("nested forget")
def nested_forget(context: MonitorContext) -> Report:
    """Forget the levels, and follow the harts no longer.

    Example: monitor nested forget
    """
    context.machine.worlds.stop()
    return Report({"following": False}, "No level is told apart; worlds are followed no longer.")
