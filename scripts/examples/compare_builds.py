#!/usr/bin/env python3
"""Runs two builds of a hypervisor side by side, from landmark to landmark, and shows where they part.

    scripts/examples/compare_builds.py gdbstub/guests/switch.elf gdbstub/guests/switch_wrong_vmid.elf

Two builds lie at different addresses, so landmarks are functions' names (vm_enter and vm_exit, or those given behind
the images). What is compared there are H and VS CSRs, field by field, but for those that hold addresses. Where they
differ both machines go back to the last landmark at which they were alike, and the way from there is walked instruction
by instruction: who wrote what, in each build.

Exit status: 0 for builds that are alike to the end, 1 for others, 2 for images that cannot be used.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from gdbstub.scripting import DirectSession, ScriptingError, Stop, StopKind

LANDMARKS = ("vm_enter", "vm_exit")
REGISTERS = ("hstatus", "hedeleg", "hideleg", "hvip", "hcounteren", "henvcfg", "hgatp", "vsstatus", "vsie", "scause")
ADDRESSES = {"PPN"}
"""Fields that differ between builds by right."""
PATIENCE = 20_000
"""Instructions that are walked before giving up."""

State = dict[str, int]


@dataclass(frozen=True)
class Write:
    """One instruction that changed what is compared."""

    place: str
    changed: tuple[str, ...]


def state_of(session: DirectSession) -> State:
    """The fields that are compared."""
    found: State = {}
    for name in REGISTERS:
        value = session.csr(name)
        fields = value.fields or {"": int(value)}
        found |= {f"{name}.{field}".rstrip("."): held for field, held in fields.items() if field not in ADDRESSES}
    return found


def changes(before: State, after: State) -> tuple[str, ...]:
    """What differs, in words."""
    return tuple(f"{name} {before[name]:#x} -> {after[name]:#x}" for name in before if before[name] != after[name])


def walk(session: DirectSession, end: int) -> list[Write]:
    """Step to an address; every instruction on the way that changed something."""
    found: list[Write] = []
    state = state_of(session)
    for _ in range(PATIENCE):
        place = str(session.where())
        session.stepi()
        now = state_of(session)
        if now != state:
            found.append(Write(place, changes(state, now)))
        state = now
        if session.pc == end:
            break
    return found


class Build:
    """One of the two machines."""

    def __init__(self, image: str, landmarks: tuple[str, ...]) -> None:
        self.name = image
        self.session = DirectSession(image)
        for landmark in landmarks:
            self.session.break_at(landmark)
        self.before = self.session.snapshot()

    def advance(self) -> Stop:
        """To the next landmark, or the end."""
        self.before = self.session.snapshot()
        return self.session.cont()

    def explain(self) -> list[Write]:
        """The way from the last landmark to this one, walked."""
        end = self.session.pc
        self.session.restore(self.before)
        self.session.delete()
        return walk(self.session, end)


def place_of(stop: Stop) -> str:
    """A landmark, or the end, as both builds would call it."""
    return f"the end, code {stop.exit_code}" if stop.kind is StopKind.EXITED else stop.location.symbol


def difference(stops: list[Stop], states: list[State]) -> list[str]:
    """In what the two machines differ."""
    places = [place_of(stop) for stop in stops]
    if places[0] != places[1]:
        return [f"one is at {places[0]}, the other at {places[1]}"]
    return [
        f"{name}: {states[0][name]:#x} and {states[1][name]:#x}"
        for name in states[0]
        if states[0][name] != states[1][name]
    ]


def compare(builds: list[Build]) -> int:
    """Run both; the exit status."""
    alike = 0
    while True:
        stops = [build.advance() for build in builds]
        found = difference(stops, [state_of(build.session) for build in builds])
        if found:
            break
        if stops[0].kind is StopKind.EXITED:
            print(f"alike at {alike} landmarks and at the end")
            return 0
        alike += 1
    print(f"alike at {alike} landmarks; then, at {place_of(stops[0])}:")
    for line in found:
        print(f"  {line}")
    for build in builds:
        print(f"since the last landmark {build.name} wrote:")
        for line in [f"{write.place}: {', '.join(write.changed)}" for write in build.explain()] or ["nothing of this"]:
            print(f"  {line}")
    return 1


def main(arguments: list[str]) -> int:
    """The command line; gives the exit status."""
    if len(arguments) < 2:
        print("give two images, and landmarks behind them if vm_enter and vm_exit are none", file=sys.stderr)
        return 2
    try:
        return compare([Build(image, tuple(arguments[2:]) or LANDMARKS) for image in arguments[:2]])
    except ScriptingError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
