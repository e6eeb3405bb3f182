"""Random hypervisor programs here and on QEMU: every record of their handlers, all their memory, their last state.

The seed is fixed; a failure names it and the program. To look at more: `COUNT` and `SEED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from machine.hart.hart import Hart
from machine.hart.trapping import TrapRecord
from machine.run_exit import ExitReason
from machine.spec.modes import Mode
from tests.lockstep import worlds_differences as known
from tests.lockstep.harness import BASE, BLOCK, FINISHED, block_address, enter_case, leave_case, outcome
from tests.lockstep.test_lockstep import machine_with, run_there
from tests.lockstep.worlds import ENTRY, GUEST_LOG, HOST_LOG, PAGE, corpus

SEED, COUNT = 3, 130
LEAST = 200_000
"""Instructions of the programs and their handlers that are compared; those of the harness do not count."""
HARNESS = len(leave_case()) + len(enter_case()) + 8
"""An upper bound of what the harness runs for each program."""
LONGEST = 5000


@dataclass
class Compared:
    """What the comparison came to.

    Attributes:
        instructions: cycles here of the programs that were compared to their ends.
        parted: programs that went different ways for a known reason.
        unknown: what nobody can explain, as sentences.
        seen: known differences.
        causes: of all traps, with the modes between which they were taken.
    """

    instructions: int = 0
    parted: int = 0
    unknown: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    causes: set[tuple[str, str, int]] = field(default_factory=set)


@cache
def compared() -> Compared:
    world, found = corpus(SEED, COUNT), Compared()
    ours, cycles = run_here(world.image, found)
    theirs = run_there(world.image)
    for index, (case, logs) in enumerate(zip(world.cases, world.logs, strict=True)):
        label = f"seed {SEED}, {case.label}"
        differences = [*records(ours, theirs, logs), *last_state(ours, theirs, index)]
        fates = [here for name, here, there in differences if known.FATE.explains(name, here, there)]
        found.parted += bool(fates)
        found.instructions += 0 if fates else cycles[index]
        for name, here, there in differences:
            explained = known.FATE if fates else known.explain(name, here, there)
            if explained is None:
                found.unknown.append(f"{label}: {name} is {here[name]:#x} here, {there[name]:#x} there; {here}")
            else:
                found.seen.add(explained.name)
    return found


def run_here(content: bytes, found: Compared) -> tuple[bytes, list[int]]:
    """Memory behind the programs, and the cycles of each without the harness's."""
    machine = machine_with(content)
    hart = machine.harts[0]
    starts: list[int] = []

    def trapped(_: Hart, record: TrapRecord) -> None:
        found.causes.add((record.source.label, record.target.label, record.cause))
        if record.target is Mode.M:
            starts.append(machine.clock.cycles)

    hart.trap_observers.append(trapped)
    machine.watches.breakpoints.add(FINISHED)
    ended = machine.run(COUNT * LONGEST)
    assert ended.reason is ExitReason.BREAKPOINT, f"stuck at pc {hart.state.pc:#x}: {ended}"
    assert len(starts) == COUNT
    lengths = [end - start - HARNESS for start, end in zip([0, *starts], starts, strict=False)]
    return bytes(machine.ram.data[: len(content)]), lengths


Differing = tuple[str, dict[str, int], dict[str, int]]


def word(memory: bytes, address: int) -> int:
    return int.from_bytes(memory[address - BASE : address - BASE + 8], "little")


def records(ours: bytes, theirs: bytes, logs: tuple[int, int]) -> Iterator[Differing]:
    """Each register of a record that is not the same: its name, our record, QEMU's."""
    for log, names in zip(logs, (HOST_LOG, GUEST_LOG), strict=True):
        for start in range(log + ENTRY, log + PAGE, ENTRY):
            here, there = ({n: word(m, start + 8 * i) for i, n in enumerate(names)} for m in (ours, theirs))
            yield from ((name, here, there) for name in names if here[name] != there[name])


def last_state(ours: bytes, theirs: bytes, index: int) -> Iterator[Differing]:
    """The same of the registers and data behind a program."""
    start = block_address(index) - BASE - BLOCK // 2
    here, there = (outcome(memory[start : start + BLOCK]).values for memory in (ours, theirs))
    yield from ((name, here, there) for name in here if here[name] != there[name])


def test_every_difference_is_a_known_one() -> None:
    found = compared()
    assert not found.unknown, "\n".join(found.unknown[:20])


def test_every_known_difference_is_seen() -> None:
    """A line that no program needs any more goes."""
    assert {difference.name for difference in known.DIFFERENCES} == compared().seen


def test_enough_is_compared() -> None:
    found = compared()
    assert found.instructions >= LEAST, f"{found.instructions:,} instructions, {found.parted} programs parted"
    assert found.parted <= COUNT // 10


def test_worlds_meet_what_they_are_for() -> None:
    """Switches, both stages' faults, refused instructions, and interrupts, from both of the guest's modes."""
    interrupt = 1 << 63
    wanted = {(mode, "HS", cause) for mode in ("VS", "VU") for cause in (21, 22, 23)}
    wanted |= {(mode, "VS", cause) for mode in ("VS", "VU") for cause in (13, 15, interrupt | 2, interrupt | 10)}
    assert wanted <= compared().causes
